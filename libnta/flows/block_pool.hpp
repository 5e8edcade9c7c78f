// Memory for the parts of flows that grow: blocks of sizes 32 k + 8 B without holes. Blocks of a
// size lie dense in their pages; a freed one is filled with the last of its size, whose owner is
// told, and pages that become empty serve any size.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace nta {

class BlockPool {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = UINT32_MAX;
  static constexpr std::size_t kMaxBytes = 4100;  // of a block

  /// What give() moved: the block of `owner` is now `handle`; kNone: nothing.
  struct Moved {
    std::uint32_t owner = kNone;
    Handle handle = kNone;
  };

  /// A block of at least `bytes`. Error(failed) beyond 4,194,304 pages (128 GiB).
  Handle take(std::size_t bytes, std::uint32_t owner);
  /// Frees the block. Data of other blocks moves: pointers end here.
  [[nodiscard]] Moved give(Handle handle);

  std::byte* data(Handle handle) const { return block(handle) + kOwnerBytes; }
  std::size_t capacity(Handle handle) const { return block_bytes(class_of(handle)) - kOwnerBytes; }
  /// Would take(bytes) give a block of this size?
  bool fits(Handle handle, std::size_t bytes) const { return class_for(bytes) == class_of(handle); }
  void set_owner(Handle handle, std::uint32_t owner);

  std::size_t memory_bytes() const;
  void clear();

 private:
  static constexpr std::size_t kOwnerBytes = sizeof(std::uint32_t);
  static constexpr std::size_t kStep = 32, kPageBytes = std::size_t{32} << 10;
  static constexpr std::size_t kPagesAtOnce = 16;
  static constexpr unsigned kSlotBits = 10;  // a page has at most 819 blocks
  static constexpr std::size_t kClasses = (kMaxBytes + kOwnerBytes) / kStep + 2;
  struct SizeClass {
    std::vector<std::uint32_t> pages;
    std::uint32_t in_last = 0;  // blocks in the last page
  };
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };

  static std::size_t block_bytes(std::size_t size_class) { return kStep * size_class + 8; }
  static std::size_t class_for(std::size_t bytes) {
    return std::max<std::size_t>((bytes + kOwnerBytes + kStep - 8 - 1) / kStep, 1);
  }
  std::size_t class_of(Handle handle) const { return class_of_page_[handle >> kSlotBits]; }
  std::byte* block(Handle handle) const {
    std::size_t const page = handle >> kSlotBits;
    return chunks_[page / kPagesAtOnce].get() + page % kPagesAtOnce * kPageBytes +
           (handle & ((1U << kSlotBits) - 1)) * block_bytes(class_of_page_[page]);
  }
  std::uint32_t new_page(std::size_t size_class);

  using Chunk = std::unique_ptr<std::byte, Free>;
  std::vector<Chunk> chunks_;  // kPagesAtOnce pages each
  std::vector<std::uint8_t> class_of_page_;
  std::vector<std::uint32_t> free_pages_;
  std::array<SizeClass, kClasses> classes_;
};

}  // namespace nta
