// Bytes in a temporary file without a name (0600, in a folder that the caller chooses): nothing is
// left of it however the process ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>

namespace nta {

class SpillFile {
 public:
  /// The file is made at the first append.
  explicit SpillFile(std::filesystem::path folder);
  ~SpillFile();
  SpillFile(SpillFile const&) = delete;
  SpillFile& operator=(SpillFile const&) = delete;

  /// Returns where the bytes begin. Thread safe. Error(storage) on a full disk, Error(usage) if the
  /// folder cannot be written. Passes the fail point spill.write.
  std::uint64_t append(std::span<std::byte const> bytes);
  void read(std::uint64_t at, std::span<std::byte> bytes) const;
  std::uint64_t bytes() const { return end_; }

 private:
  void make();

  std::filesystem::path folder_;
  std::mutex mutex_;
  int file_ = -1;
  std::uint64_t end_ = 0;
};

}  // namespace nta
