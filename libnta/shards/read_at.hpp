// A file that is read at places, from any thread (pread).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace nta {

class ReadAt {
 public:
  /// Error(data) naming the file if it cannot be opened.
  explicit ReadAt(std::filesystem::path path);
  ~ReadAt();
  ReadAt(ReadAt&& other) noexcept;
  ReadAt& operator=(ReadAt&&) = delete;

  /// Fills `out`; Error(data) if the file is shorter or cannot be read.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  std::uint64_t bytes() const { return bytes_; }
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
};

}  // namespace nta
