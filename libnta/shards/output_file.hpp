// A file being written at places, as the HDF5 library does it: a failed write is remembered instead
// of returned, so that a full disk is our Error and the library never sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace nta {

class OutputFile {
 public:
  /// Creates `path`, or empties it. Error(usage) if it cannot; `name` stands in messages.
  OutputFile(std::filesystem::path const& path, std::filesystem::path name);
  ~OutputFile();
  OutputFile(OutputFile const&) = delete;
  OutputFile& operator=(OutputFile const&) = delete;

  /// After the first failure nothing is written any more; check() tells.
  void write(std::uint64_t offset, std::span<std::byte const> bytes) noexcept;
  /// Zeros behind the end.
  void read(std::uint64_t offset, std::span<std::byte> out) noexcept;
  void resize(std::uint64_t bytes) noexcept;
  /// Error(storage) on a full disk, Error(usage) for another failure so far.
  void check() const;

  /// Where these very bytes, at this address, are written to from now on: place_of_watched().
  void watch(std::span<std::byte const> bytes) noexcept {
    watched_ = bytes;
    place_.reset();
  }
  /// Nothing if they have not been written as a whole.
  std::optional<std::uint64_t> place_of_watched() const { return place_; }

  std::uint64_t bytes() const { return bytes_; }
  std::filesystem::path const& name() const { return name_; }

 private:
  void begin_writing_back() noexcept;

  std::filesystem::path name_;
  int descriptor_ = -1;
  int error_ = 0;
  std::uint64_t bytes_ = 0;
  std::span<std::byte const> watched_;
  std::optional<std::uint64_t> place_;
  std::uint64_t written_back_ = 0;  // up to there, or on its way
};

}  // namespace nta
