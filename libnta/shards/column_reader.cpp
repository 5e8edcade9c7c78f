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

/// A chunk this large is no chunk of ours; keeps a forged file from asking for all memory.
constexpr std::uint64_t kMostChunkRows = 1 << 24;

std::string column_name(ChunkEntry const& entry) {
  return {entry.column, strnlen(entry.column, sizeof entry.column)};
}

std::string where(ReadAt const& file, std::string const& column, std::size_t chunk) {
  return fmt::format("{}: column {}, chunk {}", file.path().string(), column, chunk);
}

void check_shape(std::string const& file, std::string const& name, DatasetInfo const& info,
                 std::span<ChunkEntry const> chunks) {
  NTA_EXPECTS(info.chunk_rows > 0 && info.chunk_rows <= kMostChunkRows, ErrorKind::data,
              "{}: column {} has chunks of {} rows", file, name, info.chunk_rows);
  auto const n = info.rows / info.chunk_rows + (info.rows % info.chunk_rows != 0 ? 1 : 0);
  bool whole = chunks.size() == n;
  for (std::size_t i = 0; whole && i < chunks.size(); ++i) {
    whole = chunks[i].chunk == i && chunks[i].filter_mask == 0;
  }
  NTA_EXPECTS(whole, ErrorKind::data, "{}: column {} has {} chunks instead of {}, or not in order",
              file, name, chunks.size(), n);
}

}  // namespace

ColumnFileReader::ColumnFileReader(std::filesystem::path const& path, std::string_view format)
    : bytes_(path), sha256_(check_seal(bytes_)), file_(H5File::open(path)) {
  auto const found = file_.text_attribute("format");
  NTA_EXPECTS(found == format, ErrorKind::data, "{}: format is {}, expected {}", path.string(),
              found, format);
  auto const version = file_.integer_attribute("version");
  NTA_EXPECTS(version == kFormatVersion, ErrorKind::data,
              "{}: version {} of its format; this program reads version {}", path.string(), version,
              kFormatVersion);
  auto const table = file_.read_chunk_table();
  check_extents(bytes_, table);
  for (auto const& entry : table) {
    columns_[column_name(entry)].chunks.push_back(entry);
  }
  for (auto& [name, column] : columns_) {
    column.info = file_.info(name);
    check_shape(path.string(), name, column.info, column.chunks);
  }
}

ColumnFileReader::Column const& ColumnFileReader::column_of(std::string const& name,
                                                            DType type) const {
  static Column const kEmpty;  // a column of no rows has no chunks and so no place in the table
  auto const found = columns_.find(name);
  auto const info = found != columns_.end() ? found->second.info : file_.info(name);
  auto const file = bytes_.path().string();
  NTA_EXPECTS(info.type == type, ErrorKind::data, "{}: column {} is {}, expected {}", file, name,
              name_of(info.type), name_of(type));
  if (found != columns_.end()) {
    return found->second;
  }
  NTA_EXPECTS(info.rows == 0, ErrorKind::data, "{}: column {} has {} rows and no chunks", file,
              name, info.rows);
  return kEmpty;
}

std::size_t ColumnFileReader::rows(std::string const& name, DType type) const {
  return column_of(name, type).info.rows;
}

std::uint64_t ColumnFileReader::stored_bytes(std::string const& name) const {
  auto const found = columns_.find(name);
  std::uint64_t sum = 0;
  if (found != columns_.end()) {
    for (auto const& chunk : found->second.chunks) {
      sum += chunk.bytes;
    }
  }
  return sum;
}

void ColumnFileReader::read_chunk(std::string const& name, Column const& column, std::size_t chunk,
                                  std::span<std::byte> raw, ChunkBuffers& buffers) const {
  auto const& entry = column.chunks[chunk];
  auto const stored = at_least(buffers.stored, entry.bytes);
  bytes_.read(entry.offset, stored);
  auto const sum = crc32c(stored);
  NTA_EXPECTS(
      sum == entry.crc32c, ErrorKind::data,
      "{}: damaged: CRC-32C {:08x} instead of {:08x} at byte {}; restore the file or make it "
      "again",
      where(bytes_, name, chunk), sum, entry.crc32c, entry.offset);
  try {
    decode_chunk(stored, size_of(column.info.type), column.info.codec, raw, buffers);
  } catch (Error const& error) {
    throw Error(error.kind(), fmt::format("{}: {}", where(bytes_, name, chunk), error.what()));
  }
}

void ColumnFileReader::read(std::string const& name, DType type, Encoding encoding,
                            std::size_t first_row, std::span<std::byte> out) const {
  auto const& column = column_of(name, type);
  auto const element = size_of(type);
  auto const last_row = first_row + out.size() / element;
  NTA_EXPECTS(last_row <= column.info.rows, ErrorKind::data, "{}: column {} has {} rows, not {}",
              bytes_.path().string(), name, column.info.rows, last_row);
  if (out.empty()) {
    return;
  }
  auto const chunk_rows = column.info.chunk_rows;
  std::vector<std::int64_t> storage((chunk_rows * element + 7) / 8);
  auto const raw = std::as_writable_bytes(std::span(storage)).first(chunk_rows * element);
  ChunkBuffers buffers;
  for (auto chunk = first_row / chunk_rows; chunk * chunk_rows < last_row; ++chunk) {
    read_chunk(name, column, chunk, raw, buffers);
    auto const start = chunk * chunk_rows;
    if (encoding == Encoding::delta) {
      delta_decode(std::span(storage).first(std::min(chunk_rows, column.info.rows - start)));
    }
    auto const from = std::max<std::size_t>(first_row, start);
    auto const to = std::min<std::size_t>(last_row, start + chunk_rows);
    std::memcpy(out.data() + (from - first_row) * element, raw.data() + (from - start) * element,
                (to - from) * element);
  }
}

}  // namespace nta
