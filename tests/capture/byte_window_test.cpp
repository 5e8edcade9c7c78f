#include "libnta/capture/byte_window.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace nta {
namespace {

std::vector<std::uint8_t> counting(std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

/// Gives a few bytes at a time, as a pipe does.
class TricklingSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  std::size_t read(std::span<std::uint8_t> into) override {
    return MemorySource::read(into.first(std::min<std::size_t>(into.size(), 3)));
  }
};

TEST(ByteWindow, ShowsContiguousBytesWhateverTheBufferAndTheReads) {
  auto const bytes = counting(250);
  for (std::size_t const capacity : {1U, 7U, 16U, 1024U}) {
    for (std::size_t const step : {1U, 2U, 5U, 50U}) {
      ByteWindow window(std::make_unique<TricklingSource>(bytes), capacity);
      for (std::size_t at = 0; at + step <= bytes.size(); at += step) {
        auto const* const shown = window.peek(step);
        ASSERT_NE(shown, nullptr);
        ASSERT_EQ(window.offset(), at);
        ASSERT_TRUE(std::equal(shown, shown + step, bytes.begin() + static_cast<long>(at)));
        window.consume(step);
      }
      EXPECT_EQ(window.peek(1), nullptr);
    }
  }
}

TEST(ByteWindow, SaysWhatIsLeftWhenTheSourceEnds) {
  auto const bytes = counting(10);
  ByteWindow window(std::make_unique<MemorySource>(bytes), 4);
  EXPECT_NE(window.peek(7), nullptr);
  window.consume(7);
  EXPECT_EQ(window.peek(4), nullptr);
  EXPECT_EQ(window.available(), 3U);
  EXPECT_EQ(window.offset(), 7U);
}

TEST(ByteWindow, SkipsMoreThanItHolds) {
  auto const bytes = counting(200);
  ByteWindow window(std::make_unique<MemorySource>(bytes), 16);
  ASSERT_TRUE(window.skip(150));
  EXPECT_EQ(window.offset(), 150U);
  ASSERT_NE(window.peek(1), nullptr);
  EXPECT_EQ(*window.peek(1), 150);
  EXPECT_TRUE(window.skip(50));
  EXPECT_FALSE(window.skip(1));
}

}  // namespace
}  // namespace nta
