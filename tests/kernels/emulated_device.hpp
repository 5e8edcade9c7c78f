// The CUDA back end's kernels on the CPU: a grid is a loop, a block of threads takes its steps
// thread by thread from barrier to barrier. Shared memory and fresh device memory hold garbage, as
// there. Counted = true: what each stage moves is counted.
#pragma once

#include "kernels/block_fold.hpp"
#include "kernels/device_cut.hpp"
#include "kernels/device_finish.hpp"
#include "kernels/staged_download.hpp"
#include "tests/kernels/counted_memory.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace nta::test {

/// B of device memory.
struct MemoryUse {
  std::size_t live = 0, peak = 0;
};

template <class T, bool kCounted>
class EmulatedBuffer {
 public:
  EmulatedBuffer() = default;
  EmulatedBuffer(std::size_t n, SectorCount* count, MemoryUse* use) : count_(count) {
    constexpr std::size_t kAlignment = 256;
    auto const bytes = (n * sizeof(T) / kAlignment + 1) * kAlignment;
    data_ = {static_cast<T*>(std::aligned_alloc(kAlignment, bytes)), Free{use, bytes}};
    use->live += bytes;
    use->peak = std::max(use->peak, use->live);
    std::memset(static_cast<void*>(data_.get()), 0xA5, bytes);
  }
  T* raw() const { return data_.get(); }
  auto data() const { return pointer<T>(); }
  auto cdata() const { return pointer<T const>(); }

 private:
  template <class U>
  auto pointer() const {
    if constexpr (kCounted) {
      return CountedPointer<U>(raw(), count_);
    } else {
      return static_cast<U*>(raw());
    }
  }
  struct Free {
    MemoryUse* use = nullptr;
    std::size_t bytes = 0;
    void operator()(void* memory) const {
      use->live -= bytes;
      std::free(memory);
    }
  };
  std::unique_ptr<T, Free> data_;
  SectorCount* count_ = nullptr;
};

template <bool kCounted>
class EmulatedDevice {
 public:
  using Tally = std::array<Moved, kStages>;
  template <class T>
  using Buffer = EmulatedBuffer<T, kCounted>;

  /// `tally`: takes what the stages moved, `use`: what buffers take, if they are there.
  explicit EmulatedDevice(Tally* tally = nullptr, MemoryUse* use = nullptr)
      : tally_(tally),
        count_(std::make_unique<SectorCount>()),
        own_use_(std::make_unique<MemoryUse>()),
        use_(use != nullptr ? use : own_use_.get()) {}

