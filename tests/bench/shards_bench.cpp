// Shards at speed: CPU time of writing and reading a capture's tables, per packet and in GB/s of
// raw column bytes, beside H5Dread of the same columns with shuffle + gzip. Prints JSON lines.
//   nta_bench_shards CAPTURE [turns]
#include "libnta/capture/ingest.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/shard_writer.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

double seconds(std::function<void()> const& work) {
  auto const now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  double const start = now();
  work();
  return now() - start;
}

hid_t native_type(nta::DType type) {
  switch (type) {
    case nta::DType::u8:
      return H5T_NATIVE_UINT8;
    case nta::DType::u16:
      return H5T_NATIVE_UINT16;
    case nta::DType::u32:
      return H5T_NATIVE_UINT32;
    default:
      return H5T_NATIVE_INT64;
  }
}

/// v(name, type, vector&) for each packet column.
template <class Table, class Visitor>
void each_column(Table& table, Visitor&& v) {
  nta::visit_row_columns([&](nta::ColumnInfo const& info, auto member) {
    using T = typename std::remove_cvref_t<decltype(table.*member)>::value_type;
    v(std::string(info.name), native_type(nta::dtype_of<T>()), table.*member);
  });
}

/// The rival's file: the same columns and chunks, shuffle and gzip 1, through H5Dwrite.
void write_gzip(fs::path const& path, nta::PacketTable const& table) {
  hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  each_column(table, [&](std::string const& name, hid_t type, auto const& column) {
    hsize_t const rows = column.size();
    hsize_t const chunk = std::min<hsize_t>(rows, nta::kChunkRows);
    hid_t const space = H5Screate_simple(1, &rows, nullptr);
    hid_t const list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, &chunk);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 1);
    hid_t const set = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, column.data());
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
  });
  H5Fclose(file);
}

void read_gzip(fs::path const& path, std::size_t rows) {
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  static nta::PacketTable table;  // its memory is used again, as ours
  each_column(table, [&](std::string const& name, hid_t type, auto& column) {
    column.resize(rows);
    hid_t const set = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
    H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, column.data());
    H5Dclose(set);
  });
  H5Fclose(file);
}

constexpr double kRowBytes = 48;

/// What is timed, turn by turn in this order.
struct Case {
  std::string name;
  std::function<void()> work;
  std::vector<double> cpu_s = {};
};

void print(Case& c, double rows) {
  auto& values = c.cpu_s;
  std::sort(values.begin(), values.end());
  auto const median = values[values.size() / 2];
  std::printf(
      "{\"what\": \"%s\", \"ns_per_row\": %.2f, \"min\": %.2f, \"max\": %.2f, "
      "\"raw_GB_per_s\": %.3f}\n",
      c.name.c_str(), median / rows * 1e9, values.front() / rows * 1e9, values.back() / rows * 1e9,
      rows * kRowBytes / median * 1e-9);
}

void write_shards(fs::path const& folder, std::vector<nta::PacketTable> const& tables,
                  nta::Codec codec) {
  nta::ShardWriter writer(folder, {.codec = codec});
  for (auto const& table : tables) {
    writer.add(table);
  }
  writer.finish({});
}

void read_shards(fs::path const& folder) {
  auto const opened = nta::ShardFolder::open(folder);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    opened.read(i);
  }
}

/// What `nta ingest` does.
void ingest_to_shards(nta::IngestOptions const& options, fs::path const& folder) {
  fs::remove_all(folder);
  nta::ShardWriter writer(folder, {});
  writer.finish(nta::ingest(options, [&](nta::PacketTable&& t) { writer.add(std::move(t)); }));
}

std::vector<Case> cases_of(nta::IngestOptions const& options, fs::path const& folder,
                           std::vector<nta::PacketTable> const& tables) {
  std::vector<Case> cases;
  cases.push_back({"decode", [&] { nta::ingest(options, [](nta::PacketTable&&) {}); }});
  cases.push_back({"capture to shards", [&, folder] { ingest_to_shards(options, folder / "i"); }});
  for (auto const codec : {nta::Codec::none, nta::Codec::lz4, nta::Codec::zstd}) {
    auto const name = std::string(nta::codec_name(codec));
    write_shards(folder / ("read-" + name), tables, codec);
    cases.push_back({"write " + name, [&tables, folder, name, codec] {
                       fs::remove_all(folder / name);
                       write_shards(folder / name, tables, codec);
                     }});
    cases.push_back({"read again " + name, [folder, name] {
                       static nta::PacketTable table;  // its memory is used again
                       auto const opened = nta::ShardFolder::open(folder / ("read-" + name));
                       for (std::size_t i = 0; i < opened.size(); ++i) {
                         opened.read_into(table, i, 0, opened.manifest().partitions);
                       }
                     }});
    cases.push_back({"read " + name, [folder, name] { read_shards(folder / ("read-" + name)); }});
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    write_gzip(folder / ("gzip" + std::to_string(i)), tables[i]);
  }
  cases.push_back({"read gzip with H5Dread", [&tables, folder] {
                     for (std::size_t i = 0; i < tables.size(); ++i) {
                       read_gzip(folder / ("gzip" + std::to_string(i)), tables[i].size());
                     }
                   }});
  return cases;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: nta_bench_shards CAPTURE [turns] [part of a name]\n");
    return 2;
  }
  int const turns = argc > 2 ? std::atoi(argv[2]) : 9;
  std::string const wanted = argc > 3 ? argv[3] : "";
  auto const folder =
      fs::temp_directory_path() / ("nta-shards-bench-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  nta::IngestOptions options;
  options.paths = {argv[1]};
  std::vector<nta::PacketTable> tables;
  nta::ingest(options, [&](nta::PacketTable&& t) { tables.push_back(std::move(t)); });
  std::size_t rows = 0;
  for (auto const& table : tables) {
    rows += table.size();
  }
  auto cases = cases_of(options, folder, tables);
  std::erase_if(cases, [&](Case const& c) { return c.name.find(wanted) == std::string::npos; });
  for (int turn = 0; turn < turns; ++turn) {
    for (auto& c : cases) {
      c.cpu_s.push_back(seconds(c.work));
    }
  }
  for (auto& c : cases) {
    print(c, static_cast<double>(rows));
  }
  fs::remove_all(folder);
  return 0;
}
