#include "libnta/shards/codec.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/shuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <lz4.h>
#include <utility>
#include <zstd.h>

namespace nta {
namespace {

constexpr int kZstdLevel = 1;
constexpr std::size_t kLz4Header = 12;  // u64 size, u32 block size
constexpr std::size_t kLz4Size = 4;     // of each block, before it
constexpr std::size_t kLeastBlock = 4096;
// How fast LZ4 gives up looking: planes of features take two thirds of the time of 1 and 7 % more
// room. To store some as they are instead saves less for as much room: LZ4 leaves those soon.
constexpr int kWholeAcceleration = 1, kPlaneAcceleration = 8;

template <class Value>
void put_big_endian(std::byte* to, Value value) {
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    to[i] = static_cast<std::byte>(value >> (8 * (sizeof value - 1 - i)));
  }
}

template <class Value>
Value get_big_endian(std::byte const* from) {
  Value value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Value>((value << 8) | static_cast<Value>(from[i]));
  }
  return value;
}

/// One LZ4 block of `n` times one byte, at least kLeastBlock of them; returns its end.
std::byte* put_constant_block(std::byte* to, std::byte value, std::size_t n) {
  constexpr std::size_t kLastLiterals = 5;
  constexpr std::size_t kShortMatch = 4;
  auto rest = n - 1 - kLastLiterals - kShortMatch - 15;
  *to++ = std::byte{0x1F};  // one literal, and a match whose length goes on below
  *to++ = value;
  *to++ = std::byte{1};  // from one byte before
  *to++ = std::byte{0};
  for (; rest >= 255; rest -= 255) {
    *to++ = std::byte{255};
  }
  *to++ = static_cast<std::byte>(rest);
  *to++ = std::byte{kLastLiterals << 4};
  return std::fill_n(to, kLastLiterals, value);
}

/// A block as the filter stores it: u32 size, bytes; equal size says that they are raw.
std::byte* put_block(std::byte* to, std::span<std::byte const> raw, int acceleration) {
  auto const size = static_cast<int>(raw.size());
  auto stored = LZ4_compress_fast(reinterpret_cast<char const*>(raw.data()),
                                  reinterpret_cast<char*>(to + kLz4Size), size,
                                  LZ4_compressBound(size), acceleration);
  if (stored <= 0 || stored >= size) {
    stored = size;
    std::memcpy(to + kLz4Size, raw.data(), raw.size());
  }
  put_big_endian<std::uint32_t>(to, static_cast<std::uint32_t>(stored));
  return to + kLz4Size + stored;
}

/// The upper planes of columns that are -1 here and there are equal: one of them is compressed.
bool is_plane_before(PlaneChunk const& planes, std::size_t j) {
  return planes.varies(j - 1) &&
         std::memcmp(planes.plane(j).data(), planes.plane(j - 1).data(), planes.length()) == 0;
}

/// Each plane is a block of its own, so that a constant one costs nothing; short ones share one.
std::span<std::byte const> lz4_encode(PlaneChunk const& planes, ChunkBuffers& buffers) {
  auto const length = planes.length();
  auto const bytes = planes.element_bytes() * length;
  NTA_EXPECTS(bytes <= LZ4_MAX_INPUT_SIZE, ErrorKind::failed, "chunk of {} B is too large", bytes);
  bool const by_plane = length >= kLeastBlock;
  auto const block = by_plane ? length : std::max<std::size_t>(bytes, 1);
  auto const block_bound =
      kLz4Size + static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(block)));
  auto const out =
      at_least(buffers.stored, kLz4Header + (by_plane ? planes.element_bytes() : 1) * block_bound);
  put_big_endian<std::uint64_t>(out.data(), bytes);
  put_big_endian<std::uint32_t>(out.data() + 8, static_cast<std::uint32_t>(block));
  auto* end = out.data() + kLz4Header;
  if (!by_plane && bytes > 0) {
    auto const shuffled = at_least(buffers.shuffled, bytes);
    planes.copy_planes(shuffled);
    end = put_block(end, shuffled, kWholeAcceleration);
  }
  auto* last = end;  // the block before this one
  for (std::size_t j = 0; by_plane && j < planes.element_bytes(); ++j) {
    auto* const before = std::exchange(last, end);
    if (planes.varies(j) && j > 0 && is_plane_before(planes, j)) {
      end = std::copy(before, end, end);
    } else if (planes.varies(j)) {
      end = put_block(end, planes.plane(j), kPlaneAcceleration);
    } else {
      auto* const start = std::exchange(end, end + kLz4Size);
      end = put_constant_block(end, planes.first_byte(j), length);
      put_big_endian(start, static_cast<std::uint32_t>(end - start - std::ptrdiff_t{kLz4Size}));
    }
  }
  return out.first(static_cast<std::size_t>(end - out.data()));
}

