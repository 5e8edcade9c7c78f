#include "libnta/capture/skip_reason.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nta {
namespace {

TEST(SkipReason, EveryReasonHasANameOfItsOwnAndAText) {
  std::set<std::string_view> names;
  for (auto const& row : kSkipReasons) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.text.empty()) << row.name;
  }
}

TEST(SkipReason, NumbersInShardsStayWhatTheyAre) {
  EXPECT_EQ(info(static_cast<SkipReason>(1)).name, "empty_record");
  EXPECT_EQ(info(static_cast<SkipReason>(5)).name, "arp");
  EXPECT_EQ(info(static_cast<SkipReason>(6)).name, "non_ip");
  EXPECT_EQ(info(static_cast<SkipReason>(9)).name, "ip_version");
  EXPECT_EQ(info(static_cast<SkipReason>(14)).name, "time_out_of_range");
}

TEST(FaultKind, EveryFaultHasANameOfItsOwnAndAText) {
  std::set<std::string_view> names;
  for (auto const& row : kFaults) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.text.empty()) << row.name;
  }
}

}  // namespace
}  // namespace nta
