// Features of listed packets, by name.
#pragma once

#include "libnta/flows/features/feature_list.hpp"
#include "tests/flows/traffic.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace nta::test {

using Values = std::map<std::string, double>;

inline Values finish(FlowState const& state, Rules const& rules) {
  FeatureCell cells[kFeatureCount];
  FinishFlow{}(state, rules, cells);
  Values values;
  auto const all = describe_features();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].integer) {
      std::int64_t value = 0;
      memcpy(&value, &cells[i], sizeof value);
      values[all[i].name] = static_cast<double>(value);
    } else {
      double value = 0;
      memcpy(&value, &cells[i], sizeof value);
      values[all[i].name] = value;
    }
  }
  return values;
}

inline Values features_of(std::vector<FlowPacket> const& packets, std::uint8_t forward,
                          Rules const& rules = nta_rules()) {
  FlowState state;
  state.forward = forward;
  for (auto const& p : packets) {
    state.add(p, rules);
  }
  return finish(state, rules);
}

inline void expect_equal(Values const& got, Values const& expected) {
  for (auto const& [name, value] : expected) {
    auto const found = got.find(name);
    ASSERT_NE(found, got.end()) << name;
    EXPECT_EQ(found->second, value) << name;
  }
}

}  // namespace nta::test
