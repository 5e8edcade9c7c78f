// The seal: a trailer behind the HDF5 bytes that names every part of the file which is no chunk,
// with its CRC-32C. Together with the chunk table each byte of a file is covered by one checksum,
// and damaged metadata is found before the HDF5 library sees it. HDF5 readers ignore the trailer.
#pragma once

#include "libnta/shards/h5.hpp"
#include "libnta/shards/output_file.hpp"
#include "libnta/shards/read_at.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nta {

/// Appends the seal to a finished HDF5 file whose chunks are `chunks`. Returns the SHA-256 of all
/// that is no chunk: attributes, plain arrays, chunk table (so, through its checksums, the chunks).
std::string append_seal(OutputFile& file, std::span<ChunkEntry const> chunks);

/// Error(data) naming the file and the damaged range, unless size, seal and metadata are whole.
/// Returns what append_seal returned.
std::string check_seal(ReadAt const& file);

/// Error(data) unless each chunk lies inside the file's HDF5 part and outside all sealed ranges.
void check_extents(ReadAt const& file, std::span<ChunkEntry const> chunks);

}  // namespace nta
