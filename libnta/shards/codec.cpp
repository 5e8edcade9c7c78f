#include "libnta/shards/codec.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/shuffle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <lz4.h>
#include <zstd.h>

namespace nta {
namespace {

constexpr int kZstdLevel = 1;
constexpr std::size_t kLz4Header = 16;  // u64 size, u32 block size, u32 size of the one block

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

std::span<std::byte const> lz4_encode(std::span<std::byte const> raw,
                                      std::vector<std::byte>& buffer) {
  NTA_EXPECTS(raw.size() <= LZ4_MAX_INPUT_SIZE, ErrorKind::failed, "chunk of {} B is too large",
              raw.size());
  auto const size = static_cast<int>(raw.size());
  auto const out = at_least(buffer, kLz4Header + static_cast<std::size_t>(LZ4_compressBound(size)));
  put_big_endian<std::uint64_t>(out.data(), raw.size());
  put_big_endian<std::uint32_t>(out.data() + 8, static_cast<std::uint32_t>(raw.size()));
  auto stored = LZ4_compress_default(reinterpret_cast<char const*>(raw.data()),
                                     reinterpret_cast<char*>(out.data() + kLz4Header), size,
                                     static_cast<int>(out.size() - kLz4Header));
  if (stored <= 0 || stored >= size) {  // the filter's mark of a raw block is equal size
    stored = size;
    std::memcpy(out.data() + kLz4Header, raw.data(), raw.size());
  }
  put_big_endian<std::uint32_t>(out.data() + 12, static_cast<std::uint32_t>(stored));
  return out.first(kLz4Header + static_cast<std::size_t>(stored));
}

void lz4_decode(std::span<std::byte const> stored, std::span<std::byte> raw) {
  NTA_EXPECTS(stored.size() >= kLz4Header, ErrorKind::data, "LZ4 chunk of {} B has no header",
              stored.size());
  auto const total = get_big_endian<std::uint64_t>(stored.data());
  auto const block = get_big_endian<std::uint32_t>(stored.data() + 8);
  auto const size = get_big_endian<std::uint32_t>(stored.data() + 12);
  auto const body = stored.subspan(kLz4Header);
  NTA_EXPECTS(
      total == raw.size() && block == raw.size() && size == body.size(), ErrorKind::data,
      "LZ4 chunk says {} B in blocks of {} and one of {} B; {} B of values and {} B of data "
      "are there",
      total, block, size, raw.size(), body.size());
  if (size == raw.size()) {
    std::memcpy(raw.data(), body.data(), size);
    return;
  }
  auto const got = LZ4_decompress_safe(reinterpret_cast<char const*>(body.data()),
                                       reinterpret_cast<char*>(raw.data()),
                                       static_cast<int>(body.size()), static_cast<int>(raw.size()));
  NTA_EXPECTS(got >= 0 && static_cast<std::size_t>(got) == raw.size(), ErrorKind::data,
              "LZ4 data is damaged");
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
  auto values = raw;
  if (element_bytes > 1) {
    auto const shuffled = at_least(buffers.shuffled, raw.size());
    shuffle_bytes(raw, element_bytes, shuffled);
    values = shuffled;
  }
  return codec == Codec::lz4 ? lz4_encode(values, buffers.stored)
                             : zstd_encode(values, buffers.stored);
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
