#include "libnta/shards/h5.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/h5_lists.hpp"
#include "libnta/shards/output_file.hpp"

#include <hdf5.h>

#include <cstring>
#include <mutex>

namespace nta {
namespace {

static_assert(sizeof(hid_t) == sizeof(std::int64_t));

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// The filter is only named in our files: chunks come and go encoded, past the library's pipeline.
std::size_t no_filter(unsigned, std::size_t, unsigned const*, std::size_t, std::size_t*, void**) {
  return 0;
}

void name_filters() {
  for (auto const codec : {Codec::lz4, Codec::zstd}) {
    H5Z_class2_t const filter{H5Z_CLASS_T_VERS,
                              static_cast<H5Z_filter_t>(filter_id(codec)),
                              1,
                              1,
                              codec == Codec::lz4 ? "lz4" : "zstd",
                              nullptr,
                              nullptr,
                              &no_filter};
    H5Zregister(&filter);
  }
}

/// Holds the library for one call; its own printing of errors is off.
class Library {
 public:
  Library() : lock_(library_mutex()) {
    [[maybe_unused]] static bool const named = (name_filters(), true);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

extern "C" herr_t keep_innermost(unsigned, H5E_error2_t const* error, void* text) {
  if (error->desc != nullptr) {
    *static_cast<std::string*>(text) = error->desc;
  }
  return 0;
}

[[noreturn]] void fail_h5(std::string const& file, std::string_view what) {
  std::string reason = "no reason given";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, &keep_innermost, &reason);
  fail(ErrorKind::data, "{}: {}: {}", file, what, reason);
}

template <class Result>
Result check(Result result, std::string const& file, std::string_view what) {
  if (result < 0) {
    fail_h5(file, what);
  }
  return result;
}

template <class Closer>
H5Id hold(hid_t id, Closer closer, std::string const& file, std::string_view what) {
  return {check(id, file, what), closer};
}

int close_file(std::int64_t id) {
  return H5Fclose(id);
}
int close_group(std::int64_t id) {
  return H5Gclose(id);
}
int close_dataset(std::int64_t id) {
  return H5Dclose(id);
}
int close_space(std::int64_t id) {
  return H5Sclose(id);
}
int close_type(std::int64_t id) {
  return H5Tclose(id);
}
int close_list(std::int64_t id) {
  return H5Pclose(id);
}
int keep_open(std::int64_t) {  // the library's own types
  return 0;
}
int close_attribute(std::int64_t id) {
  return H5Aclose(id);
}

H5Id file_type(DType type) {
  static constexpr hsize_t kIpBytes = 16;
  switch (type) {
    case DType::u8:
      return {H5T_STD_U8LE, keep_open};
    case DType::u16:
      return {H5T_STD_U16LE, keep_open};
    case DType::u32:
      return {H5T_STD_U32LE, keep_open};
    case DType::u64:
      return {H5T_STD_U64LE, keep_open};
    case DType::i8:
      return {H5T_STD_I8LE, keep_open};
    case DType::i32:
      return {H5T_STD_I32LE, keep_open};
    case DType::i64:
      return {H5T_STD_I64LE, keep_open};
    case DType::f64:
      return {H5T_IEEE_F64LE, keep_open};
    case DType::ip:
      return {H5Tarray_create2(H5T_STD_U8LE, 1, &kIpBytes), close_type};
  }
  return {};
}

H5Id chunk_entry_type() {
  H5Id type(H5Tcreate(H5T_COMPOUND, sizeof(ChunkEntry)), close_type);
  H5Id const text(H5Tcopy(H5T_C_S1), close_type);
  H5Tset_size(text.get(), sizeof ChunkEntry::column);
  H5Tinsert(type.get(), "column", offsetof(ChunkEntry, column), text.get());
  H5Tinsert(type.get(), "chunk", offsetof(ChunkEntry, chunk), H5T_STD_U32LE);
  H5Tinsert(type.get(), "offset", offsetof(ChunkEntry, offset), H5T_STD_U64LE);
  H5Tinsert(type.get(), "bytes", offsetof(ChunkEntry, bytes), H5T_STD_U64LE);
  H5Tinsert(type.get(), "filter_mask", offsetof(ChunkEntry, filter_mask), H5T_STD_U32LE);
  H5Tinsert(type.get(), "crc32c", offsetof(ChunkEntry, crc32c), H5T_STD_U32LE);
  return type;
}

H5Id text_type() {
  H5Id type(H5Tcopy(H5T_C_S1), close_type);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

H5Id line_space(hsize_t rows) {
  return {H5Screate_simple(1, &rows, nullptr), close_space};
}

void write_contiguous(H5Id const& file, std::string const& name, std::string const& path,
                      H5Id const& type, std::size_t rows, void const* data) {
  auto const space = line_space(rows);
  H5Lists lists;
  auto const list = lists.dataset({});
  auto const dataset = hold(
      H5Dcreate2(file.get(), path.c_str(), type.get(), space.get(), H5P_DEFAULT, list, H5P_DEFAULT),
      close_dataset, name, "cannot create " + path);
  if (rows == 0) {
    return;
  }
  check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), name,
        "cannot write " + path);
}

template <class Value>
std::vector<Value> read_contiguous(H5Id const& file, std::string const& name,
                                   std::string const& path, H5Id const& type) {
  auto const dataset = hold(H5Dopen2(file.get(), path.c_str(), H5P_DEFAULT), close_dataset, name,
                            "no dataset " + path);
  auto const space = hold(H5Dget_space(dataset.get()), close_space, name, path);
  auto const rows = check(H5Sget_simple_extent_npoints(space.get()), name, path);
  auto const bytes = H5Dget_storage_size(dataset.get());
  NTA_EXPECTS(bytes == static_cast<hsize_t>(rows) * sizeof(Value), ErrorKind::data,
              "{}: {} has {} rows in {} B", name, path, rows, bytes);
  std::vector<Value> out(static_cast<std::size_t>(rows));
  if (rows > 0) {
    check(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()), name,
          "cannot read " + path);
  }
  return out;
}

H5Id open_attribute(H5Id const& file, std::string const& name, std::string const& attribute) {
  return hold(H5Aopen(file.get(), attribute.c_str(), H5P_DEFAULT), close_attribute, name,
              "no attribute " + attribute);
}

DType find_type(H5Id const& stored, std::string const& name, std::string const& path) {
  for (int i = 0; i <= static_cast<int>(DType::ip); ++i) {
    auto const type = file_type(static_cast<DType>(i));
    if (H5Tequal(stored.get(), type.get()) > 0) {
      return static_cast<DType>(i);
    }
  }
  fail(ErrorKind::data, "{}: {} has a type that no column of ours has", name, path);
}

}  // namespace

