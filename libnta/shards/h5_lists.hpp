// Property lists for files being written, each made once: the library takes as long to fill one as
// to create a dataset by it.
#pragma once

#include "libnta/shards/h5.hpp"

#include <cstdint>
#include <map>
#include <tuple>

namespace nta {

class OutputFile;

/// Identifiers of HDF5; negative where the library refuses. Calls come one at a time.
class H5Lists {
 public:
  /// Of a file that is written through `output`: without a cache of chunks, which come encoded.
  static H5Id file_access(OutputFile& output);
  /// Without time stamps, so that equal content gives equal bytes, and with small trees of chunks.
  static H5Id file_creation();

  /// Creates the groups on the way.
  std::int64_t links();
  /// Without time stamps; filters are named, never run. chunk_rows 0: contiguous.
  std::int64_t dataset(DatasetInfo const& info);

 private:
  H5Id links_;
  std::map<std::tuple<bool, std::uint64_t, Codec>, H5Id> datasets_;  // shuffled, chunk_rows, codec
};

}  // namespace nta
