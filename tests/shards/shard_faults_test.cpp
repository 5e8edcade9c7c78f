// Damage, full disks and interrupted ingests: one clear Error each, never wrong rows.
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/shards/random_features.hpp"
#include "tests/shards/random_table.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/resource.h>

namespace nta {
namespace {

namespace fs = std::filesystem;
using test::random_table;
using test::ScratchFolder;
using testing::HasSubstr;

IngestResult result_of(std::uint64_t records) {
  IngestResult result;
  result.accounting.read = result.accounting.used = records;
  return result;
}

void write_folder(fs::path const& folder, std::size_t records, Codec codec) {
  ShardWriter writer(folder, {.codec = codec, .rows_per_shard = 70000});
  writer.add(random_table(records, 300, 42));
  writer.finish(result_of(records));
}

void overwrite(fs::path const& path, std::string const& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Kind and text of the Error that f throws; fails the test if it throws none.
template <class F>
std::pair<ErrorKind, std::string> error_of(F&& f) {
  try {
    f();
  } catch (Error const& error) {
    return {error.kind(), error.what()};
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::failed, ""};
}

TEST(ShardFaults, EveryFlippedBitIsFound) {
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    ScratchFolder const scratch("flips");
    write_folder(scratch / "s", 800, codec);
    std::vector<fs::path> files{scratch / "s" / "shard-000000.h5", scratch / "s" / "manifest.json"};
    auto const key = stream_key(300, codec_name(codec));
    for (std::uint64_t flip = 0; flip < 300; ++flip) {
      auto const& file = files[flip % 4 == 3 ? 1 : 0];
      auto const whole = read_file(file);
      auto const bit = random_bits(key, flip) % (whole.size() * 8);
      auto damaged = whole;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      overwrite(file, damaged);
      auto const [kind, text] = error_of([&] { ShardFolder::open(scratch / "s").verify(); });
      EXPECT_EQ(kind, ErrorKind::data) << file << " bit " << bit << ": " << text;
      EXPECT_THAT(text, HasSubstr(file.filename().string())) << bit;
      overwrite(file, whole);
    }
    ShardFolder::open(scratch / "s").verify();
  }
}

TEST(ShardFaults, DamagedChunkIsNamed) {
  ScratchFolder const scratch("named");
  write_folder(scratch / "s", 60000, Codec::none);  // 72,000 rows: two chunks
  auto const file = scratch / "s" / "shard-000000.h5";
  auto bytes = read_file(file);
  // The largest column is the one of 8 B; take a byte in the middle of what the file holds of it.
  auto const table = ShardFolder::open(scratch / "s").read(0);
  std::string const pattern(reinterpret_cast<char const*>(&table.seq[66000]), 64);
  auto const at = bytes.find(pattern);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  overwrite(file, bytes);
  auto const [kind, text] = error_of([&] { ShardFolder::open(scratch / "s").read(0); });
  EXPECT_EQ(kind, ErrorKind::data);
  EXPECT_THAT(text, HasSubstr("shard-000000.h5: column rows/seq, chunk 1: damaged"));
}

TEST(ShardFaults, CutOrMissingFilesAreRefused) {
  ScratchFolder const scratch("cut");
  write_folder(scratch / "s", 200, Codec::lz4);
  auto const file = scratch / "s" / "shard-000000.h5";
  auto const whole = read_file(file);
  for (std::size_t const keep : {std::size_t{0}, std::size_t{10}, whole.size() - 1}) {
    overwrite(file, whole.substr(0, keep));
    EXPECT_EQ(error_of([&] { ShardFolder::open(scratch / "s").verify(); }).first, ErrorKind::data);
  }
  fs::remove(file);
  EXPECT_THAT(error_of([&] { ShardFolder::open(scratch / "s"); }).second,
              HasSubstr("shard-000000.h5"));
  fs::remove(scratch / "s" / "manifest.json");
  EXPECT_THAT(error_of([&] { ShardFolder::open(scratch / "s"); }).second,
              HasSubstr("no manifest.json"));
}

TEST(ShardFaults, ExchangedShardsAreRefused) {
  ScratchFolder const scratch("exchanged");
  for (auto const* name : {"a", "b"}) {
    ShardWriter writer(scratch / name, {.codec = Codec::none});
    writer.add(random_table(200, 30, name[0]));
    writer.finish(result_of(200));
  }
  fs::copy_file(scratch / "b" / "shard-000000.h5", scratch / "a" / "shard-000000.h5",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(error_of([&] { ShardFolder::open(scratch / "a").verify(); }).second,
              testing::AnyOf(HasSubstr("not the shard that the manifest names"),
                             HasSubstr("the manifest says")));
}

TEST(ShardFaults, FolderThatIsNotEmptyIsRefused) {
  ScratchFolder const scratch("taken");
  overwrite(scratch / "precious", "x");
  auto const [kind, text] = error_of([&] { ShardWriter writer(scratch.path(), {}); });
  EXPECT_EQ(kind, ErrorKind::usage);
  EXPECT_TRUE(fs::exists(scratch / "precious"));
}

TEST(ShardFaults, BadOptionsAreRefused) {
  ScratchFolder const scratch("options");
  EXPECT_EQ(error_of([&] { ShardWriter w(scratch / "s", {.n_partitions = 3}); }).first,
            ErrorKind::usage);
  EXPECT_EQ(error_of([&] { ShardWriter w(scratch / "s", {.rows_per_shard = 0}); }).first,
            ErrorKind::usage);
  EXPECT_FALSE(fs::exists(scratch / "s"));
}

TEST(ShardFaults, WriterWithoutFinishLeavesNothing) {
  ScratchFolder const scratch("unfinished");
  {
    ShardWriter writer(scratch / "s", {.rows_per_shard = 10});
    writer.add(random_table(100, 5, 1));
    EXPECT_TRUE(fs::exists(scratch / "s" / "shard-000000.h5"));
  }
  EXPECT_FALSE(fs::exists(scratch / "s"));
}

/// The process may write files of at most `bytes` while this lives; writes beyond fail with EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(FileSizeLimit const&) = delete;
  FileSizeLimit& operator=(FileSizeLimit const&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(ShardFaults, FullDiskIsAStorageErrorAndLeavesNothing) {
  ScratchFolder const scratch("full");
  auto const table = random_table(5000, 100, 9);
  {
    FileSizeLimit const limit(64 << 10);
    auto const [kind, text] = error_of([&] {
      ShardWriter writer(scratch / "s", {});
      writer.add(table);
      writer.finish(result_of(5000));
    });
    EXPECT_EQ(kind, ErrorKind::storage) << text;
    EXPECT_THAT(text, HasSubstr("shard-000000.h5"));
  }
  EXPECT_FALSE(fs::exists(scratch / "s"));
}

TEST(ShardFaults, FullDiskUnderAFeatureFileIsAStorageErrorAndLeavesNothing) {
  ScratchFolder const scratch("fullfeatures");
  auto const table = test::random_features(70000, 0, false, 3);
  {
    FileSizeLimit const limit(1 << 20);
    auto const [kind, text] = error_of([&] { write_features_h5(table, scratch / "f.h5"); });
    EXPECT_EQ(kind, ErrorKind::storage) << text;
    EXPECT_THAT(text, HasSubstr("f.h5"));
  }
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

}  // namespace
}  // namespace nta
