// Columns by name <-> one sealed HDF5 file: what shards and feature files have in common.
// Every stored byte is checked when it is read; a file is there as a whole or not at all.
#pragma once

#include "libnta/core/atomic_file.hpp"
#include "libnta/shards/h5.hpp"
#include "libnta/shards/output_file.hpp"
#include "libnta/shards/read_at.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Columns whose chunks are encoded by `threads` threads and written as they come. The bytes of the
/// file depend on the order of calls, never on the number of threads.
class ColumnFileWriter {
 public:
  /// `path`: where the file will lie; until commit it is a PendingFile, gone if there is none.
  ColumnFileWriter(std::filesystem::path const& path, Codec codec, int threads = 1);

  void make_group(std::string const& name) { file_->make_group(name); }
  void set_attribute(std::string const& name, std::string const& text) {
    file_->set_attribute(name, text);
  }
  void set_attribute(std::string const& name, std::int64_t value) {
    file_->set_attribute(name, value);
  }
  /// A short array of u64, uncompressed.
  void add_plain(std::string const& name, std::span<std::uint64_t const> values) {
    file_->write_plain(name, values);
  }

  struct ColumnSpec {
    std::string name;
    DType type = DType::u8;
    Encoding encoding = Encoding::plain;
    std::size_t chunk_rows = 1;
    std::size_t expected_rows = 0;  // spares growing the column chunk by chunk
  };
  /// Starts a column; returns its number, by which its chunks name it.
  std::size_t open_column(ColumnSpec const& spec);

  /// A column's next chunk: whole elements, chunk_rows of them; less only in its last chunk.
  /// Either `values` or, of a column without encoding, `planes`, which are padded by write().
  struct Chunk {
    std::size_t column = 0;
    std::span<std::byte const> values;
    PlaneChunk* planes = nullptr;
  };
  /// The chunks of a column's next values, which are chunk_rows times n, or its last ones.
  template <class T>
  void add_chunks(std::vector<Chunk>& chunks, std::size_t column, std::span<T const> values) const {
    auto const chunk_rows = columns_[column].spec.chunk_rows;
    for (std::size_t at = 0; at < values.size(); at += chunk_rows) {
      auto const rows = values.subspan(at, std::min(chunk_rows, values.size() - at));
      chunks.push_back({column, std::as_bytes(rows), nullptr});
    }
  }
  /// Encodes the chunks and writes them in this order. Error(storage) on a full disk.
  void write(std::span<Chunk const> chunks);

  /// Writes the chunk table, seals, makes durable, renames. Error(storage) on a full disk.
  /// Passes the fail points <point>.write, .fsync, .rename.
  struct Written {
    std::uint64_t bytes = 0;
    std::string sha256;  // of all that is no chunk: attributes, plain arrays, chunk table
  };
  Written commit(std::string_view point);

 private:
  struct Column {
    ColumnSpec spec;
    H5Id dataset;
    std::size_t rows = 0;
    std::size_t extent = 0;  // of the dataset
    std::vector<ChunkEntry> chunks;
  };
  /// Memory of one chunk on its way.
  struct Slot {
    std::vector<std::int64_t> raw;
    ChunkBuffers buffers;
    std::span<std::byte const> stored;
    std::uint32_t crc32c = 0;
  };
  void encode(Chunk const& chunk, Slot& slot) const;
  void append(Chunk const& chunk, Slot const& slot);

  Codec codec_;
  int threads_;
  PendingFile pending_;
  OutputFile output_;
  std::optional<H5File> file_;
  std::vector<Column> columns_;
  std::vector<Slot> slots_;
};

/// Rows [first_row, first_row + out) of a column and where they go, whole elements.
struct ColumnRange {
  std::string column;
  DType type = DType::u8;
  Encoding encoding = Encoding::plain;
  std::size_t first_row = 0;
  std::span<std::byte> out;
};

/// A checked file, open for reading columns from any thread.
class ColumnFileReader {
 public:
  /// Error(data) if anything outside the chunks is damaged, or its attribute `format` is another
  /// (empty: any will do).
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

  /// Fills the ranges, chunk by chunk, on `threads` threads. Error(data) naming file, column and
  /// chunk if stored bytes are damaged: the first such chunk in the order of the ranges.
  void read(std::span<ColumnRange const> ranges, int threads = 1) const;
  template <class T>
  std::vector<T> column(std::string const& name, Encoding encoding = Encoding::plain) const {
    std::vector<T> out(rows(name, dtype_of<T>()));
    ColumnRange const range{name, dtype_of<T>(), encoding, 0,
                            std::as_writable_bytes(std::span(out))};
    read({&range, 1});
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
  struct Task {
    ColumnRange const* range = nullptr;
    Column const* column = nullptr;
    std::size_t chunk = 0;
  };
  std::vector<Task> tasks_of(std::span<ColumnRange const> ranges) const;
  void read_chunk(Task const& task, std::span<std::byte> raw, ChunkBuffers& buffers) const;
  void read_task(Task const& task, ChunkBuffers& buffers) const;

  ReadAt bytes_;
  std::string sha256_;
  H5File file_;
  std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace nta
