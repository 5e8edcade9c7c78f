// The HDF5 library's file, written through OutputFile: chunks go straight to the disk, memory stays
// bounded, and a failed write is reported by OutputFile::check() instead of half-closed library
// state.
#pragma once

#include <cstdint>

namespace nta {

class OutputFile;

/// A file access property list (hid_t) that makes H5Fcreate write into `file`, which must outlive
/// the HDF5 file. Negative if the library refuses. The caller holds the library's lock.
std::int64_t make_h5_access(OutputFile& file);

}  // namespace nta