H5Id::~H5Id() {
  if (id_ < 0) {
    return;
  }
  Library const library;
  close_(id_);
}

H5Id& H5Id::operator=(H5Id&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(close_, other.close_);
  return *this;
}

H5File H5File::create(OutputFile& output) {
  Library const library;
  auto const name = output.name().string();
  auto const access = H5Lists::file_access(output);
  check(access.get(), name, "no HDF5 file driver");
  auto const creation = H5Lists::file_creation();
  return {name,
          hold(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), close_file,
               name, "cannot start an HDF5 file"),
          &output};
}

H5File H5File::open(std::filesystem::path const& path) {
  Library const library;
  return {path.string(), hold(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), close_file,
                              path.string(), "not an HDF5 file, or a damaged one")};
}

void H5File::make_group(std::string const& path) {
  Library const library;
  hold(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), close_group,
       name_, "cannot create group " + path);
}

H5Id H5File::make_chunked(std::string const& path, DatasetInfo const& info) {
  Library const library;
  auto const type = file_type(info.type);
  hsize_t const rows = info.rows;
  hsize_t const most = H5S_UNLIMITED;
  H5Id const space(H5Screate_simple(1, &rows, &most), close_space);
  // Features are called "Flow Bytes/s" too: then their name is their path.
  return hold(H5Dcreate2(file_.get(), path.c_str(), type.get(), space.get(), lists_->links(),
                         lists_->dataset(info), H5P_DEFAULT),
              close_dataset, name_, "cannot create " + path);
}

void H5File::set_rows(H5Id const& dataset, std::uint64_t rows) {
  Library const library;
  hsize_t const extent = rows;
  check(H5Dset_extent(dataset.get(), &extent), name_, "cannot grow a column");
}

std::uint64_t H5File::write_chunk(H5Id const& dataset, std::uint64_t row,
                                  std::span<std::byte const> encoded) {
  Library const library;
  hsize_t const place = row;
  output_->watch(encoded);
  check(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, &place, encoded.size(), encoded.data()),
        name_, "cannot write a chunk");
  output_->check();
  if (auto const written = output_->place_of_watched()) {
    return *written;
  }
  unsigned mask = 0;  // the library looks through all chunks of the dataset
  haddr_t address = 0;
  hsize_t bytes = 0;
  check(H5Dget_chunk_info_by_coord(dataset.get(), &place, &mask, &address, &bytes), name_,
        "cannot find a chunk");
  NTA_EXPECTS(bytes == encoded.size() && address != HADDR_UNDEF, ErrorKind::failed,
              "{}: chunk of {} B was stored as {} B", name_, encoded.size(), bytes);
  return address;
}

