// Every file of tests/golden/configs/bad is refused with exactly the text beside it, every file of
// good/ is taken. The texts follow from the rules of the format, not from a run of the program.
#include "config_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nta::test {
namespace {

std::vector<std::string> configs_in(std::string const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator(golden_folder() / folder)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void load_any(std::string const& folder, std::string const& name) {
  LoadOptions options = below(golden_folder() / folder);
  options.check_files = name.starts_with("files-");
  if (name.starts_with("sweep")) {
    load_sweep(name + ".json", options);
  } else {
    load_experiment(name + ".json", options);
  }
}

class BadConfig : public testing::TestWithParam<std::string> {};

TEST_P(BadConfig, IsRefusedWithThisText) {
  std::string expected = read_file(golden_folder() / "bad" / (GetParam() + ".txt"));
  ASSERT_TRUE(expected.ends_with('\n'));
  expected.pop_back();
  try {
    load_any("bad", GetParam());
    FAIL() << "accepted";
  } catch (ConfigErrors const& errors) {
    EXPECT_EQ(errors.what(), expected);
    EXPECT_EQ(errors.kind(), ErrorKind::usage);
  }
}

class GoodConfig : public testing::TestWithParam<std::string> {};

TEST_P(GoodConfig, IsTaken) {
  EXPECT_NO_THROW(load_any("good", GetParam()));
}

auto const kNameOf = [](auto const& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
};
INSTANTIATE_TEST_SUITE_P(Golden, BadConfig, testing::ValuesIn(configs_in("bad")), kNameOf);
INSTANTIATE_TEST_SUITE_P(Golden, GoodConfig, testing::ValuesIn(configs_in("good")), kNameOf);

TEST(Golden, HoldsAtLeastFortyBadConfigs) {
  EXPECT_GE(configs_in("bad").size(), 40U);
}

TEST(Golden, WhatIsRenderedIsTakenAgainAndRendersTheSame) {
  for (std::string const& name : configs_in("good")) {
    if (name.starts_with("sweep")) continue;
    LoadedConfig const first = load_experiment(name + ".json", below(golden_folder() / "good"));
    LoadOptions const options = in_memory({{"run/" + name + ".json", first.resolved_json}});
    LoadedConfig const again = load_experiment("run/" + name + ".json", options);
    EXPECT_EQ(again.resolved_json, first.resolved_json) << name;
    EXPECT_EQ(again.hash, first.hash) << name;
  }
}

}  // namespace
}  // namespace nta::test
