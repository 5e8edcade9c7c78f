// Leakage: each finding on a set made to have it, and none on a clean one.
#include "trainers/datasets/leakage.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// 600 rows of noise in three captures, one per part; two classes that no column tells apart.
Dataset clean_set() {
  Dataset data;
  data.feature_names = {"alpha", "beta"};
  data.feature_units = {"1", "1"};
  data.x = {600, 2, {}};
  data.classes = {"no", "yes"};
  data.captures = {"a.pcap", "b.pcap", "c.pcap"};
  data.capture_sha256 = {"1", "2", "3"};
  data.capture_group = {"a", "b", "c"};
  for (std::uint32_t i = 0; i < 600; ++i) {
    data.x.values.push_back(random_unit(1, i));
    data.x.values.push_back(random_unit(2, i));
    data.target.push_back(static_cast<std::int32_t>(random_bits(3, i) % 2));
    data.part.push_back(static_cast<Part>(i / 200));
    data.identity.capture.push_back(i / 200);
  }
  return data;
}

std::vector<std::string> list(LeakageReport const& report, char const* name) {
  return report.json.at(name).get<std::vector<std::string>>();
}

TEST(Leakage, CleanSetHasNoFinding) {
  LeakageReport const report = find_leakage(clean_set());
  EXPECT_TRUE(report.failures.empty()) << report.json.dump(1);
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_NO_THROW(enforce_leakage(report, LeakageAction::error));
}

TEST(Leakage, EqualRowsAcrossPartsFailAboveOnePercent) {
  Dataset data = clean_set();
  auto const copy = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(data.x.row(i), 2, data.x.row(400 + i));
      data.target[400 + i] = data.target[i];
    }
    return find_leakage(data);
  };
  auto const two = copy(2);
  EXPECT_EQ(two.json["equal_rows"]["test"]["equal_to_training"], 2);
  EXPECT_TRUE(two.failures.empty());  // 2 of 200 is 1 %, not more
  auto const three = copy(3);
  EXPECT_THAT(three.failures, ElementsAre(HasSubstr("3 of 200 test rows (1.5 %)")));
  EXPECT_NO_THROW(enforce_leakage(three, LeakageAction::warn));
  EXPECT_THROW(enforce_leakage(three, LeakageAction::error), Error);
}

TEST(Leakage, RoundedRowsAreCountedApart) {
  Dataset data = clean_set();
  for (std::size_t i = 0; i < 5; ++i) {
    data.x.row(200 + i)[0] = data.x.row(i)[0] = 12340 + static_cast<double>(i) * 1000;
    data.x.row(200 + i)[1] = data.x.row(i)[1] = 1e-7;
    data.x.row(200 + i)[0] += 1;  // 12341: the same to 3 digits
  }
  auto const json = find_leakage(data).json["equal_rows"]["validation"];
  EXPECT_EQ(json["equal_to_training"], 0);
  EXPECT_GE(json["equal_rounded_to_3_digits"], 5);
}

TEST(Leakage, CaptureInTwoPartsIsFoundByHashAndByGroup) {
  Dataset data = clean_set();
  data.capture_sha256[2] = "1";
  EXPECT_THAT(find_leakage(data).failures, ElementsAre(HasSubstr("sha256 1")));
  data = clean_set();
  data.capture_group[1] = "a";
  EXPECT_THAT(find_leakage(data).failures, ElementsAre(HasSubstr("group a")));
}

TEST(Leakage, ConstantAndCountingColumnsAreNamed) {
  Dataset data = clean_set();
  for (std::size_t i = 0; i < 600; ++i) {
    data.x.row(i)[0] = 5;
  }
  EXPECT_THAT(list(find_leakage(data), "constant_columns"), ElementsAre("alpha"));
  for (std::size_t i = 0; i < 600; ++i) {
    data.x.row(i)[0] = static_cast<double>(i) + 0.5;
  }
  EXPECT_THAT(list(find_leakage(data), "id_like_columns"), ElementsAre("alpha"));  // order
  for (std::size_t i = 0; i < 600; ++i) {
    data.x.row(i)[0] = static_cast<double>((i * 7919) % 100003);  // distinct integers
  }
  EXPECT_THAT(list(find_leakage(data), "id_like_columns"), ElementsAre("alpha"));
}

TEST(Leakage, ColumnThatGivesAClassAwayFailsInEitherDirection) {
  for (double const sign : {1.0, -1.0}) {
    Dataset data = clean_set();
    for (std::size_t i = 0; i < 200; ++i) {
      data.x.row(i)[1] = sign * (data.target[i] + 0.5 * random_unit(4, i));
    }
    auto const report = find_leakage(data);
    EXPECT_THAT(report.failures, ElementsAre(HasSubstr("first beta for no (1.0000)")));
  }
}

TEST(Leakage, ColumnsThatNameHostsFail) {
  EXPECT_THAT(
      identifying_columns({"fwd_ttl_min", "packets", "fwd_init_window", "zero_window_packets",
                           "Src Port", "reported", "src_mac", "window", "duration_ns",
                           "address_frequency", "Timestamp", "FWD Init Win Bytes"}),
      ElementsAre("fwd_ttl_min", "fwd_init_window", "Src Port", "src_mac", "window",
                  "address_frequency", "Timestamp", "FWD Init Win Bytes"));
  Dataset data = clean_set();
  data.feature_names[0] = "ttl_min";
  EXPECT_THAT(find_leakage(data).failures, ElementsAre(HasSubstr("first ttl_min")));
}

TEST(Leakage, EqualRowsWithDifferentLabelsAreCountedByClasses) {
  Dataset data = clean_set();
  std::copy_n(data.x.row(0), 2, data.x.row(1));
  data.target[0] = 0;
  data.target[1] = 1;
  auto const report = find_leakage(data);
  EXPECT_EQ(report.json["conflicting_rows"]["rows"], 2);
  EXPECT_EQ(report.json["conflicting_rows"]["by_classes"]["no, yes"], 2);
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("2 rows equal a row")));
}

}  // namespace
}  // namespace nta
