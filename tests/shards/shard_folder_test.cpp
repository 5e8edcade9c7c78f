// PacketTable -> folder -> PacketTable: nothing lost, order as promised, cuts invisible.
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/shards/random_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace nta {
namespace {

using test::random_table;
using test::ScratchFolder;
using test::slice;

IngestResult result_of(std::uint64_t records) {
  IngestResult result;
  result.accounting.read = records;
  result.accounting.used = records;
  result.inputs.push_back(
      {.path = "a.pcap", .bytes = 1, .first_index = 0, .packets = records, .faults = {}});
  result.links.push_back({.file = 0,
                          .interface = 0,
                          .link_type = 1,
                          .snaplen = 128,
                          .resolution = "1e-6",
                          .name = "eth0"});
  return result;
}

Manifest write(std::filesystem::path const& folder, std::vector<PacketTable> const& tables,
               ShardOptions const& options) {
  ShardWriter writer(folder, options);
  std::uint64_t rows = 0;
  for (auto const& table : tables) {
    writer.add(table);
    rows += table.size();
  }
  return writer.finish(result_of(rows));
}

/// A row with its key spelled out, and its place in the capture.
struct Row {
  std::uint64_t record = 0;
  PacketKey key;
  std::vector<std::int64_t> values;
  bool operator==(Row const&) const = default;
};

std::vector<Row> rows_of(PacketTable const& t) {
  std::vector<Row> out(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    out[i].record = t.first_index + t.index[i];
    out[i].key = t.keys.at(t.key[i]);
  }
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    if (info.name == "key" || info.name == "index") {
      return;
    }
    for (std::size_t i = 0; i < t.size(); ++i) {
      out[i].values.push_back(static_cast<std::int64_t>((t.*member)[i]));
    }
  });
  return out;
}

/// What reading must give: the rows of `t`, stably sorted by partition.
std::vector<Row> expected_rows(PacketTable const& t, std::uint32_t n_partitions) {
  auto rows = rows_of(t);
  std::stable_sort(rows.begin(), rows.end(), [&](Row const& a, Row const& b) {
    return partition_of(a.key, n_partitions) < partition_of(b.key, n_partitions);
  });
  return rows;
}

TEST(ShardFolder, GivesBackRowsInPartitionOrder) {
  for (std::size_t const records : {0, 1, 2, 31, 256, 70000}) {
    for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
      ScratchFolder const scratch("shards");
      auto const table = random_table(records, 1 + records / 10, records, 1000);
      write(scratch / "s", {table}, {.codec = codec, .n_partitions = 8});
      auto const folder = ShardFolder::open(scratch / "s");
      ASSERT_EQ(folder.size(), records == 0 ? 0U : 1U);
      folder.verify();
      if (records == 0) {
        continue;
      }
      auto const back = folder.read(0);
      EXPECT_EQ(back.time_base_s, table.time_base_s);
      EXPECT_EQ(back.first_index, 1000U);
      EXPECT_TRUE(rows_of(back) == expected_rows(table, 8)) << records << codec_name(codec);
    }
  }
}

TEST(ShardFolder, PartitionsAreReadAlone) {
  ScratchFolder const scratch("partitions");
  auto const table = random_table(70000, 500, 7);
  write(scratch / "s", {table}, {.n_partitions = 16});
  auto const folder = ShardFolder::open(scratch / "s");
  auto const whole = rows_of(folder.read(0));
  std::vector<Row> joined;
  for (auto const& [first, last] : {std::pair{0U, 3U}, {3U, 3U}, {3U, 4U}, {4U, 16U}}) {
    auto const part = rows_of(folder.read(0, first, last));
    for (auto const& row : part) {
      auto const p = partition_of(row.key, 16);
      EXPECT_TRUE(p >= first && p < last);
    }
    joined.insert(joined.end(), part.begin(), part.end());
  }
  EXPECT_TRUE(joined == whole);
}

TEST(ShardFolder, ThreadsAndMovedTablesDoNotShow) {
  ScratchFolder const scratch("threads");
  auto const table = random_table(150000, 5000, 12);
  for (auto const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    auto const name = std::string(codec_name(codec));
    write(scratch / name, {table}, {.codec = codec});
    for (int const threads : {2, 5}) {
      auto const folder = scratch / (name + std::to_string(threads));
      ShardWriter writer(folder, {.codec = codec, .threads = threads});
      auto moved = table;
      writer.add(std::move(moved));
      writer.finish(result_of(table.size()));
      EXPECT_TRUE(read_file(folder / "shard-000000.h5") ==
                  read_file(scratch / name / "shard-000000.h5"))
          << name << " " << threads;
      auto const shards = ShardFolder::open(folder);
      auto again = shards.read(0);
      EXPECT_TRUE(rows_of(again) == rows_of(shards.read(0, threads)));
      shards.read_into(again, 0, 3, 9, threads);
      EXPECT_TRUE(rows_of(again) == rows_of(shards.read(0, 3, 9)));
    }
  }
}

TEST(ShardFolder, ManyPartitionsKeepTheirOrder) {
  ScratchFolder const scratch("partitions");
  auto const table = random_table(20000, 3000, 13);
  for (std::uint32_t const n : {1U, 256U, 65536U}) {
    auto const folder = scratch / std::to_string(n);
    write(folder, {table}, {.n_partitions = n});
    ShardFolder::open(folder).verify();
    auto sorted = rows_of(table);
    std::stable_sort(sorted.begin(), sorted.end(), [&](Row const& a, Row const& b) {
      return partition_of(a.key, n) < partition_of(b.key, n);
    });
    EXPECT_TRUE(rows_of(ShardFolder::open(folder).read(0)) == sorted) << n;
  }
}

