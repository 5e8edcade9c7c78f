// Whatever instructions stage plain frames: the same frames are taken, and their rows, keys and
// counts are those of the scalar way.
#include "libnta/capture/plain_ways.hpp"

#include "libnta/core/counter_rng.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace nta {
namespace {

using test::Bytes;

constexpr std::int64_t kBaseS = 1'700'000'000;
constexpr std::uint16_t kPorts[] = {1, 53, 443, 4789, 4789 ^ 0x400, 2152, 6081, 65'535};

/// Between few hosts and ports, so that keys repeat and ends compare by port too.
Bytes packet(std::uint64_t i) {
  auto const random = [i](std::uint64_t k) { return random_bits(i, k); };
  unsigned const source = kPorts[random(0) % std::size(kPorts)];
  unsigned const target = kPorts[random(1) % std::size(kPorts)];
  bool const is_tcp = random(2) % 2 == 0;
  Bytes frame = test::ethernet(
      0x0800, test::ipv4({.protocol = static_cast<std::uint8_t>(is_tcp ? 6 : 17)},
                         is_tcp ? test::tcp({.source = static_cast<std::uint16_t>(source),
                                             .destination = static_cast<std::uint16_t>(target),
                                             .seq = static_cast<std::uint32_t>(random(3)),
                                             .ack = static_cast<std::uint32_t>(random(4)),
                                             .window = static_cast<std::uint16_t>(random(5))},
                                            30)
                                : test::udp(source, target, 40)));
  frame[26] = frame[30] = 200;  // above 127 in the first byte: compared without a sign
  frame[29] = static_cast<std::uint8_t>(random(6) % 2);
  frame[33] = static_cast<std::uint8_t>(random(7) % 2);
  frame[5] = static_cast<std::uint8_t>(random(8) % 2);
  frame[11] = static_cast<std::uint8_t>(random(9) % 2);
  // Of one in eight a byte is changed, or the end is missing.
  if (random(10) % 8 == 0) frame[random(11) % 54] = static_cast<std::uint8_t>(random(12));
  if (random(13) % 16 == 0) frame.resize(random(14) % (frame.size() + 1));
  return frame;
}

struct Frames {
  explicit Frames(std::uint64_t number) {
    std::size_t const n = random_bits(number, 0) % 40;
    for (std::size_t i = 0; i < n; ++i) {
      auto const random = [&](std::uint64_t k) { return random_bits(number * 64 + i, 100 + k); };
      Bytes const bytes = packet(number * 64 + i);
      auto& exact = memory.emplace_back(std::make_unique<std::uint8_t[]>(bytes.size()));
      std::copy(bytes.begin(), bytes.end(), exact.get());  // a sanitizer sees every overread
      Frame frame;
      frame.data = exact.get();
      frame.cap_len = static_cast<std::uint32_t>(bytes.size());
      frame.wire_len = frame.cap_len - static_cast<std::uint32_t>(random(0) % 3) + 1;
      if (random(1) % 32 == 0) frame.wire_len = UINT32_MAX;
      frame.time_s = kBaseS + static_cast<std::int64_t>(random(2) % 3) - 1;
      frame.time_ns = static_cast<std::uint32_t>(random(3) % 3);
      std::int64_t const edge = std::int64_t{1} << 31;
      std::int64_t const odd[] = {kBaseS + edge - 1, kBaseS + edge, kBaseS - edge,
                                  kBaseS - edge - 1, INT64_MAX,     INT64_MIN};
      if (random(4) % 32 == 0) frame.time_s = odd[random(5) % std::size(odd)];
      frame.time_valid = random(6) % 64 != 0;
      frame.no_timestamp = random(7) % 64 == 0;
      frames.push_back(frame);
    }
  }
  std::vector<std::unique_ptr<std::uint8_t[]>> memory;
  std::vector<Frame> frames;
};

template <class Column>
void expect_same(Column const& x, Column const& y, std::size_t n, char const* name) {
  EXPECT_TRUE(std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n), y.begin())) << name;
}

