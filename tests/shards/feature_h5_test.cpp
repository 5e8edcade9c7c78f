#include "libnta/shards/feature_h5.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "libnta/shards/summary.hpp"
#include "tests/shards/random_features.hpp"
#include "tests/shards/random_table.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <gmock/gmock.h>

namespace nta {
namespace {

using test::random_features;
using test::ScratchFolder;
using testing::HasSubstr;

void expect_equal(FeatureTable const& a, FeatureTable const& b) {
  EXPECT_EQ(a.identity.first_packet, b.identity.first_packet);
  EXPECT_EQ(a.identity.last_packet, b.identity.last_packet);
  EXPECT_EQ(a.identity.capture, b.identity.capture);
  EXPECT_EQ(a.identity.start_s, b.identity.start_s);
  EXPECT_EQ(a.identity.start_ns, b.identity.start_ns);
  EXPECT_EQ(a.identity.src_ip, b.identity.src_ip);
  EXPECT_EQ(a.identity.dst_ip, b.identity.dst_ip);
  EXPECT_EQ(a.identity.src_port, b.identity.src_port);
  EXPECT_EQ(a.identity.dst_port, b.identity.dst_port);
  EXPECT_EQ(a.identity.protocol, b.identity.protocol);
  EXPECT_EQ(a.identity.ip_version, b.identity.ip_version);
  EXPECT_EQ(a.identity.vlan_outer, b.identity.vlan_outer);
  EXPECT_EQ(a.identity.vlan_inner, b.identity.vlan_inner);
  EXPECT_EQ(a.identity.tunnel, b.identity.tunnel);
  EXPECT_EQ(a.identity.tunnel_id, b.identity.tunnel_id);
  EXPECT_EQ(a.identity.src_mac, b.identity.src_mac);
  EXPECT_EQ(a.identity.dst_mac, b.identity.dst_mac);
  EXPECT_EQ(a.identity.flow_end_reason, b.identity.flow_end_reason);
  EXPECT_EQ(a.identity.continuation_of, b.identity.continuation_of);
  ASSERT_EQ(a.features.size(), b.features.size());
  for (std::size_t i = 0; i < a.features.size(); ++i) {
    EXPECT_EQ(a.features[i].name, b.features[i].name);
    EXPECT_EQ(a.features[i].unit, b.features[i].unit);
    EXPECT_EQ(a.features[i].values, b.features[i].values);
  }
  EXPECT_EQ(a.sequence.n, b.sequence.n);
  EXPECT_EQ(a.sequence.packets, b.sequence.packets);
  EXPECT_EQ(a.sequence.size_basis, b.sequence.size_basis);
  EXPECT_EQ(a.sequence.count, b.sequence.count);
  EXPECT_EQ(a.sequence.direction, b.sequence.direction);
  EXPECT_EQ(a.sequence.size, b.sequence.size);
  EXPECT_EQ(a.sequence.gap_ns, b.sequence.gap_ns);
  EXPECT_EQ(a.sequence.flags, b.sequence.flags);
  EXPECT_EQ(a.sequence.window, b.sequence.window);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.provenance.profile_json, b.provenance.profile_json);
  EXPECT_EQ(a.provenance.profile_sha256, b.provenance.profile_sha256);
  EXPECT_EQ(a.provenance.set_name, b.provenance.set_name);
  EXPECT_EQ(a.provenance.set_sha256, b.provenance.set_sha256);
  EXPECT_EQ(a.provenance.captures, b.provenance.captures);
  EXPECT_EQ(a.provenance.capture_sha256, b.provenance.capture_sha256);
}

TEST(FeatureH5, GivesBackTheTable) {
  ScratchFolder const scratch("features");
  for (std::size_t const flows : {0, 1, 33, 70000}) {
    for (int const n : {0, 5}) {
      auto const table = random_features(flows, n, flows % 2 == 1, flows);
      auto const path = scratch / "f.h5";
      write_features_h5(table, path);
      expect_equal(table, read_features_h5(path));
    }
  }
  std::filesystem::remove(scratch / "f.h5");
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(FeatureH5, KeepsOnlyTheSequenceFieldsThatAreThere) {
  ScratchFolder const scratch("fields");
  auto table = random_features(7, 4, false, 1);
  table.sequence.flags.clear();
  table.sequence.window.clear();
  write_features_h5(table, scratch / "f.h5");
  expect_equal(table, read_features_h5(scratch / "f.h5"));
}

TEST(FeatureH5, EveryFlippedBitIsFound) {
  ScratchFolder const scratch("featureflips");
  auto const path = scratch / "f.h5";
  write_features_h5(random_features(50, 3, true, 1), path);
  auto const whole = read_file(path);
  auto const key = stream_key(1, "feature flips");
  for (std::uint64_t flip = 0; flip < 300; ++flip) {
    auto const bit = random_bits(key, flip) % (whole.size() * 8);
    auto damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(path, std::ios::binary) << damaged;
    try {
      read_features_h5(path);
      ADD_FAILURE() << "bit " << bit << " is silent";
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data) << bit;
      EXPECT_THAT(error.what(), HasSubstr("f.h5"));
    }
  }
}

TEST(FeatureH5, OtherFilesAreRefused) {
  ScratchFolder const scratch("other");
  std::ofstream(scratch / "f.h5") << "duration,label\n1,2\n and a good deal more of plain text\n";
  EXPECT_THROW(read_features_h5(scratch / "f.h5"), Error);
  EXPECT_THROW(read_features_h5(scratch / "absent.h5"), Error);
  write_shard(test::random_table(10, 3, 1), scratch / "shard.h5", {});
  try {
    read_features_h5(scratch / "shard.h5");
    ADD_FAILURE() << "a shard is no feature file";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected nta-features"));
  }
}

TEST(FeatureH5, PlacesOutsideOtherColumnsAreRefused) {
  ScratchFolder const scratch("places");
  auto const refuses = [&](FeatureTable const& table, char const* text) {
    write_features_h5(table, scratch / "f.h5");
    try {
      read_features_h5(scratch / "f.h5");
      ADD_FAILURE() << "not refused: " << text;
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  };
  auto table = random_features(5, 3, false, 1);
  table.identity.capture[4] = 2;
  refuses(table, "of capture 2, the file names 2");
  table = random_features(5, 3, false, 1);
  table.sequence.count[0] = 4;
  refuses(table, "a sequence of 4 packets among 3");
  table = random_features(5, 3, false, 1);
  table.provenance.capture_sha256.pop_back();
  refuses(table, "2 captures, 1 hashes");
}

/// Rows [first, last) of a table.
FeatureTable cut(FeatureTable const& table, std::size_t first, std::size_t last) {
  auto out = table;
  auto const keep = [&](auto& column, std::size_t per_flow) {
    std::remove_cvref_t<decltype(column)> const rows(
        column.begin() + static_cast<std::ptrdiff_t>(first * per_flow),
        column.begin() + static_cast<std::ptrdiff_t>(last * per_flow));
    column = rows;
  };
  visit_columns(out, [&](std::string const&, auto& column, std::size_t per_flow) {
    if (!column.empty()) {
      keep(column, per_flow);
    }
  });
  if (!out.labels.empty()) {
    keep(out.labels, 1);
  }
  return out;
}

TEST(H5FeatureSink, BytesDoNotDependOnBlocksOrThreads) {
  ScratchFolder const scratch("sink");
  struct Case {
    std::size_t flows;
    int sequence_n;
    std::vector<std::size_t> cuts;
  };
  for (auto const& [flows, n, cuts] :
       {Case{0, 0, {}}, Case{0, 3, {0}}, Case{1, 2, {0, 0, 1}}, Case{1000, 100, {1, 31, 999}},
        Case{65535, 0, {1000}}, Case{65536, 0, {65535}}, Case{65537, 1, {1, 65536}},
        Case{200000, 2, {0, 3, 65536, 65537, 150000, 150000}}}) {
    auto const table = random_features(flows, n, true, flows + 1);
    write_features_h5(table, scratch / "whole.h5");
    auto const whole = read_file(scratch / "whole.h5");
    for (int const threads : {1, 3}) {
      H5FeatureSink sink(scratch / "blocks.h5", Codec::lz4, threads);
      std::size_t first = 0;
      for (auto const last : cuts) {
        sink.add(cut(table, first, last));
        first = last;
      }
      sink.add(cut(table, first, flows));
      EXPECT_FALSE(std::filesystem::exists(scratch / "blocks.h5"));
      sink.finish();
      EXPECT_TRUE(read_file(scratch / "blocks.h5") == whole) << flows << " " << threads;
      expect_equal(table, read_features_h5(scratch / "blocks.h5", threads));
      std::filesystem::remove(scratch / "blocks.h5");
    }
  }
}

TEST(H5FeatureSink, BlocksOfAnotherShapeAreRefused) {
  ScratchFolder const scratch("shapes");
  auto const first = random_features(5, 2, true, 1);
  auto const refuses = [&](FeatureTable const& block) {
    H5FeatureSink sink(scratch / "f.h5");
    sink.add(first);
    try {
      sink.add(block);
      ADD_FAILURE() << "taken";
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::failed);
    }
  };
  refuses(random_features(5, 2, false, 1));
  refuses(random_features(5, 3, true, 1));
  auto block = first;
  block.features[1].name = "iat_std_ns";
  refuses(block);
  block = first;
  block.provenance.set_sha256 = "other";
  refuses(block);
  block = first;
  block.sequence.flags.clear();
  refuses(block);
  block = first;
  block.labels.pop_back();
  refuses(block);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(H5FeatureSink, WithoutFinishNothingIsLeft) {
  ScratchFolder const scratch("nofinish");
  {
    H5FeatureSink sink(scratch / "f.h5");
    sink.add(random_features(70000, 0, false, 1));
    EXPECT_FALSE(std::filesystem::exists(scratch / "f.h5"));
    EXPECT_FALSE(std::filesystem::is_empty(scratch.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
  H5FeatureSink sink(scratch / "f.h5");
  EXPECT_THROW(sink.finish(), Error);  // no block: nobody knows the columns
}

TEST(FeatureFileReader, GivesAnyRange) {
  ScratchFolder const scratch("ranges");
  auto const table = random_features(140000, 1, true, 7);
  write_features_h5(table, scratch / "f.h5", Codec::zstd);
  for (int const threads : {1, 2}) {
    FeatureFileReader const reader(scratch / "f.h5", threads);
    ASSERT_EQ(reader.rows(), 140000U);
    EXPECT_EQ(reader.shape().size(), 0U);
    EXPECT_EQ(reader.shape().features[1].name, "iat_mean_ns");
    for (auto const& [first, last] : {std::pair{0, 0}, std::pair{0, 65536}, std::pair{65535, 65537},
                                      std::pair{1, 140000}, std::pair{131072, 140000}}) {
      auto const n = static_cast<std::size_t>(last - first);
      expect_equal(cut(table, static_cast<std::size_t>(first), static_cast<std::size_t>(last)),
                   reader.read(static_cast<std::size_t>(first), n));
    }
    EXPECT_THROW(reader.read(140000, 1), Error);
    EXPECT_THROW(reader.read(SIZE_MAX, 2), Error);
  }
}

TEST(FeatureH5, UnequalColumnsAreNotWritten) {
  ScratchFolder const scratch("unequal");
  auto table = random_features(5, 0, false, 1);
  table.identity.start_s.pop_back();
  EXPECT_THROW(write_features_h5(table, scratch / "f.h5"), Error);
  EXPECT_FALSE(std::filesystem::exists(scratch / "f.h5"));
}

TEST(Summary, TellsSizesAndHashes) {
  ScratchFolder const scratch("summary");
  write_features_h5(random_features(1000, 0, false, 1), scratch / "f.h5");
  auto const features = summarize(scratch / "f.h5");
  EXPECT_EQ(features.at("content"), "features");
  EXPECT_EQ(features.at("rows"), 1000);
  EXPECT_EQ(features.at("columns").at(0).at("name"), "features/duration_ns");
  EXPECT_EQ(features.at("columns").at(0).at("raw_bytes"), 8000);
  EXPECT_GT(features.at("ratio").get<double>(), 0.9);

  ShardWriter writer(scratch / "s", {.rows_per_shard = 500});
  writer.add(test::random_table(1000, 10, 1));
  IngestResult result;
  result.accounting.read = result.accounting.used = 1000;
  writer.finish(result);
  auto const shards = summarize(scratch / "s");
  EXPECT_EQ(shards.at("content"), "shards");
  EXPECT_EQ(shards.at("rows"), 1200);  // every fifth record has two layers
  EXPECT_EQ(shards.at("shards").size(), 3U);
  EXPECT_EQ(shards.at("columns").at(2).at("name"), "rows/dt");
  EXPECT_EQ(shards.at("columns").at(2).at("raw_bytes"), 1200 * 8);
  EXPECT_EQ(shards.at("accounting").at("read"), 1000);
}

}  // namespace
}  // namespace nta
