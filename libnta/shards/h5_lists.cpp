#include "libnta/shards/h5_lists.hpp"

#include "libnta/shards/h5_driver.hpp"

#include <hdf5.h>

#include <tuple>

namespace nta {
namespace {

int close_list(std::int64_t id) {
  return H5Pclose(id);
}

H5Id make_dataset_list(bool shuffled, DatasetInfo const& info) {
  H5Id list(H5Pcreate(H5P_DATASET_CREATE), close_list);
  H5Pset_obj_track_times(list.get(), false);
  if (info.chunk_rows == 0) {
    return list;
  }
  hsize_t const chunk = info.chunk_rows;
  H5Pset_chunk(list.get(), 1, &chunk);
  H5Pset_fill_time(list.get(), H5D_FILL_TIME_NEVER);
  if (info.codec == Codec::none) {
    return list;
  }
  if (shuffled) {
    H5Pset_shuffle(list.get());
  }
  unsigned const level = 1;
  bool const zstd = info.codec == Codec::zstd;
  H5Pset_filter(list.get(), static_cast<H5Z_filter_t>(filter_id(info.codec)), H5Z_FLAG_MANDATORY,
                zstd ? 1 : 0, zstd ? &level : nullptr);
  return list;
}

}  // namespace

H5Id H5Lists::file_access(OutputFile& output) {
  constexpr hsize_t kMetaBlockBytes = 64 << 10;  // few places of metadata among the chunks
  H5Id list(make_h5_access(output), close_list);
  if (list.get() >= 0) {
    H5Pset_libver_bounds(list.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    H5Pset_meta_block_size(list.get(), kMetaBlockBytes);
    H5Pset_cache(list.get(), 0, 0, 0, 0.0);
  }
  return list;
}

H5Id H5Lists::file_creation() {
  constexpr unsigned kChildren = 8;  // half of a node's: of 32 a node is 2 KB of file, 18 of memory
  H5Id list(H5Pcreate(H5P_FILE_CREATE), close_list);
  H5Pset_obj_track_times(list.get(), false);
  H5Pset_istore_k(list.get(), kChildren);
  return list;
}

std::int64_t H5Lists::links() {
  if (links_.get() < 0) {
    links_ = H5Id(H5Pcreate(H5P_LINK_CREATE), close_list);
    H5Pset_create_intermediate_group(links_.get(), 1);
  }
  return links_.get();
}

std::int64_t H5Lists::dataset(DatasetInfo const& info) {
  bool const shuffled = size_of(info.type) > 1;
  auto& list = datasets_[{shuffled, info.chunk_rows, info.codec}];
  if (list.get() < 0) {
    list = make_dataset_list(shuffled, info);
  }
  return list.get();
}

}  // namespace nta