void expect_same_rows(RowBlock const& x, RowBlock const& y, std::size_t n, std::size_t n_runs) {
  expect_same(x.run, y.run, n, "run");
  expect_same(x.time_ns, y.time_ns, n, "time_ns");
  expect_same(x.index, y.index, n, "index");
  expect_same(x.wire_len, y.wire_len, n, "wire_len");
  expect_same(x.cap_len, y.cap_len, n, "cap_len");
  expect_same(x.ip_len, y.ip_len, n, "ip_len");
  expect_same(x.seq, y.seq, n, "seq");
  expect_same(x.ack, y.ack, n, "ack");
  expect_same(x.window, y.window, n, "window");
  expect_same(x.icmp, y.icmp, n, "icmp");
  expect_same(x.bits, y.bits, n, "bits");
  expect_same(x.ip_hdr, y.ip_hdr, n, "ip_hdr");
  expect_same(x.l4_hdr, y.l4_hdr, n, "l4_hdr");
  expect_same(x.tcp_flags, y.tcp_flags, n, "tcp_flags");
  expect_same(x.ttl, y.ttl, n, "ttl");
  expect_same(x.tos, y.tos, n, "tos");
  expect_same(x.status, y.status, n, "status");
  for (std::size_t k = 0; k <= n_runs; ++k) {
    EXPECT_TRUE(equal(x.run_key[k], y.run_key[k])) << "key " << k;
  }
}

/// Blocks whose columns hold something else before.
std::unique_ptr<RowBlock> dirty_block() {
  auto block = std::make_unique<RowBlock>();
  for (auto& key : block->run_key) key.tail = PlainKey::kNone;
  std::memset(
      &block->run, 0xEE,
      sizeof(RowBlock) - static_cast<std::size_t>(reinterpret_cast<char const*>(&block->run) -
                                                  reinterpret_cast<char const*>(block.get())));
  return block;
}

TEST(PlainWays, GiveWhatTheScalarWayGives) {
  auto const ways = plain_ways();
  ASSERT_EQ(ways.front().stage, &stage_plain_scalar);
  std::size_t n_rows = 0;
  for (std::size_t w = 1; w < ways.size(); ++w) {
    auto const expected = dirty_block();
    auto const seen = dirty_block();
    for (std::uint64_t number = 0; number < 4000; ++number) {
      Frames const made(number);
      std::span<Frame const> frames = made.frames;
      PlainRun run{.link = static_cast<std::uint32_t>(number % 2 == 0 ? 0 : 0xFFFF),
                   .time_base_s = kBaseS,
                   .before_ns = number % 5 == 0 ? INT64_MAX : INT64_MIN,
                   .index = static_cast<std::uint32_t>(number * 1'000'003)};
      PlainRun other = run;
      // On from where one was not plain, as the rows of one block.
      while (!frames.empty()) {
        std::size_t const n = stage_plain_scalar(*expected, frames, run);
        ASSERT_EQ(ways[w].stage(*seen, frames, other), n) << ways[w].name << ", " << number;
        ASSERT_EQ(run.n_runs, other.n_runs);
        EXPECT_EQ(run.before_ns, other.before_ns);
        EXPECT_EQ(run.row, other.row);
        EXPECT_EQ(run.index, other.index);
        EXPECT_EQ(run.n_regressions, other.n_regressions);
        EXPECT_EQ(run.n_truncated, other.n_truncated);
        EXPECT_EQ(run.n_beyond, other.n_beyond);
        frames = frames.subspan(std::min(n + 1, frames.size()));
        n_rows += n;
      }
      expect_same_rows(*expected, *seen, run.row, run.n_runs);
      ASSERT_FALSE(HasFailure()) << ways[w].name << ", frames " << number;
    }
  }
  EXPECT_TRUE(ways.size() == 1 || n_rows > 40'000U) << n_rows;
}

TEST(PlainWays, StopAtTheEndOfTheBlock) {
  Bytes const bytes = [] {
    for (std::uint64_t i = 0;; ++i) {
      Bytes some = packet(i);
      if (is_plain_frame(some.data(), static_cast<std::uint32_t>(some.size()))) return some;
    }
  }();
  auto const cap_len = static_cast<std::uint32_t>(bytes.size());
  std::vector<Frame> const frames(
      20, Frame{.data = bytes.data(), .cap_len = cap_len, .wire_len = cap_len, .time_s = kBaseS});
  for (auto const& way : plain_ways()) {
    for (std::size_t n = 1; n <= frames.size(); ++n) {
      auto const block = dirty_block();
      PlainRun run{.time_base_s = kBaseS, .row = RowBlock::kRows - n, .n_runs = 0};
      EXPECT_EQ(way.stage(*block, std::span(frames).first(n), run), n) << way.name;
      EXPECT_EQ(run.n_runs, 1U);
      EXPECT_EQ(block->ttl[RowBlock::kRows - 1], bytes[22]);
    }
  }
}

}  // namespace
}  // namespace nta