TEST(ShardFolder, CutsOfTheInputDoNotShow) {
  ScratchFolder const scratch("cuts");
  auto const table = random_table(3000, 200, 11);
  ShardOptions const options{.rows_per_shard = 1000};
  write(scratch / "whole", {table}, options);
  for (std::size_t const step : {1, 7, 999}) {
    std::vector<PacketTable> parts;
    for (std::size_t first = 0; first < table.size();) {
      auto last = std::min(table.size(), first + step);
      while (last < table.size() && table.index[last] == table.index[last - 1]) {
        ++last;
      }
      parts.push_back(slice(table, first, last));
      first = last;
    }
    auto const name = "cut" + std::to_string(step);
    write(scratch / name, parts, options);
    for (auto const& entry : std::filesystem::directory_iterator(scratch / "whole")) {
      if (entry.path().filename() == "manifest.json") {
        continue;
      }
      EXPECT_EQ(read_file(entry.path()), read_file(scratch / name / entry.path().filename()))
          << step << entry.path();
    }
  }
}

TEST(ShardFolder, ShardsHoldWholeRecordsInOrder) {
  ScratchFolder const scratch("records");
  auto const table = random_table(3000, 200, 12);
  auto const manifest = write(scratch / "s", {table}, {.rows_per_shard = 100});
  auto const folder = ShardFolder::open(scratch / "s");
  std::map<std::uint64_t, std::size_t> shard_of_record;
  std::uint64_t rows = 0;
  for (std::size_t shard = 0; shard < folder.size(); ++shard) {
    auto const part = folder.read(shard);
    rows += part.size();
    EXPECT_LE(part.size(), 101U);
    for (auto const& row : rows_of(part)) {
      auto const [place, added] = shard_of_record.try_emplace(row.record, shard);
      EXPECT_EQ(place->second, shard) << "record " << row.record << " is in two shards";
    }
  }
  EXPECT_EQ(rows, table.size());
  EXPECT_TRUE(std::is_sorted(shard_of_record.begin(), shard_of_record.end(),
                             [](auto const& a, auto const& b) { return a.second < b.second; }));
  std::uint64_t regressions = 0;
  for (auto const& info : manifest.shards) {
    regressions += info.regressions;
  }
  std::uint64_t expected = 0;
  std::int64_t before = INT64_MIN;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if ((table.bits[i] & kRowPrimary) == 0) {
      continue;
    }
    expected += table.time_ns[i] < before ? 1 : 0;
    before = table.time_ns[i];
  }
  EXPECT_EQ(regressions, expected);
}

TEST(ShardFolder, AnotherTimeBaseStartsAShard) {
  ScratchFolder const scratch("base");
  auto const first = random_table(10, 3, 1);
  auto second = random_table(10, 3, 2, 10);
  second.time_base_s = 5;
  write(scratch / "s", {first, second}, {});
  auto const folder = ShardFolder::open(scratch / "s");
  ASSERT_EQ(folder.size(), 2U);
  EXPECT_EQ(folder.read(1).time_base_s, 5);
  EXPECT_EQ(folder.read(1).first_index, 10U);
}

TEST(ShardFolder, EqualInputGivesEqualBytes) {
  ScratchFolder const scratch("bytes");
  auto const table = random_table(500, 20, 3);
  write(scratch / "a", {table}, {});
  write(scratch / "b", {table}, {});
  for (auto const* name : {"shard-000000.h5", "manifest.json"}) {
    EXPECT_EQ(read_file(scratch / "a" / name), read_file(scratch / "b" / name)) << name;
  }
}

TEST(ShardFolder, ManifestKeepsTheIngestResult) {
  ScratchFolder const scratch("manifest");
  auto result = result_of(5);
  result.accounting.used = 3;
  result.accounting.skipped = {{"arp", 2}};
  result.accounting.ethertypes = {{"0x88cc", 1}};
  result.regressions = 4;
  result.inputs[0].path = "odd \"self\": \"name\".pcap";
  result.inputs[0].faults.push_back(
      {.name = "torn_record", .path = "a", .offset = 77, .packets_before = 5, .text = "cut"});
  ShardWriter writer(scratch / "s", {.file_order = "time", .join = false});
  writer.finish(result);
  auto const back = ShardFolder::open(scratch / "s").manifest();
  EXPECT_EQ(back.ingest.accounting.skipped, result.accounting.skipped);
  EXPECT_EQ(back.ingest.accounting.ethertypes, result.accounting.ethertypes);
  EXPECT_EQ(back.ingest.regressions, 4U);
  EXPECT_EQ(back.ingest.inputs.at(0).path, result.inputs[0].path);
  EXPECT_EQ(back.ingest.inputs.at(0).faults.at(0).offset, 77U);
  EXPECT_EQ(back.ingest.links.at(0).name, "eth0");
  EXPECT_EQ(back.file_order, "time");
  EXPECT_FALSE(back.join);
}

TEST(ShardFolder, AccountingThatDoesNotAddUpIsRefused) {
  ScratchFolder const scratch("sum");
  auto result = result_of(5);
  result.accounting.used = 4;
  ShardWriter writer(scratch / "s", {});
  EXPECT_THROW(writer.finish(result), Error);
}

}  // namespace
}  // namespace nta
