// A byte source, read by a thread of its own into a ring of a few buffers: whoever takes them does
// not wait for copies and decompression. The thread ends with this object, at the latest when the
// read it is in returns, so only sources whose reads end by themselves belong here.
#pragma once

#include "libnta/capture/byte_source.hpp"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace nta {

/// Memory of whole pages: the kernel copies from pages of a file to pages here several times faster
/// than to addresses just behind a page's begin.
struct FreePages {
  void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
};
using PageBuffer = std::unique_ptr<std::uint8_t[], FreePages>;
PageBuffer allocate_pages(std::size_t bytes);

class ReadAhead {
 public:
  static constexpr std::size_t kBuffers = 4;

  struct Block {
    PageBuffer buffer;
    std::size_t n_bytes = 0;  // behind the headroom; 0: the source has ended
  };

  /// Reads go `headroom_bytes` behind the begin of a buffer. Nobody else reads from the source
  /// before this object has gone.
  ReadAhead(ByteSource& source, std::size_t headroom_bytes, std::size_t read_bytes);
  ~ReadAhead();
  ReadAhead(ReadAhead const&) = delete;
  ReadAhead& operator=(ReadAhead const&) = delete;

  /// The next bytes, in order. From the end on, every call says so; what the source has thrown is
  /// thrown here.
  Block take();
  /// For each block that was taken, a buffer of the same size.
  void give_back(PageBuffer buffer);

 private:
  void run() noexcept;

  ByteSource& source_;
  std::size_t headroom_bytes_, read_bytes_;
  std::mutex mutex_;
  std::condition_variable has_block_, has_room_;
  std::vector<PageBuffer> free_;
  std::deque<Block> blocks_;
  bool stop_ = false;
  bool ended_ = false;
  std::exception_ptr thrown_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace nta
