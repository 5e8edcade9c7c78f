// A file or folder is either there as a whole or not at all: written beside its place, made
// durable, then renamed.
#pragma once

#include "libnta/core/temporary.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace nta {

/// Writes `text` to `path` through a PendingFile: fsync, rename, fsync of the folder.
/// Passes the fail points <point>.write, <point>.fsync, <point>.rename. Error(storage) on a full
/// disk, Error(usage) if the place cannot be written; the temporary file is removed then.
void write_file_atomic(std::filesystem::path const& path, std::string_view text,
                       std::string_view point = "file");

/// The whole file. Error(data) naming the path if it cannot be read.
std::string read_file(std::filesystem::path const& path);

/// Makes a written file, or a folder's entries, durable.
void fsync_path(std::filesystem::path const& path);
/// rename + fsync of the folder; Error as above.
void rename_durable(std::filesystem::path const& from, std::filesystem::path const& to);

/// Free bytes for this user on the file system that holds `path` (or its nearest existing parent).
std::uint64_t free_bytes(std::filesystem::path const& path);

/// Creates `folder` if needed. Error(usage) naming what to do if it exists and is not empty.
void create_empty_folder(std::filesystem::path const& folder);

/// A file being written: stream into `temporary()`, an empty file of this process alone beside the
/// target (temporary.hpp), then `commit()`; without commit it is removed, so that no half-written
/// output is taken for whole. Of two processes with one target the last to commit wins, whole.
/// Error(usage) if the target is a folder, device or pipe, or cannot be written.
class PendingFile {
 public:
  explicit PendingFile(std::filesystem::path target);
  std::filesystem::path const& temporary() const { return temporary_.path(); }
  void commit();

 private:
  std::filesystem::path target_;
  Temporary temporary_;
};

}  // namespace nta
