// Published names, selection by globs, hashes.
#include "libnta/flows/feature_set.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta {
namespace {

std::vector<std::string> names_of(FeatureSet const& set) {
  std::vector<std::string> names;
  for (auto const& doc : feature_docs(set)) {
    names.push_back(doc.name);
  }
  return names;
}

TEST(FeatureSet, NtaPublishesTheWholeListInItsOrder) {
  FeatureSet const set = select_features({});
  EXPECT_EQ(set.size(), 114U);
  EXPECT_EQ(names_of(set), feature_names());
  EXPECT_EQ(names_of(set)[0], "duration_ns");
  EXPECT_EQ(names_of(set)[2], "fwd_packets");
  EXPECT_EQ(names_of(set)[113], "fragment_packets");
}

TEST(FeatureSet, TheHashIsThatOfTheOrderedList) {
  FeatureSet const one = select_features({.include = {"duration_ns", "bwd_byte_share"}});
  EXPECT_EQ(one.sha256,
            sha256_hex(R"([["duration_ns","ns","i64",1],["bwd_byte_share","1","f64",1]])"));
  EXPECT_NE(one.sha256, select_features({}).sha256);
}

TEST(FeatureSet, IncludeThenExclude) {
  FeatureSet const set =
      select_features({.include = {"*iat_*", "packets"}, .exclude = {"fwd_*", "*_std_ns"}});
  EXPECT_THAT(names_of(set),
              testing::ElementsAre("packets", "iat_min_ns", "bwd_iat_min_ns", "iat_mean_ns",
                                   "bwd_iat_mean_ns", "iat_max_ns", "bwd_iat_max_ns"));
}

TEST(FeatureSet, WhatMatchesNothingIsRefused) {
  EXPECT_THROW(select_features({.set = "no-such-set"}), Error);
  EXPECT_THROW(select_features({.include = {"pakets"}}), Error);
  EXPECT_THROW(select_features({.exclude = {"pakets"}}), Error);
  EXPECT_THROW(select_features({.exclude = {"*"}}), Error);
}

TEST(FeatureSet, TheListHasALinePerFeatureWithItsDefinition) {
  std::string const text = feature_list_text(select_features({.include = {"bwd_ttl_min"}}));
  EXPECT_EQ(text, "bwd_ttl_min  1     i64  backward: lowest TTL or hop limit; -1 if no packet\n");
}

}  // namespace
}  // namespace nta
