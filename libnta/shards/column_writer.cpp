#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/crc32c.hpp"
#include "libnta/shards/seal.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nta {
namespace {

std::span<std::int64_t> as_integers(std::span<std::byte> bytes) {
  return {reinterpret_cast<std::int64_t*>(bytes.data()), bytes.size() / sizeof(std::int64_t)};
}

}  // namespace

ColumnFileWriter::ColumnFileWriter(std::filesystem::path path, Codec codec)
    : path_(std::move(path)), codec_(codec), file_(H5File::create(path_.string())) {}

void ColumnFileWriter::add_column(std::string const& name, DType type, Encoding encoding,
                                  std::size_t rows, Fill const& fill) {
  ChunkEntry entry;
  NTA_EXPECTS(name.size() < sizeof entry.column, ErrorKind::failed,
              "column name {} is longer than {} characters", name, sizeof entry.column - 1);
  std::memcpy(entry.column, name.data(), name.size());
  // A short column is one chunk of its own length; else the last chunk is padded with zeros, as
  // HDF5 wants all chunks equal.
  auto const chunk_rows = std::clamp<std::size_t>(rows, 1, kChunkRows);
  auto const dataset = file_.make_chunked(name, {type, rows, chunk_rows, codec_});
  std::vector<std::int64_t> storage((chunk_rows * size_of(type) + 7) / 8);
  auto const raw = std::as_writable_bytes(std::span(storage)).first(chunk_rows * size_of(type));
  for (std::size_t row = 0; row < rows; row += chunk_rows, ++entry.chunk) {
    auto const used = raw.first(std::min(chunk_rows, rows - row) * size_of(type));
    std::fill(raw.begin() + static_cast<std::ptrdiff_t>(used.size()), raw.end(), std::byte{0});
    fill(row, used);
    if (encoding == Encoding::delta) {
      delta_encode(as_integers(used));
    }
    auto const stored = encode_chunk(raw, size_of(type), codec_, buffers_);
    entry.offset = file_.write_chunk(dataset, row, stored);
    entry.bytes = stored.size();
    entry.crc32c = crc32c(stored);
    chunks_.push_back(entry);
  }
}

ColumnFileWriter::Written ColumnFileWriter::commit(std::string_view point) {
  file_.write_chunk_table(chunks_);
  auto image = file_.image();
  for (auto const& chunk : chunks_) {
    NTA_EXPECTS(chunk.offset <= image.size() && chunk.bytes <= image.size() - chunk.offset &&
                    crc32c(std::span(image).subspan(chunk.offset, chunk.bytes)) == chunk.crc32c,
                ErrorKind::failed, "{}: chunk {} of {} is not where HDF5 says", path_.string(),
                chunk.chunk, chunk.column);
  }
  Written written;
  written.sha256 = append_seal(image, chunks_);
  written.bytes = image.size();
  write_file_atomic(path_, {reinterpret_cast<char const*>(image.data()), image.size()}, point);
  return written;
}

}  // namespace nta
