// Leaves files for tests/e2e/test_shards_h5py.py, which reads them with h5py and hdf5plugin,
// together with the plain values that they must hold. Does nothing without NTA_WRITE_FOR_PYTHON.
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/shards/random_features.hpp"
#include "tests/shards/random_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace nta {
namespace {

template <class T>
void dump(std::filesystem::path const& path, std::vector<T> const& values) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<char const*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void dump_table(std::filesystem::path const& folder, PacketTable const& table) {
  std::filesystem::create_directories(folder);
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    dump(folder / ("rows." + std::string(info.name)), table.*member);
  });
  visit_key_columns([&](ColumnInfo const& info, auto member) {
    std::vector<std::remove_cvref_t<decltype(table.keys[0].*member)>> column;
    for (auto const& key : table.keys) {
      column.push_back(key.*member);
    }
    dump(folder / ("keys." + std::string(info.name)), column);
  });
}

TEST(PythonFiles, AreWrittenWhenAskedFor) {
  char const* const target = std::getenv("NTA_WRITE_FOR_PYTHON");
  if (target == nullptr) {
    return;
  }
  std::filesystem::path const folder = target;
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    auto const name = std::string(codec_name(codec));
    ShardWriter writer(folder / name, {.codec = codec, .n_partitions = 4});
    writer.add(test::random_table(70000, 1000, 5));
    IngestResult result;
    result.accounting.read = result.accounting.used = 70000;
    writer.finish(result);
    dump_table(folder / (name + ".raw"), ShardFolder::open(folder / name).read(0));
    auto const features = test::random_features(70000, 2, true, 5);
    write_features_h5(features, folder / (name + ".h5"), codec);
    std::filesystem::create_directories(folder / (name + ".features"));
    visit_columns(features, [&](std::string file_name, auto const& column, std::size_t) {
      std::replace(file_name.begin(), file_name.end(), '/', '.');
      dump(folder / (name + ".features") / file_name, column);
    });
    std::ofstream labels(folder / (name + ".labels"));
    for (auto const& label : features.labels) {
      labels << label << '\n';
    }
  }
}

}  // namespace
}  // namespace nta
