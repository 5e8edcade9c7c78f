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

/// Notes where its bytes shall go.
class NotingSource : public MemorySource {
 public:
  NotingSource(std::span<std::uint8_t const> bytes, std::vector<std::uintptr_t>& places)
      : MemorySource(bytes), places_(places) {}
  std::size_t read(std::span<std::uint8_t> into) override {
    places_.push_back(reinterpret_cast<std::uintptr_t>(into.data()));
    return MemorySource::read(into);
  }

 private:
  std::vector<std::uintptr_t>& places_;
};

// Else the kernel copies at a fraction of its speed.
TEST(ByteWindow, ReadsToBeginsOfPagesWhateverIsLeftOver) {
  auto const bytes = counting(5 * kReadBufferBytes);
  std::vector<std::uintptr_t> places;
  ByteWindow window(std::make_unique<NotingSource>(bytes, places));
  std::size_t at = 0;
  for (; window.peek(1500) != nullptr; at += 1499) {
    ASSERT_EQ(window.offset(), at);
    ASSERT_TRUE(std::equal(window.shown(), window.shown() + 1500, bytes.data() + at));
    window.consume(1499);
  }
  EXPECT_EQ(places.size(), 6U);  // the last one sees the end
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(places[i] % 4096, 0U) << i;
}

TEST(ByteWindow, GrowsToWhatIsAskedForAndKeepsTheRest) {
  auto const bytes = counting(100'000);
  ByteWindow window(std::make_unique<TricklingSource>(bytes), 16);
  ASSERT_NE(window.peek(13), nullptr);
  window.consume(5);
  for (std::size_t const n : {100U, 99'995U}) {
    auto const* const shown = window.peek(n);
    ASSERT_NE(shown, nullptr);
    EXPECT_TRUE(std::equal(shown, shown + n, bytes.begin() + 5));
    EXPECT_EQ(window.offset(), 5U);
  }
  EXPECT_EQ(window.peek(99'996), nullptr);
  EXPECT_EQ(window.available(), 99'995U);
}

}  // namespace
}  // namespace nta
