// Splits: units stay whole, shares are met, time is cut in order, equal seeds give equal parts.
#include "trainers/datasets/splits.hpp"

#include "libnta/core/counter_rng.hpp"
#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

namespace nta {
namespace {

/// 60 units of 5 to 54 rows; class 0 everywhere, class 1 in every third unit, class 2 in every
/// tenth.
SplitRows many_units() {
  SplitRows rows;
  for (std::uint32_t u = 0; u < 60; ++u) {
    rows.unit_names.push_back("capture-" + std::to_string(u));
    auto const n = 5 + random_bits(1, u) % 50;
    for (std::uint64_t i = 0; i < n; ++i) {
      rows.unit.push_back(u);
      std::int32_t const attack = u % 10 == 0 ? 2 : 1;
      rows.target.push_back(u % 3 == 0 && i % 4 == 0 ? attack : 0);
      rows.start.push_back({static_cast<std::int64_t>(u * 100 + i), 0});
      rows.named.push_back(SourcePart::free);
    }
  }
  rows.end = rows.start;
  return rows;
}

std::map<Part, std::set<std::uint32_t>> units_of(SplitRows const& rows,
                                                 std::vector<Part> const& parts) {
  std::map<Part, std::set<std::uint32_t>> units;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    units[parts[i]].insert(rows.unit[i]);
  }
  return units;
}

TEST(Splits, UnitsStayWholeAndSharesAreMetPerClass) {
  SplitRows const rows = many_units();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const parts = split_rows(SplitKind::capture, {}, seed, rows);
    auto const units = units_of(rows, parts);
    std::size_t n_units = 0;
    for (auto const& [part, members] : units) {
      n_units += members.size();
    }
    EXPECT_EQ(n_units, 60U) << "a unit lies in two parts, seed " << seed;
    std::map<std::int32_t, std::array<double, 4>> count;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      count[rows.target[i]][static_cast<std::size_t>(parts[i])] += 1;
    }
    for (auto const& [target, n] : count) {
      double const total = n[0] + n[1] + n[2];
      // One unit more or less of a class: at most 14 rows of an attack, 54 of class 0.
      double const slack = target == 0 ? 54 + 54 : 14;
      EXPECT_NEAR(n[0], 0.7 * total, slack) << target << " seed " << seed;
      EXPECT_NEAR(n[1], 0.1 * total, slack) << target << " seed " << seed;
      EXPECT_NEAR(n[2], 0.2 * total, slack) << target << " seed " << seed;
    }
  }
}

TEST(Splits, SeedDecidesAndNothingElse) {
  SplitRows const rows = many_units();
  EXPECT_EQ(split_rows(SplitKind::capture, {}, 1, rows),
            split_rows(SplitKind::capture, {}, 1, rows));
  EXPECT_NE(split_rows(SplitKind::capture, {}, 1, rows),
            split_rows(SplitKind::capture, {}, 2, rows));
}

TEST(Splits, NumberingOfUnitsDoesNotMatter) {
  SplitRows const rows = many_units();
  SplitRows turned = rows;
  auto const last = static_cast<std::uint32_t>(rows.unit_names.size() - 1);
  for (std::uint32_t u = 0; u <= last; ++u) {
    turned.unit_names[u] = rows.unit_names[last - u];
  }
  for (std::uint32_t& unit : turned.unit) {
    unit = last - unit;
  }
  EXPECT_EQ(split_rows(SplitKind::capture, {}, 3, rows),
            split_rows(SplitKind::capture, {}, 3, turned));
}

TEST(Splits, ShareZeroGetsNoUnit) {
  SplitConfig config;
  config.train = 0.8;
  config.validation = 0.2;
  config.test = 0;
  auto const units =
      units_of(many_units(), split_rows(SplitKind::capture, config, 1, many_units()));
  EXPECT_FALSE(units.contains(Part::test));
}

SplitRows ten_seconds() {  // row i starts at second i, takes half a second
  SplitRows rows;
  rows.unit_names = {"a"};
  for (int i = 0; i < 10; ++i) {
    rows.unit.push_back(0);
    rows.target.push_back(0);
    rows.start.push_back({9 - i, 0});  // stored backwards: order of time counts
    rows.end.push_back({9 - i, 500'000'000});
    rows.named.push_back(SourcePart::free);
  }
  return rows;
}

std::string letters(std::vector<Part> const& parts) {
  std::string text;
  for (Part const part : parts) {
    text += "TVE-"[static_cast<std::size_t>(part)];
  }
  return {text.rbegin(), text.rend()};
}

TEST(Splits, TimeIsCutAtTheShares) {
  EXPECT_EQ(letters(split_rows(SplitKind::time, {}, 1, ten_seconds())), "TTTTTTTVEE");
}

TEST(Splits, GapAfterACutAndFlowsOverItAreUnused) {
  SplitConfig config;
  config.train = 0.5;
  config.validation = 0.2;
  config.test = 0.3;
  SplitRows rows = ten_seconds();
  EXPECT_EQ(letters(split_rows(SplitKind::time, config, 1, rows)), "TTTTTVVEEE");
  config.gap_s = 1.5;  // cuts at 5 and 7: rows at 5, 6 and 7, 8 start less than 1.5 s after them
  EXPECT_EQ(letters(split_rows(SplitKind::time, config, 1, rows)), "TTTTT----E");
  config.gap_s = 0;
  rows.end[9] = {5, 0};  // the first row lasts until the first cut
  rows.end[6] = {4, 999'999'999};
  EXPECT_EQ(letters(split_rows(SplitKind::time, config, 1, rows)), "-TTTTVVEEE");
}

TEST(Splits, OfficialFollowsSourcesAndCutsValidationFromWholeUnits) {
  SplitRows rows = many_units();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.named[i] = rows.unit[i] < 50 ? SourcePart::train : SourcePart::test;
  }
  auto const parts = split_rows(SplitKind::official, {}, 1, rows);
  auto const units = units_of(rows, parts);
  EXPECT_EQ(units.at(Part::test).size(), 10U);
  EXPECT_EQ(units.at(Part::train).size() + units.at(Part::validation).size(), 50U);
  EXPECT_GE(units.at(Part::validation).size(), 2U);
  rows.named[0] = SourcePart::free;
  EXPECT_THROW(split_rows(SplitKind::official, {}, 1, rows), Error);
}

}  // namespace
}  // namespace nta
