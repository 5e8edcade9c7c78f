// Columns by name <-> one sealed HDF5 file: what shards and feature files have in common.
// Every stored byte is checked when it is read; a file is there as a whole or not at all.
#pragma once

#include "libnta/shards/h5.hpp"
#include "libnta/shards/read_at.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Collects columns in memory, encoded; `commit` writes them.
class ColumnFileWriter {
 public:
  /// `path`: where the file will lie.
  ColumnFileWriter(std::filesystem::path path, Codec codec);

  void make_group(std::string const& name) { file_.make_group(name); }
  void set_attribute(std::string const& name, std::string const& text) {
    file_.set_attribute(name, text);
  }
  void set_attribute(std::string const& name, std::int64_t value) {
    file_.set_attribute(name, value);
  }

  /// `fill(first_row, out)` writes the rows from first_row on into `out`, whole elements.
  using Fill = std::function<void(std::size_t, std::span<std::byte>)>;
  void add_column(std::string const& name, DType type, Encoding encoding, std::size_t rows,
                  Fill const& fill);
  template <class T>
  void add_column(std::string const& name, std::span<T const> values) {
    auto const bytes = std::as_bytes(values);
    add_column(name, dtype_of<T>(), Encoding::plain, values.size(),
               [bytes](std::size_t row, std::span<std::byte> out) {
                 auto const from = bytes.subspan(row * sizeof(T), out.size());
                 std::copy(from.begin(), from.end(), out.begin());
               });
  }
  /// A short array of u64, uncompressed.
  void add_plain(std::string const& name, std::span<std::uint64_t const> values) {
    file_.write_plain(name, values);
  }

  /// Writes the chunk table, seals, writes the file atomically. Error(storage) on a full disk.
  /// Passes the fail points <point>.write, .fsync, .rename.
  struct Written {
    std::uint64_t bytes = 0;
    std::string sha256;  // of all that is no chunk: attributes, plain arrays, chunk table
  };
  Written commit(std::string_view point);

 private:
  std::filesystem::path path_;
  Codec codec_;
  H5File file_;
  std::vector<ChunkEntry> chunks_;
  ChunkBuffers buffers_;
};

/// A checked file, open for reading columns from any thread.
class ColumnFileReader {
 public:
  /// Error(data) if anything outside the chunks is damaged, or its attribute `format` is another.
  ColumnFileReader(std::filesystem::path const& path, std::string_view format);

  std::string text(std::string const& attribute) const { return file_.text_attribute(attribute); }
  std::int64_t integer(std::string const& attribute) const {
    return file_.integer_attribute(attribute);
  }
  std::vector<std::uint64_t> plain(std::string const& name) const { return file_.read_plain(name); }
  bool has(std::string const& name) const { return file_.has(name); }
  /// Error(data) if the column is missing or of another type.
  std::size_t rows(std::string const& name, DType type) const;
  std::uint64_t stored_bytes(std::string const& name) const;
  std::uint64_t file_bytes() const { return bytes_.bytes(); }
  std::filesystem::path const& path() const { return bytes_.path(); }

  /// Rows [first_row, first_row + out) of the column, decoded. Error(data) naming file, column and
  /// chunk if stored bytes are damaged.
  void read(std::string const& name, DType type, Encoding encoding, std::size_t first_row,
            std::span<std::byte> out) const;
  template <class T>
  std::vector<T> column(std::string const& name, Encoding encoding = Encoding::plain) const {
    std::vector<T> out(rows(name, dtype_of<T>()));
    read(name, dtype_of<T>(), encoding, 0, std::as_writable_bytes(std::span(out)));
    return out;
  }

  /// The same as Written::sha256.
  std::string const& sha256() const { return sha256_; }

 private:
  struct Column {
    DatasetInfo info;
    std::vector<ChunkEntry> chunks;  // by number
  };
  Column const& column_of(std::string const& name, DType type) const;
  void read_chunk(std::string const& name, Column const& column, std::size_t chunk,
                  std::span<std::byte> raw, ChunkBuffers& buffers) const;

  ReadAt bytes_;
  std::string sha256_;
  H5File file_;
  std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace nta
