// A chunk's values -> its stored bytes and back: byte shuffle, then LZ4 (HDF5 filter 32004) or Zstd
// (32015), so that h5py with hdf5plugin reads what we wrote. Decoding trusts nothing in its input.
#pragma once

#include "libnta/shards/plane_chunk.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace nta {

enum class Codec : std::uint8_t { none, lz4, zstd };

/// "none", "lz4", "zstd". Error(usage) for another name.
Codec codec_from_name(std::string_view name);
std::string_view codec_name(Codec codec);

/// HDF5 filter number; 0 for none.
constexpr unsigned filter_id(Codec codec) {
  return codec == Codec::lz4 ? 32004U : codec == Codec::zstd ? 32015U : 0U;
}

/// Memory of one chunk on its way, used again from chunk to chunk.
struct ChunkBuffers {
  PlaneChunk planes;
  std::vector<std::byte> shuffled, stored;
};

/// Stored form of `raw`, valid until the buffers are used again. codec none: raw itself,
/// unshuffled.
std::span<std::byte const> encode_chunk(std::span<std::byte const> raw, std::size_t element_bytes,
                                        Codec codec, ChunkBuffers& buffers);

/// The same bytes for the same values; codec none costs most here.
std::span<std::byte const> encode_planes(PlaneChunk const& planes, Codec codec,
                                         ChunkBuffers& buffers);

/// Fills `raw` from its stored form; Error(data) unless exactly raw.size() bytes come out.
/// `stored` may lie in buffers.stored.
void decode_chunk(std::span<std::byte const> stored, std::size_t element_bytes, Codec codec,
                  std::span<std::byte> raw, ChunkBuffers& buffers);

/// The first n bytes of a buffer that only ever grows.
std::span<std::byte> at_least(std::vector<std::byte>& buffer, std::size_t n);

/// x_i -> x_i - x_(i-1) in place, wrapping, and back.
void delta_encode(std::span<std::int64_t> values) noexcept;
void delta_decode(std::span<std::int64_t> values) noexcept;

}  // namespace nta
