// Real captures: bulk = streaming, bit for bit, for several tables a capture, one and two threads,
// and through shards, whose rows come back by partition.
#include "kernels/bulk_meter.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/kernels/joined_rows.hpp"
#include "tests/kernels/same_table.hpp"
#include "tests/support/on_each_device.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace nta {
namespace {

namespace fs = std::filesystem;
using test::difference;
class CapturesOn : public test::OnEachDevice {};

struct Capture {
  std::vector<PacketTable> tables;
  IngestResult result;
};

Capture read_capture(fs::path const& path, std::uint32_t rows_per_table) {
  Capture capture;
  capture.result = ingest({.paths = {path.string()}, .rows_per_table = rows_per_table},
                          [&](PacketTable&& table) { capture.tables.push_back(std::move(table)); });
  return capture;
}

MeterOptions options() {
  MeterOptions out;
  out.sequence.n = 20;
  return out;
}

FeatureTable bulk_of(std::vector<PacketTable> const& tables, IngestResult const& result,
                     Exec const& exec) {
  BulkMeter meter(load_profile("nta"), options(), exec);
  for (auto const& table : tables) {
    meter.add(table, result.links);
  }
  return meter.finish();
}

/// Drained after every table.
FeatureTable carried_of(std::vector<PacketTable> const& tables, IngestResult const& result,
                        Exec const& exec) {
  BulkMeter meter(load_profile("nta"), options(), exec);
  std::vector<FeatureTable> rows;
  auto const out = [&](FeatureTable&& table) { rows.push_back(std::move(table)); };
  for (auto const& table : tables) {
    meter.add(table, result.links);
    meter.drain(SIZE_MAX, out);
  }
  meter.finish(SIZE_MAX, out);
  return test::joined(std::move(rows));
}

FeatureTable stream_of(Capture const& capture) {
  StreamMeter meter(load_profile("nta"), options());
  for (auto const& table : capture.tables) {
    meter.add(table, capture.result.links);
  }
  return meter.finish();
}

FeatureTable bulk_through_shards(Capture const& capture, Exec const& exec) {
  auto const folder = fs::temp_directory_path() / ("nta-captures-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  {
    ShardWriter writer(folder, {.rows_per_shard = 5000});
    for (auto const& table : capture.tables) {
      writer.add(table);
    }
    writer.finish(capture.result);
  }
  auto const shards = ShardFolder::open(folder);
  std::vector<PacketTable> tables;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    tables.push_back(shards.read(i));
  }
  auto out = bulk_of(tables, shards.manifest().ingest, exec);
  fs::remove_all(folder);
  return out;
}

std::vector<fs::path> captures_below(fs::path const& folder, std::uintmax_t max_bytes) {
  std::vector<fs::path> paths;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    auto const name = entry.path().filename().string();
    bool const capture =
        name.find(".pcap") != std::string::npos || name.find(".cap") != std::string::npos;
    if (entry.is_regular_file() && capture && entry.file_size() <= max_bytes) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Number of captures compared. A capture that cannot be read at all is the ingest tests' business.
std::size_t compare_all(fs::path const& folder, std::uintmax_t max_bytes, Exec const& one,
                        Exec const& two) {
  std::size_t compared = 0;
  for (auto const& path : captures_below(folder, max_bytes)) {
    Capture whole;
    try {
      whole = read_capture(path, 1U << 20U);
    } catch (Error const&) {
      continue;
    }
    auto const expected = stream_of(whole);
    EXPECT_EQ(difference(expected, bulk_of(whole.tables, whole.result, one)), "") << path;
    EXPECT_EQ(difference(expected, bulk_of(whole.tables, whole.result, two)), "") << path;
    auto const rows = std::max<std::uint32_t>(
        1000, static_cast<std::uint32_t>(whole.result.accounting.read / 20));
    auto const cut = read_capture(path, rows);
    EXPECT_EQ(difference(expected, bulk_of(cut.tables, cut.result, two)), "") << path << " cut";
    if (two.device == Exec::Device::cpu) {
      EXPECT_EQ(difference(expected, carried_of(cut.tables, cut.result, two)), "") << path;
    }
    EXPECT_EQ(difference(expected, bulk_through_shards(whole, one)), "") << path << " shards";
    ++compared;
  }
  return compared;
}

constexpr std::uintmax_t kMaxBytes = 8U << 20U;

TEST_P(CapturesOn, OracleCapturesAgree) {
  NTA_SHARED_OR_SKIP(folder, "nfstream-oracle/pcap");
  EXPECT_GE(compare_all(folder, kMaxBytes, exec(1), exec(2)), 60U);
}

TEST_P(CapturesOn, SentinelCapturesAgree) {
  NTA_SHARED_OR_SKIP(folder, "iot-sentinel");
  EXPECT_GE(compare_all(folder, kMaxBytes, exec(1), exec(2)), 1U);
}

TEST_P(CapturesOn, LabCapturesAgree) {
  auto const folder = fs::path(NTA_SOURCE_DIR) / "experiments" / "data" / "lab";
  if (!fs::exists(folder) || captures_below(folder, kMaxBytes).empty()) {
    GTEST_SKIP() << "no lab captures in this checkout";
  }
  EXPECT_GE(compare_all(folder, kMaxBytes, exec(1), exec(2)), 1U);
}

NTA_ON_EACH_DEVICE(CapturesOn);

}  // namespace
}  // namespace nta
