#include "libnta/shards/seal.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/shards/crc32c.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace nta {
namespace {

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc32c = 0;
  std::uint32_t reserved = 0;
};

struct Footer {
  std::uint64_t n_ranges = 0;
  std::uint64_t file_bytes = 0;  // seal included
  std::uint32_t version = 1;
  std::uint32_t crc32c = 0;  // of the ranges and the footer up to here
  std::array<char, 8> magic{'N', 'T', 'A', 'S', 'E', 'A', 'L', '1'};
};

constexpr std::size_t kCheckedFooterBytes = 20;
constexpr std::uint64_t kMostRanges = 1 << 20;
static_assert(sizeof(Range) == 24 && sizeof(Footer) == 32);

/// The parts of [0, end) that no chunk covers.
std::vector<Range> gaps(std::span<ChunkEntry const> chunks, std::uint64_t end) {
  std::vector<Range> used;
  used.reserve(chunks.size());
  for (auto const& chunk : chunks) {
    used.push_back({chunk.offset, chunk.bytes});
  }
  std::sort(used.begin(), used.end(),
            [](Range const& a, Range const& b) { return a.offset < b.offset; });
  std::vector<Range> out;
  std::uint64_t at = 0;
  for (auto const& chunk : used) {
    if (chunk.offset > at) {
      out.push_back({at, chunk.offset - at});
    }
    at = std::max(at, chunk.offset + chunk.bytes);
  }
  if (end > at) {
    out.push_back({at, end - at});
  }
  return out;
}

std::uint32_t seal_crc(std::span<Range const> ranges, Footer const& footer) {
  auto const bytes = std::as_bytes(std::span(&footer, 1)).first(kCheckedFooterBytes);
  return crc32c(bytes, crc32c(std::as_bytes(ranges)));
}

struct Seal {
  std::vector<Range> ranges;
  std::uint64_t content_bytes = 0;
};

Seal read_seal(ReadAt const& file) {
  auto const name = file.path().string();
  Footer footer;
  NTA_EXPECTS(file.bytes() > sizeof footer, ErrorKind::data,
              "{}: {} B are too few for a sealed file", name, file.bytes());
  file.read(file.bytes() - sizeof footer, std::as_writable_bytes(std::span(&footer, 1)));
  NTA_EXPECTS(footer.magic == Footer{}.magic, ErrorKind::data,
              "{}: no seal at its end: not written by nta, cut off, or damaged", name);
  NTA_EXPECTS(footer.file_bytes == file.bytes() && footer.n_ranges < kMostRanges &&
                  sizeof footer + footer.n_ranges * sizeof(Range) <= file.bytes(),
              ErrorKind::data, "{}: has {} B, its seal says {} B and {} ranges: cut off or damaged",
              name, file.bytes(), footer.file_bytes, footer.n_ranges);
  Seal seal;
  seal.ranges.resize(footer.n_ranges);
  seal.content_bytes = file.bytes() - sizeof footer - footer.n_ranges * sizeof(Range);
  file.read(seal.content_bytes, std::as_writable_bytes(std::span(seal.ranges)));
  NTA_EXPECTS(footer.version == 1 && seal_crc(seal.ranges, footer) == footer.crc32c,
              ErrorKind::data, "{}: its seal is damaged", name);
  return seal;
}

}  // namespace

std::string append_seal(OutputFile& file, std::span<ChunkEntry const> chunks) {
  auto const content_bytes = file.bytes();
  auto ranges = gaps(chunks, content_bytes);
  Sha256 hash;
  std::vector<std::byte> bytes;
  for (auto& range : ranges) {
    bytes.resize(range.bytes);
    file.read(range.offset, bytes);
    range.crc32c = crc32c(bytes);
    hash.update(bytes);
  }
  Footer footer;
  footer.n_ranges = ranges.size();
  footer.file_bytes = content_bytes + ranges.size() * sizeof(Range) + sizeof footer;
  footer.crc32c = seal_crc(ranges, footer);
  file.write(content_bytes, std::as_bytes(std::span(ranges)));
  file.write(file.bytes(), std::as_bytes(std::span(&footer, 1)));
  return to_hex(hash.digest());
}

std::string check_seal(ReadAt const& file) {
  auto const seal = read_seal(file);
  Sha256 hash;
  std::vector<std::byte> bytes;
  for (auto const& range : seal.ranges) {
    NTA_EXPECTS(
        range.offset <= seal.content_bytes && range.bytes <= seal.content_bytes - range.offset,
        ErrorKind::data, "{}: its seal names bytes outside the file", file.path().string());
    bytes.resize(range.bytes);
    file.read(range.offset, bytes);
    NTA_EXPECTS(crc32c(bytes) == range.crc32c, ErrorKind::data,
                "{}: its structure is damaged between bytes {} and {}; restore the file or make it "
                "again",
                file.path().string(), range.offset, range.offset + range.bytes);
    hash.update(bytes);
  }
  return to_hex(hash.digest());
}

void check_extents(ReadAt const& file, std::span<ChunkEntry const> chunks) {
  auto const seal = read_seal(file);
  auto const expected = gaps(chunks, seal.content_bytes);
  bool same = expected.size() == seal.ranges.size();
  for (std::size_t i = 0; same && i < expected.size(); ++i) {
    same = expected[i].offset == seal.ranges[i].offset && expected[i].bytes == seal.ranges[i].bytes;
  }
  for (auto const& chunk : chunks) {
    same = same && chunk.offset <= seal.content_bytes &&
           chunk.bytes <= seal.content_bytes - chunk.offset;
  }
  NTA_EXPECTS(same, ErrorKind::data, "{}: its chunk table and its seal disagree",
              file.path().string());
}

}  // namespace nta
