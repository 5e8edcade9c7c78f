// RAII over the HDF5 1.10 C API, as little of it as columns need; h5*.cpp alone include hdf5.h.
// Files are written through OutputFile, so that a full disk meets our own write and never HDF5's.
// Chunks go in already encoded. Calls are serialised: the library need not be thread safe.
#pragma once

#include "libnta/shards/codec.hpp"
#include "libnta/shards/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nta {

/// One row of /chunk_table: where a chunk lies and what its stored bytes must sum up to.
struct ChunkEntry {
  char column[64] = {};  // path of the dataset without leading slash, zero padded
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t chunk = 0;
  std::uint32_t filter_mask = 0;
  std::uint32_t crc32c = 0;
  std::uint32_t reserved = 0;
};

struct DatasetInfo {
  DType type = DType::u8;
  std::uint64_t rows = 0;
  std::uint64_t chunk_rows = 0;  // 0: contiguous
  Codec codec = Codec::none;
};

/// An open HDF5 identifier; closes itself. Move-only.
class H5Id {
 public:
  using Close = int (*)(std::int64_t);
  H5Id() = default;
  H5Id(std::int64_t id, Close close) : id_(id), close_(close) {}
  ~H5Id();
  H5Id(H5Id&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  H5Id& operator=(H5Id&& other) noexcept;
  std::int64_t get() const { return id_; }

 private:
  std::int64_t id_ = -1;
  Close close_ = nullptr;
};

class H5Lists;
class OutputFile;

/// Errors: Error(data) for a file that does not hold what is asked, naming file and object.
class H5File {
 public:
  /// `output` must outlive it and holds all bytes when it is gone. Error(storage) on a full disk.
  static H5File create(OutputFile& output);
  static H5File open(std::filesystem::path const& path);  // read only
  ~H5File();
  H5File(H5File&& other) noexcept;

  void make_group(std::string const& path);
  /// A 1-D dataset of `info.rows` at first; its chunks follow by write_chunk, at first row `row`.
  H5Id make_chunked(std::string const& path, DatasetInfo const& info);
  void set_rows(H5Id const& dataset, std::uint64_t rows);  // only upwards
  /// Returns the place in the file of the encoded bytes.
  std::uint64_t write_chunk(H5Id const& dataset, std::uint64_t row,
                            std::span<std::byte const> encoded);
  void write_plain(std::string const& path, std::span<std::uint64_t const> values);
  void write_chunk_table(std::span<ChunkEntry const> entries);
  void set_attribute(std::string const& name, std::string const& text);
  void set_attribute(std::string const& name, std::int64_t value);

  DatasetInfo info(std::string const& path) const;
  bool has(std::string const& path) const;
  std::vector<std::uint64_t> read_plain(std::string const& path) const;
  std::vector<ChunkEntry> read_chunk_table() const;
  std::string text_attribute(std::string const& name) const;
  std::int64_t integer_attribute(std::string const& name) const;

 private:
  H5File(std::string name, H5Id file, OutputFile* output = nullptr);
  std::string name_;
  H5Id file_;
  OutputFile* output_ = nullptr;  // of a file being written
  std::unique_ptr<H5Lists> lists_;
};

}  // namespace nta
