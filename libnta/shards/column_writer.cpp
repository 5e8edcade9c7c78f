#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/crc32c.hpp"
#include "libnta/shards/ordered_work.hpp"
#include "libnta/shards/seal.hpp"

#include <algorithm>
#include <cstring>

namespace nta {
ColumnFileWriter::ColumnFileWriter(std::filesystem::path const& path, Codec codec, int threads)
    : codec_(codec),
      threads_(threads),
      pending_(path),
      output_(pending_.temporary(), path),
      file_(H5File::create(output_)),
      slots_(ordered_slots(threads)) {}

std::size_t ColumnFileWriter::open_column(ColumnSpec const& spec) {
  NTA_EXPECTS(spec.name.size() < sizeof ChunkEntry::column, ErrorKind::failed,
              "column name {} is longer than {} characters", spec.name,
              sizeof ChunkEntry::column - 1);
  Column column{spec, {}, 0, spec.expected_rows, {}};
  column.dataset =
      file_->make_chunked(spec.name, {spec.type, spec.expected_rows, spec.chunk_rows, codec_});
  columns_.push_back(std::move(column));
  return columns_.size() - 1;
}

void ColumnFileWriter::encode(Chunk const& chunk, Slot& slot) const {
  auto const& spec = columns_[chunk.column].spec;
  if (chunk.planes != nullptr) {
    chunk.planes->pad(spec.chunk_rows);
    slot.stored = encode_planes(*chunk.planes, codec_, slot.buffers);
    slot.crc32c = crc32c(slot.stored);
    return;
  }
  auto const element = size_of(spec.type);
  auto const bytes = spec.chunk_rows * element;
  auto raw = chunk.values;
  if (raw.size() < bytes || spec.encoding == Encoding::delta) {
    slot.raw.resize(std::max(slot.raw.size(), (bytes + 7) / 8));
    auto const copy = std::as_writable_bytes(std::span(slot.raw)).first(bytes);
    std::copy(raw.begin(), raw.end(), copy.begin());
    // HDF5 wants all chunks equal: the last one is padded with zeros.
    std::fill(copy.begin() + static_cast<std::ptrdiff_t>(raw.size()), copy.end(), std::byte{0});
    if (spec.encoding == Encoding::delta) {
      delta_encode(std::span(slot.raw).first(raw.size() / sizeof(std::int64_t)));
    }
    raw = copy;
  }
  slot.stored = encode_chunk(raw, element, codec_, slot.buffers);
  slot.crc32c = crc32c(slot.stored);
}

void ColumnFileWriter::append(Chunk const& chunk, Slot const& slot) {
  auto& column = columns_[chunk.column];
  auto const& spec = column.spec;
  auto const rows =
      chunk.planes != nullptr ? chunk.planes->size() : chunk.values.size() / size_of(spec.type);
  NTA_EXPECTS(rows <= spec.chunk_rows && column.rows == column.chunks.size() * spec.chunk_rows,
              ErrorKind::failed, "column {}: a chunk of {} rows behind row {} in chunks of {}",
              spec.name, rows, column.rows, spec.chunk_rows);
  ChunkEntry entry;
  std::memcpy(entry.column, spec.name.data(), spec.name.size());
  auto const first_row = column.rows;
  column.rows += rows;
  if (column.rows > column.extent) {
    file_->set_rows(column.dataset, column.rows);
    column.extent = column.rows;
  }
  entry.offset = file_->write_chunk(column.dataset, first_row, slot.stored);
  entry.bytes = slot.stored.size();
  entry.chunk = static_cast<std::uint32_t>(column.chunks.size());
  entry.crc32c = slot.crc32c;
  column.chunks.push_back(entry);
}

void ColumnFileWriter::write(std::span<Chunk const> chunks) {
  ordered_work(
      chunks.size(), threads_,
      [&](std::size_t item, std::size_t slot) { encode(chunks[item], slots_[slot]); },
      [&](std::size_t item, std::size_t slot) { append(chunks[item], slots_[slot]); });
}

ColumnFileWriter::Written ColumnFileWriter::commit(std::string_view point) {
  std::vector<ChunkEntry> chunks;  // column after column, whatever the order they came in
  for (auto const& column : columns_) {
    NTA_EXPECTS(column.rows == column.extent, ErrorKind::failed, "column {} has {} rows of {}",
                column.spec.name, column.rows, column.extent);
    chunks.insert(chunks.end(), column.chunks.begin(), column.chunks.end());
  }
  fail_point(fmt::format("{}.write", point));
  file_->write_chunk_table(chunks);
  columns_.clear();
  file_.reset();
  output_.check();
  Written written;
  written.sha256 = append_seal(output_, chunks);
  written.bytes = output_.bytes();
  output_.check();
  fail_point(fmt::format("{}.fsync", point));
  fsync_path(pending_.temporary());
  fail_point(fmt::format("{}.rename", point));
  pending_.commit();
  return written;
}

}  // namespace nta
