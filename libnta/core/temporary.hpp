// Files and folders in the making: every process has names of its own, a lock tells that the maker
// lives, and what killed processes left is removed by the next one that makes the same.
#pragma once

#include <filesystem>
#include <string>

namespace nta {

enum class TemporaryKind { file, folder, private_folder };  // the last: for its owner's eyes alone

/// Removes `folder`/`prefix`<pid>-<n>.tmp of processes that ended: those whose lock can be taken.
/// A process holds the lock until it ends, however it ends, so nothing alive is touched; where the
/// file system has no flock, or the rights are missing, everything stays.
void remove_stale(std::filesystem::path const& folder, std::string const& prefix);

/// An empty file or folder `folder`/`prefix`<pid>-<n>.tmp that did not exist before, locked, and
/// gone with this object. Making it removes stale ones of the same prefix. Error(usage) if the
/// place cannot be written, Error(storage) on a full disk; `name` stands in messages.
class Temporary {
 public:
  Temporary(std::filesystem::path const& folder, std::string const& prefix, TemporaryKind kind,
            std::string const& name);
  ~Temporary();
  Temporary(Temporary const&) = delete;
  Temporary& operator=(Temporary const&) = delete;

  std::filesystem::path const& path() const { return path_; }
  /// It has been renamed: there is nothing to lock or to remove any more.
  void release();

 private:
  std::filesystem::path path_;
  int lock_ = -1;  // a descriptor of the file or folder
};

}  // namespace nta
