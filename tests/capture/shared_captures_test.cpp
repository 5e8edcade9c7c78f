// Real captures of other projects: every record is accounted for, and their number is the one that
// a few lines of independent code count.
#include "libnta/core/error.hpp"
#include "tests/capture/support.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

namespace nta::test {
namespace {

using ByteVector = std::vector<std::uint8_t>;

ByteVector read_bytes(std::filesystem::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::uint64_t number(ByteVector const& b, std::size_t at, bool big) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v = v << 8 | b[at + (big ? i : 3 - i)];
  return v;
}

struct Count {
  std::uint64_t n = 0;
  bool is_whole = true;
};

Count count_pcap(ByteVector const& b) {
  bool const big = b[0] == 0xA1;
  Count count;
  std::size_t at = 24;
  while (at + 16 <= b.size()) {
    // Before version 2.3 the captured length came second.
    bool const is_old = b[big ? 7 : 6] < 3;
    std::size_t const next = at + 16 + number(b, at + (is_old ? 12 : 8), big);
    if (next > b.size()) break;
    ++count.n;
    at = next;
  }
  count.is_whole = at == b.size();
  return count;
}

Count count_pcapng(ByteVector const& b) {
  Count count;
  std::size_t at = 0;
  bool big = false;
  while (at + 12 <= b.size()) {
    if (number(b, at, true) == 0x0A0D0D0A) big = b[at + 8] == 0x1A;
    std::uint64_t const type = number(b, at, big);
    std::uint64_t const length = number(b, at + 4, big);
    if (length < 12 || length % 4 != 0 || at + length > b.size()) break;
    if (type == 2 || type == 3 || type == 6) ++count.n;
    at += length;
  }
  count.is_whole = at == b.size();
  return count;
}

void check_capture(std::filesystem::path const& path) {
  auto const bytes = read_bytes(path);
  ASSERT_GE(bytes.size(), 24U) << path;
  bool const is_pcapng = bytes[0] == 0x0A;
  Count const expected = is_pcapng ? count_pcapng(bytes) : count_pcap(bytes);
  std::uint64_t n_primary = 0;
  std::uint64_t n_used = 0;
  auto const result = ingest({.paths = {path.string()}}, [&](PacketTable&& table) {
    ASSERT_EQ(table.rows().seq.size(), table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      ASSERT_LT(table.key[i], table.keys.size()) << path;
      bool const is_primary = (table.bits[i] & kRowPrimary) != 0;
      n_primary += is_primary ? 1 : 0;
      n_used += is_primary && table.status[i] == 0 ? 1 : 0;
    }
  });
  auto const& accounting = result.accounting;
  std::uint64_t n_skipped = 0;
  for (auto const& [reason, n] : accounting.skipped) n_skipped += n;
  EXPECT_EQ(accounting.read, accounting.used + n_skipped) << path;
  EXPECT_EQ(accounting.read, n_primary) << path;
  EXPECT_EQ(accounting.used, n_used) << path;
  EXPECT_EQ(accounting.read, expected.n) << path;
  EXPECT_EQ(result.inputs.at(0).faults.empty(), expected.is_whole) << path;
}

class SharedCaptures : public ::testing::TestWithParam<char const*> {};

TEST_P(SharedCaptures, EveryRecordIsAccountedFor) {
  NTA_SHARED_OR_SKIP(folder, GetParam());
  std::vector<std::filesystem::path> captures;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::string const suffix = entry.path().extension().string();
    if (suffix == ".pcap" || suffix == ".pcapng" || suffix == ".cap") {
      captures.push_back(entry.path());
    }
  }
  std::sort(captures.begin(), captures.end());
  ASSERT_FALSE(captures.empty());
  for (auto const& path : captures) check_capture(path);
}

INSTANTIATE_TEST_SUITE_P(Folders, SharedCaptures,
                         ::testing::Values("ndpi-pcaps/pcap", "nfstream-oracle/pcap",
                                           "iot-sentinel", "attack-pcaps"),
                         [](auto const& what) {
                           std::string name = what.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

// More than one interface in a file, and time stamps far beyond the year 2262 (from the table of
// traps).
TEST(SharedTraps, ManyInterfacesAndTimesBeyond64BitNanoseconds) {
  NTA_SHARED_OR_SKIP(folder, "ndpi-pcaps/pcap");
  auto const sites = ingest_all({.paths = {(folder / "sites.pcapng").string()}});
  EXPECT_GT(sites.result.links.size(), 1U);
  NTA_SHARED_OR_SKIP(late, "nfstream-oracle/pcap/dhcp_big_endian.pcapng");
  auto const dhcp = ingest_all({.paths = {late.string()}});
  ASSERT_FALSE(dhcp.tables.empty());
  EXPECT_GT(dhcp.tables[0].time_base_s, 1'000'000'000'000);
  EXPECT_EQ(dhcp.result.accounting.skipped.count("time_out_of_range"), 0U);
}

}  // namespace
}  // namespace nta::test