  template <class T>
  Buffer<T> buffer(std::size_t n) {
    return {n, count_.get(), use_};
  }
  template <class T>
  void upload(Buffer<T>& to, std::size_t first, T const* host, std::size_t n) {
    std::copy_n(host, n, to.raw() + first);
  }
  template <class T>
  void download(Buffer<T> const& from, T* host, std::size_t first, std::size_t n) {
    staged(from.raw() + first, n, [host](std::size_t done, T const* chunk, std::size_t length) {
      std::copy_n(chunk, length, host + done);
    });
  }
  void download_columns(Buffer<FeatureCell> const& cells, std::span<FeatureCell* const> columns,
                        std::size_t n_rows) {
    staged(cells.raw(), columns.size() * n_rows,
           [&](std::size_t done, FeatureCell const* chunk, std::size_t length) {
             store_cells(chunk, done, length, columns, n_rows);
           });
  }
  void upload_packets(SelectedPackets const& packets, Buffer<PackedPacket>& to,
                      Buffer<std::uint32_t>& ids) {
    for (std::size_t i = 0; i < packets.n; ++i) {
      to.raw()[i] = packets.packet[i];
      ids.raw()[i] = packets.id[i];
    }
  }
  template <class F>
  void each(Stage stage, std::size_t n, F const& f) {
    begin();
    for (std::size_t i = n; i-- > 0;) {  // no order may be needed
      f(i);
    }
    end(stage);
  }
  template <class Predicate, class Firsts>
  std::size_t select(Stage stage, std::size_t n, Predicate const& predicate, Firsts first) {
    begin();
    std::size_t found = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (predicate(i)) {
        first[found++] = i;
      }
    }
    end(stage);
    return found;
  }
  template <class Predicate>
  std::size_t count(std::size_t n, Buffer<std::uint8_t> const& marks, Predicate const& predicate) {
    return static_cast<std::size_t>(std::count_if(marks.raw(), marks.raw() + n, predicate));
  }
  /// As CUB does it: one look at all digits, then a pass for each 8 bits, with keys between them.
  void sort(Buffer<std::uint64_t>& keys, Buffer<std::uint64_t>& sorted, std::size_t n, int bits) {
    auto const between = buffer<std::uint64_t>(n);
    auto look = [](std::uint64_t) {};
    begin();
    for (std::size_t i = 0; i < n; ++i) {
      look(keys.data()[i]);
    }
    end(Stage::sort);
    auto *from = &keys, *to = &sorted;
    for (int shift = 32; shift < 32 + bits; shift += 8) {
      begin();
      sort_pass(*from, *to, n, shift, std::min(8, 32 + bits - shift));
      end(Stage::sort);
      std::swap(from, to);
    }
    if (from != &sorted) {
      std::swap(keys, sorted);
    }
  }
  template <class Job>
  void blocks(Stage stage, Job const& job) {
    begin();
    for (std::uint32_t block = 0; std::size_t{block} * kBlockFlows < job.n; ++block) {
      run_block(job, block);
    }
    end(stage);
  }

 private:
  /// Copies arrive when they are waited for, not before, in chunks that end anywhere.
  template <class T, class Store>
  struct LateCopies {
    T const* from;
    Store const& store_chunk;
    std::vector<T> slot[2];
    std::size_t first_of[2] = {};

    void fetch(std::size_t s, std::size_t first, std::size_t n) {
      slot[s].clear();
      slot[s].resize(n);
      first_of[s] = first;
    }
    void wait(std::size_t s) { std::copy_n(from + first_of[s], slot[s].size(), slot[s].data()); }
    void store(std::size_t s, std::size_t first, std::size_t n) {
      store_chunk(first, slot[s].data(), n);
    }
  };
  template <class T, class Store>
  static void staged(T const* from, std::size_t n, Store const& store) {
    constexpr std::size_t kChunk = 1009;
    LateCopies<T, Store> stages{from, store, {}, {}};
    staged_download(n, kChunk, stages);
  }
  void begin() { count_->begin(); }
  void end(Stage stage) {
    if (tally_ != nullptr) {
      auto const one = count_->moved();
      auto& sum = (*tally_)[static_cast<std::size_t>(stage)];
      sum.read += one.read, sum.written += one.written;
    }
  }
  static void sort_pass(Buffer<std::uint64_t>& from, Buffer<std::uint64_t>& to, std::size_t n,
                        int shift, int width) {
    std::array<std::size_t, 257> next{};
    auto const mask = (std::uint64_t{1} << width) - 1;
    for (std::size_t i = 0; i < n; ++i) {
      ++next[((from.raw()[i] >> shift) & mask) + 1];
    }
    for (std::size_t digit = 1; digit < next.size(); ++digit) {
      next[digit] += next[digit - 1];
    }
    for (std::size_t i = 0; i < n; ++i) {
      std::uint64_t const key = from.data()[i];
      to.data()[next[(key >> shift) & mask]++] = key;
    }
  }
  template <class Job>
  static void run_block(Job const& job, std::uint32_t block) {
    using Memory = BlockMemory<typename Job::State>;
    alignas(Memory) unsigned char bytes[sizeof(Memory)];
    std::memset(bytes, 0xA5, sizeof bytes);
    auto& memory = *reinterpret_cast<Memory*>(bytes);
    std::vector<BlockThread<Job>> threads;
    for (int t = 0; t < kBlockThreads; ++t) {
      threads.emplace_back(job, memory, block, t);
    }
    auto const all = [&](auto const& step) {
      for (std::size_t t = threads.size(); t-- > 0;) {
        step(threads[t]);
      }
    };
    all([](auto& thread) { thread.begin(); });
    auto const rounds = threads.front().rounds();
    for (std::uint32_t round = 0; round < rounds; ++round) {
      all([&](auto& thread) { thread.load(round); });
      all([&](auto& thread) { thread.fold(round); });
    }
    all([](auto& thread) { thread.end(); });
  }

  Tally* tally_;
  std::unique_ptr<SectorCount> count_;
  std::unique_ptr<MemoryUse> own_use_;
  MemoryUse* use_;
};

}  // namespace nta::test
