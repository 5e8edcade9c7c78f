// Reading ahead changes when bytes are read, never which: short reads, faults, large records and
// early ends, and the hash of what is stored.
#include "libnta/capture/read_ahead.hpp"

#include "libnta/capture/byte_window.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/core/sha256.hpp"
#include "tests/capture/compression.hpp"
#include "tests/capture/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace nta::test {
namespace {

ByteVector noise(std::size_t n) {
  ByteVector bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(random_bits(5, i));
  return bytes;
}

/// Reads of chance lengths; after its bytes the end, a fault or an exception.
class FitfulSource : public MemorySource {
 public:
  enum class Last { end, fault, exception };
  FitfulSource(std::span<std::uint8_t const> bytes, std::size_t at_most, Last last)
      : MemorySource(bytes), at_most_(at_most), last_(last) {}
  std::size_t read(std::span<std::uint8_t> into) override {
    std::size_t const limit = 1 + random_bits(9, n_reads_++) % at_most_;
    std::size_t const n = MemorySource::read(into.first(std::min(into.size(), limit)));
    if (n > 0 || last_ == Last::end) return n;
    if (last_ == Last::exception) throw std::runtime_error("out of order");
    return fail(FaultKind::read_error, "input/output error");
  }

 private:
  std::size_t at_most_;
  Last last_;
  std::uint64_t n_reads_ = 0;
};
using Last = FitfulSource::Last;

TEST(ReadAhead, GivesAllBytesInOrderAndThenTheEndForEver) {
  auto const bytes = noise(10'000);
  for (std::size_t const read_bytes : {1U, 100U, 4096U, 20'000U}) {
    FitfulSource source(bytes, 700, Last::end);
    ReadAhead ahead(source, 64, read_bytes);
    ByteVector all;
    for (;;) {
      auto block = ahead.take();
      if (block.n_bytes == 0) break;
      all.insert(all.end(), block.buffer.get() + 64, block.buffer.get() + 64 + block.n_bytes);
      ahead.give_back(std::move(block.buffer));
    }
    EXPECT_TRUE(all == bytes) << read_bytes;
    EXPECT_EQ(ahead.take().n_bytes, 0U);
  }
}

TEST(ReadAhead, EndsWithItsOwnerWhateverHasBeenTaken) {
  auto const bytes = noise(100'000);
  for (std::size_t n_taken = 0; n_taken <= ReadAhead::kBuffers; ++n_taken) {
    FitfulSource source(bytes, 1000, Last::end);
    std::vector<ReadAhead::Block> kept;
    ReadAhead ahead(source, 0, 500);
    for (std::size_t i = 0; i < n_taken; ++i) kept.push_back(ahead.take());
  }
}

TEST(ReadAhead, ThrowsToTheTakerWhatTheSourceHasThrown) {
  auto const bytes = noise(50);
  FitfulSource source(bytes, 10, Last::exception);
  ReadAhead ahead(source, 0, 100);
  std::size_t n = 0;
  auto const take_all = [&] {
    for (;;) {
      auto block = ahead.take();
      n += block.n_bytes;
      ahead.give_back(std::move(block.buffer));
    }
  };
  EXPECT_THROW(take_all(), std::runtime_error);
  EXPECT_EQ(n, 50U);
  EXPECT_THROW(take_all(), std::runtime_error);
}

TEST(ReadAhead, AWindowShowsTheSameWithAndWithout) {
  auto const bytes = noise(60'000);
  for (std::size_t const capacity : {1U, 16U, 300U, 5000U, 100'000U}) {
    for (std::size_t const at_most : {3U, 5000U}) {
      ByteWindow window(std::make_unique<FitfulSource>(bytes, at_most, Last::fault), capacity,
                        true);
      std::size_t at = 0;
      for (std::uint64_t step = 0;; ++step) {
        // Now and then a record far beyond the buffer, and beyond what lies in front of reads.
        auto const n = 1 + random_bits(step, 1) % (step % 50 == 7 ? 9000 : 200);
        auto const* const shown = window.peek(n);
        ASSERT_EQ(window.offset(), at);
        ASSERT_TRUE(
            std::equal(window.shown(), window.shown() + window.available(), bytes.data() + at));
        if (shown == nullptr) break;
        ASSERT_GE(window.available(), n);
        window.consume(n);
        at += n;
      }
      EXPECT_EQ(at + window.available(), bytes.size());
      EXPECT_EQ(window.fault(), FaultKind::read_error);
      EXPECT_EQ(window.fault_text(), "input/output error");
      EXPECT_EQ(window.peek(window.available() + 1), nullptr);  // and stays so
    }
  }
}

Bytes large_capture() {
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    records.push_back({i, tcp_packet(random_bits(1, i) % 1400), 0, 100 + i});
  }
  records.push_back({0, Bytes(400'000, 0x11), 0, 2000});
  records.push_back({0, tcp_packet(), 0, 2001});
  return pcap(records);
}

void expect_same_tables(Ingested const& x, Ingested const& y) {
  ASSERT_EQ(x.tables.size(), y.tables.size());
  for (std::size_t t = 0; t < x.tables.size(); ++t) {
    EXPECT_EQ(x.tables[t].keys, y.tables[t].keys);
    EXPECT_EQ(x.tables[t].time_ns, y.tables[t].time_ns);
    EXPECT_EQ(x.tables[t].cap_len, y.tables[t].cap_len);
    EXPECT_EQ(x.tables[t].seq, y.tables[t].seq);
    EXPECT_EQ(x.tables[t].status, y.tables[t].status);
  }
  for (std::size_t i = 0; i < x.result.inputs.size(); ++i) {
    EXPECT_EQ(x.result.inputs[i].packets, y.result.inputs[i].packets);
    EXPECT_EQ(x.result.inputs[i].bytes, y.result.inputs[i].bytes);
    EXPECT_EQ(x.result.inputs[i].faults.size(), y.result.inputs[i].faults.size());
  }
}

TEST(Ingest, ThreadsAndHashesChangeNoRowAndHashWhatIsStored) {
  TemporaryFolder const folder;
  auto const whole = large_capture();
  Bytes torn = whole;
  torn.resize(torn.size() - 7);
  Bytes damaged = pcap({{1, tcp_packet()}});
  damaged.le(1, 4).le(1, 4).le((16U << 20) + 1, 4).le(1, 4).zeros(900'000);  // far behind the fault
  std::vector<std::string> const paths{
      folder.file("a.pcap", whole),           folder.file("b.pcap.gz", gzip(whole)),
      folder.file("c.pcap.zst", zstd(whole)), folder.file("d.pcap", torn),
      folder.file("e.pcap", damaged),         folder.file("f.pcap", pcap({}))};
  for (auto const order : {IngestOptions::FileOrder::argument, IngestOptions::FileOrder::time}) {
    auto const expected = ingest_all({.paths = paths, .file_order = order});
    for (int const threads : {1, 2}) {
      auto const got =
          ingest_all({.paths = paths, .file_order = order, .threads = threads, .hash = true});
      expect_same_tables(got, expected);
      for (std::size_t i = 0; i < paths.size(); ++i) {
        EXPECT_EQ(got.result.inputs[i].sha256, sha256_file_hex(paths[i])) << paths[i];
        EXPECT_EQ(expected.result.inputs[i].sha256, "");
      }
    }
  }
}

TEST(Ingest, ASinkThatThrowsEndsTheThreadThatReadsAhead) {
  TemporaryFolder const folder;
  auto const path = folder.file("a.pcap", large_capture());
  auto const run = [&] {
    ingest({.paths = {path}, .rows_per_table = 3, .threads = 2, .hash = true},
           [](PacketTable&&) { throw std::runtime_error("full"); });
  };
  EXPECT_THROW(run(), std::runtime_error);
}

}  // namespace
}  // namespace nta::test
