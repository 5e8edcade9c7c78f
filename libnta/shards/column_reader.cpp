#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/crc32c.hpp"
#include "libnta/shards/ordered_work.hpp"
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
  NTA_EXPECTS(format.empty() || found == format, ErrorKind::data, "{}: format is {}, expected {}",
              path.string(), found, format);
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

std::vector<ColumnFileReader::Task> ColumnFileReader::tasks_of(
    std::span<ColumnRange const> ranges) const {
  std::vector<Task> tasks;
  for (auto const& range : ranges) {
    auto const& column = column_of(range.column, range.type);
    auto const last_row = range.first_row + range.out.size() / size_of(range.type);
    NTA_EXPECTS(last_row <= column.info.rows, ErrorKind::data, "{}: column {} has {} rows, not {}",
                bytes_.path().string(), range.column, column.info.rows, last_row);
    if (range.out.empty()) {
      continue;
    }
    auto const chunk_rows = column.info.chunk_rows;
    for (auto chunk = range.first_row / chunk_rows; chunk * chunk_rows < last_row; ++chunk) {
      tasks.push_back({&range, &column, chunk});
    }
  }
  return tasks;
}

void ColumnFileReader::read_chunk(Task const& task, std::span<std::byte> raw,
                                  ChunkBuffers& buffers) const {
  auto const& entry = task.column->chunks[task.chunk];
  auto const& info = task.column->info;
  auto const stored = at_least(buffers.stored, entry.bytes);
  bytes_.read(entry.offset, stored);
  auto const sum = crc32c(stored);
  NTA_EXPECTS(
      sum == entry.crc32c, ErrorKind::data,
      "{}: damaged: CRC-32C {:08x} instead of {:08x} at byte {}; restore the file or make it "
      "again",
      where(bytes_, task.range->column, task.chunk), sum, entry.crc32c, entry.offset);
  try {
    decode_chunk(stored, size_of(info.type), info.codec, raw, buffers);
  } catch (Error const& error) {
    throw Error(error.kind(),
                fmt::format("{}: {}", where(bytes_, task.range->column, task.chunk), error.what()));
  }
}

void ColumnFileReader::read_task(Task const& task, ChunkBuffers& buffers) const {
  auto const& [range, column, chunk] = task;
  auto const element = size_of(range->type);
  auto const start = chunk * column->info.chunk_rows;
  auto const end = std::min(start + column->info.chunk_rows, column->info.rows);
  auto const chunk_bytes = column->info.chunk_rows * element;
  auto const last_row = range->first_row + range->out.size() / element;
  auto const decode = [&](std::span<std::byte> raw) {
    read_chunk(task, raw, buffers);
    if (range->encoding == Encoding::delta) {
      delta_decode(std::span(reinterpret_cast<std::int64_t*>(raw.data()), end - start));
    }
  };
  if (start >= range->first_row && start + column->info.chunk_rows <= last_row) {
    return decode(range->out.subspan((start - range->first_row) * element, chunk_bytes));
  }
  std::vector<std::int64_t> storage((chunk_bytes + 7) / 8);
  auto const raw = std::as_writable_bytes(std::span(storage)).first(chunk_bytes);
  decode(raw);
  auto const from = std::max<std::size_t>(range->first_row, start);
  auto const to = std::min<std::size_t>(last_row, end);
  std::memcpy(range->out.data() + (from - range->first_row) * element,
              raw.data() + (from - start) * element, (to - from) * element);
}

void ColumnFileReader::read(std::span<ColumnRange const> ranges, int threads) const {
  auto const tasks = tasks_of(ranges);
  std::vector<ChunkBuffers> buffers(ordered_slots(threads));
  ordered_work(
      tasks.size(), threads,
      [&](std::size_t item, std::size_t slot) { read_task(tasks[item], buffers[slot]); },
      [](std::size_t, std::size_t) {});
}

}  // namespace nta