void lz4_decode(std::span<std::byte const> stored, std::span<std::byte> raw) {
  NTA_EXPECTS(stored.size() >= kLz4Header, ErrorKind::data, "LZ4 chunk of {} B has no header",
              stored.size());
  auto const total = get_big_endian<std::uint64_t>(stored.data());
  auto const block = get_big_endian<std::uint32_t>(stored.data() + 8);
  NTA_EXPECTS(total == raw.size() && block > 0, ErrorKind::data,
              "LZ4 chunk says {} B in blocks of {}; {} B of values are expected", total, block,
              raw.size());
  auto left = stored.subspan(kLz4Header);
  for (std::size_t first = 0; first < raw.size(); first += block) {
    auto const out = raw.subspan(first, std::min<std::size_t>(block, raw.size() - first));
    auto const size = left.size() >= kLz4Size ? get_big_endian<std::uint32_t>(left.data()) : 0U;
    NTA_EXPECTS(left.size() >= kLz4Size && size <= left.size() - kLz4Size && size <= out.size(),
                ErrorKind::data, "LZ4 block of {} B among {} B, for {} B of values", size,
                left.size(), out.size());
    auto const body = left.subspan(kLz4Size, size);
    left = left.subspan(kLz4Size + size);
    if (size == out.size()) {
      std::memcpy(out.data(), body.data(), size);
      continue;
    }
    auto const got = LZ4_decompress_safe(reinterpret_cast<char const*>(body.data()),
                                         reinterpret_cast<char*>(out.data()),
                                         static_cast<int>(size), static_cast<int>(out.size()));
    NTA_EXPECTS(got >= 0 && static_cast<std::size_t>(got) == out.size(), ErrorKind::data,
                "LZ4 data is damaged");
  }
  NTA_EXPECTS(left.empty(), ErrorKind::data, "{} B behind the last LZ4 block", left.size());
}

std::span<std::byte const> zstd_encode(std::span<std::byte const> raw,
                                       std::vector<std::byte>& buffer) {
  auto const out = at_least(buffer, ZSTD_compressBound(raw.size()));
  auto const stored = ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), kZstdLevel);
  NTA_EXPECTS(ZSTD_isError(stored) == 0, ErrorKind::failed, "Zstd: {}", ZSTD_getErrorName(stored));
  return out.first(stored);
}

void zstd_decode(std::span<std::byte const> stored, std::span<std::byte> raw) {
  auto const got = ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size());
  NTA_EXPECTS(ZSTD_isError(got) == 0, ErrorKind::data, "Zstd data is damaged: {}",
              ZSTD_getErrorName(got));
  NTA_EXPECTS(got == raw.size(), ErrorKind::data, "Zstd chunk holds {} B instead of {}", got,
              raw.size());
}

}  // namespace

Codec codec_from_name(std::string_view name) {
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    if (codec_name(codec) == name) {
      return codec;
    }
  }
  fail(ErrorKind::usage, "codec {}: expected none, lz4 or zstd", name);
}

std::string_view codec_name(Codec codec) {
  return codec == Codec::none ? "none" : codec == Codec::lz4 ? "lz4" : "zstd";
}

std::span<std::byte> at_least(std::vector<std::byte>& buffer, std::size_t n) {
  if (buffer.size() < n) {
    buffer.resize(n);
  }
  return std::span(buffer).first(n);
}

std::span<std::byte const> encode_chunk(std::span<std::byte const> raw, std::size_t element_bytes,
                                        Codec codec, ChunkBuffers& buffers) {
  if (codec == Codec::none) {
    return raw;
  }
  buffers.planes.start(element_bytes, raw.size() / element_bytes);
  buffers.planes.add(raw);
  return encode_planes(buffers.planes, codec, buffers);
}

std::span<std::byte const> encode_planes(PlaneChunk const& planes, Codec codec,
                                         ChunkBuffers& buffers) {
  if (codec == Codec::lz4) {
    return lz4_encode(planes, buffers);
  }
  auto const bytes = planes.element_bytes() * planes.length();
  auto const shuffled = at_least(buffers.shuffled, bytes);
  planes.copy_planes(shuffled);
  if (codec == Codec::zstd) {
    return zstd_encode(shuffled, buffers.stored);
  }
  auto const raw = at_least(buffers.stored, bytes);
  unshuffle_bytes(shuffled, planes.element_bytes(), raw);
  return raw;
}

void decode_chunk(std::span<std::byte const> stored, std::size_t element_bytes, Codec codec,
                  std::span<std::byte> raw, ChunkBuffers& buffers) {
  if (codec == Codec::none) {
    NTA_EXPECTS(stored.size() == raw.size(), ErrorKind::data, "{} B stored instead of {}",
                stored.size(), raw.size());
    std::copy(stored.begin(), stored.end(), raw.begin());
    return;
  }
  auto const target = element_bytes == 1 ? raw : at_least(buffers.shuffled, raw.size());
  if (codec == Codec::lz4) {
    lz4_decode(stored, target);
  } else {
    zstd_decode(stored, target);
  }
  if (element_bytes != 1) {
    unshuffle_bytes(target, element_bytes, raw);
  }
}

void delta_encode(std::span<std::int64_t> values) noexcept {
  for (std::size_t i = values.size(); i-- > 1;) {
    values[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(values[i]) -
                                          static_cast<std::uint64_t>(values[i - 1]));
  }
}

void delta_decode(std::span<std::int64_t> values) noexcept {
  for (std::size_t i = 1; i < values.size(); ++i) {
    values[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(values[i]) +
                                          static_cast<std::uint64_t>(values[i - 1]));
  }
}

}  // namespace nta
