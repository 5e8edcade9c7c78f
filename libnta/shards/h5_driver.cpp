#include "libnta/shards/h5_driver.hpp"

#include "libnta/shards/output_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <iterator>

namespace nta {
namespace {

/// What the library holds of an open file. Its first member is the library's own part.
struct DriverFile {
  H5FD_t library{};
  OutputFile* output = nullptr;
  haddr_t end_of_allocation = 0;
};

constexpr haddr_t kMostBytes = (haddr_t{1} << 62) - 1;

DriverFile* own(H5FD_t* file) {
  return reinterpret_cast<DriverFile*>(file);
}
DriverFile const* own(H5FD_t const* file) {
  return reinterpret_cast<DriverFile const*>(file);
}

H5FD_t* open_file(char const*, unsigned, hid_t access, haddr_t) {
  auto const* const output = static_cast<OutputFile* const*>(H5Pget_driver_info(access));
  if (output == nullptr) {
    return nullptr;
  }
  auto* const file = new DriverFile;
  file->output = *output;
  return &file->library;
}

herr_t close_file(H5FD_t* file) {
  delete own(file);
  return 0;
}

herr_t query(H5FD_t const*, unsigned long* flags) {
  *flags =
      H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t get_end_of_allocation(H5FD_t const* file, H5FD_mem_t) {
  return own(file)->end_of_allocation;
}

herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  own(file)->end_of_allocation = address;
  return 0;
}

haddr_t get_end_of_file(H5FD_t const* file, H5FD_mem_t) {
  return own(file)->output->bytes();
}

herr_t read_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* out) {
  own(file)->output->read(address, {static_cast<std::byte*>(out), size});
  return 0;
}

herr_t write_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size,
                   void const* bytes) {
  own(file)->output->write(address, {static_cast<std::byte const*>(bytes), size});
  return 0;
}

herr_t truncate_file(H5FD_t* file, hid_t, hbool_t) {
  own(file)->output->resize(own(file)->end_of_allocation);
  return 0;
}

hid_t driver_id() {
  static H5FD_class_t const driver = [] {
    H5FD_class_t d{};
    d.name = "nta_output";
    d.maxaddr = kMostBytes;
    d.fc_degree = H5F_CLOSE_STRONG;
    d.fapl_size = sizeof(OutputFile*);
    d.open = &open_file;
    d.close = &close_file;
    d.query = &query;
    d.get_eoa = &get_end_of_allocation;
    d.set_eoa = &set_end_of_allocation;
    d.get_eof = &get_end_of_file;
    d.read = &read_bytes;
    d.write = &write_bytes;
    d.truncate = &truncate_file;
    H5FD_mem_t const map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(d.fl_map));
    return d;
  }();
  static hid_t const id = H5FDregister(&driver);
  return id;
}

}  // namespace

std::int64_t make_h5_access(OutputFile& file) {
  auto const access = H5Pcreate(H5P_FILE_ACCESS);
  OutputFile* const output = &file;
  if (access >= 0 && H5Pset_driver(access, driver_id(), &output) < 0) {
    H5Pclose(access);
    return -1;
  }
  return access;
}

}  // namespace nta