void H5File::write_plain(std::string const& path, std::span<std::uint64_t const> values) {
  Library const library;
  write_contiguous(file_, name_, path, file_type(DType::u64), values.size(), values.data());
}

void H5File::write_chunk_table(std::span<ChunkEntry const> entries) {
  Library const library;
  write_contiguous(file_, name_, "chunk_table", chunk_entry_type(), entries.size(), entries.data());
}

void H5File::set_attribute(std::string const& name, std::string const& text) {
  Library const library;
  auto const type = text_type();
  H5Id const space(H5Screate(H5S_SCALAR), close_space);
  auto const attribute =
      hold(H5Acreate2(file_.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
           close_attribute, name_, "cannot create attribute " + name);
  char const* const value = text.c_str();
  check(H5Awrite(attribute.get(), type.get(), &value), name_, "cannot write attribute " + name);
}

void H5File::set_attribute(std::string const& name, std::int64_t value) {
  Library const library;
  H5Id const space(H5Screate(H5S_SCALAR), close_space);
  auto const attribute = hold(
      H5Acreate2(file_.get(), name.c_str(), H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
      close_attribute, name_, "cannot create attribute " + name);
  check(H5Awrite(attribute.get(), H5T_NATIVE_INT64, &value), name_,
        "cannot write attribute " + name);
}

DatasetInfo H5File::info(std::string const& path) const {
  Library const library;
  auto const dataset = hold(H5Dopen2(file_.get(), path.c_str(), H5P_DEFAULT), close_dataset, name_,
                            "no dataset " + path);
  auto const space = hold(H5Dget_space(dataset.get()), close_space, name_, path);
  auto const type = hold(H5Dget_type(dataset.get()), close_type, name_, path);
  auto const list = hold(H5Dget_create_plist(dataset.get()), close_list, name_, path);
  NTA_EXPECTS(H5Sget_simple_extent_ndims(space.get()) == 1, ErrorKind::data,
              "{}: {} is not one-dimensional", name_, path);
  DatasetInfo out{.type = find_type(type, name_, path)};
  out.rows =
      static_cast<std::uint64_t>(check(H5Sget_simple_extent_npoints(space.get()), name_, path));
  hsize_t chunk = 0;
  if (H5Pget_layout(list.get()) == H5D_CHUNKED) {
    check(H5Pget_chunk(list.get(), 1, &chunk), name_, path);
  }
  out.chunk_rows = chunk;
  int const filters = H5Pget_nfilters(list.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    auto const id = H5Pget_filter2(list.get(), static_cast<unsigned>(i), &flags, &n_values, nullptr,
                                   0, nullptr, nullptr);
    if (id == static_cast<int>(filter_id(Codec::lz4))) {
      out.codec = Codec::lz4;
    }
    if (id == static_cast<int>(filter_id(Codec::zstd))) {
      out.codec = Codec::zstd;
    }
  }
  return out;
}

H5File::H5File(std::string name, H5Id file, OutputFile* output)
    : name_(std::move(name)),
      file_(std::move(file)),
      output_(output),
      lists_(std::make_unique<H5Lists>()) {}

H5File::~H5File() = default;
H5File::H5File(H5File&&) noexcept = default;

bool H5File::has(std::string const& path) const {
  Library const library;
  return H5Lexists(file_.get(), path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::uint64_t> H5File::read_plain(std::string const& path) const {
  Library const library;
  return read_contiguous<std::uint64_t>(file_, name_, path, file_type(DType::u64));
}

std::vector<ChunkEntry> H5File::read_chunk_table() const {
  Library const library;
  return read_contiguous<ChunkEntry>(file_, name_, "chunk_table", chunk_entry_type());
}

std::string H5File::text_attribute(std::string const& name) const {
  Library const library;
  auto const attribute = open_attribute(file_, name_, name);
  auto const type = text_type();
  char* value = nullptr;
  check(H5Aread(attribute.get(), type.get(), &value), name_, "attribute " + name + " is no text");
  std::string out = value == nullptr ? "" : value;
  H5free_memory(value);
  return out;
}

std::int64_t H5File::integer_attribute(std::string const& name) const {
  Library const library;
  auto const attribute = open_attribute(file_, name_, name);
  std::int64_t value = 0;
  check(H5Aread(attribute.get(), H5T_NATIVE_INT64, &value), name_,
        "attribute " + name + " is no integer");
  return value;
}

}  // namespace nta
