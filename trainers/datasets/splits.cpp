// The three kinds of split.
#include "trainers/datasets/splits.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

namespace nta {

namespace {

constexpr std::size_t kParts = 3;
using Shares = std::array<double, kParts>;

/// A unit's rows per class, and its place in the seeded order.
struct Unit {
  std::uint32_t id = 0;
  std::string order;
  std::map<std::int32_t, std::int64_t> rows;
};

std::vector<Unit> units_in_order(SplitRows const& rows, std::uint64_t seed,
                                 std::vector<Part> const& parts, Part wanted) {
  std::map<std::uint32_t, Unit> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (parts[i] == wanted) {
      ++found[rows.unit[i]].rows[rows.target[i]];
    }
  }
  std::vector<Unit> units;
  for (auto& [id, unit] : found) {
    unit.id = id;
    unit.order = sha256_hex(fmt::format("{}/{}", seed, rows.unit_names[id]));
    units.push_back(std::move(unit));
  }
  std::sort(units.begin(), units.end(), [&](Unit const& a, Unit const& b) {
    return std::tie(a.order, rows.unit_names[a.id]) < std::tie(b.order, rows.unit_names[b.id]);
  });
  return units;
}

/// Part of each unit: to where its (over all rows) rarest class lacks most rows.
std::map<std::uint32_t, Part> deal_units(std::vector<Unit> const& units, Shares const& shares) {
  std::map<std::int32_t, std::int64_t> total;
  for (Unit const& unit : units) {
    for (auto const& [target, n] : unit.rows) {
      total[target] += n;
    }
  }
  std::map<std::int32_t, std::array<std::int64_t, kParts>> dealt;
  std::map<std::uint32_t, Part> part_of;
  for (Unit const& unit : units) {
    auto const rarest = std::min_element(
        unit.rows.begin(), unit.rows.end(),
        [&](auto const& a, auto const& b) { return total[a.first] < total[b.first]; });
    std::int32_t const target = rarest->first;
    std::size_t best = 0;
    double most = -1e300;
    for (std::size_t p = 0; p < kParts; ++p) {
      double const lack =
          shares[p] * static_cast<double>(total[target]) - static_cast<double>(dealt[target][p]);
      if (shares[p] > 0 && lack > most) {
        most = lack;
        best = p;
      }
    }
    part_of[unit.id] = static_cast<Part>(best);
    for (auto const& [other, n] : unit.rows) {
      dealt[other][best] += n;
    }
  }
  return part_of;
}

void deal_rows(SplitRows const& rows, std::map<std::uint32_t, Part> const& part_of,
               std::vector<Part>& parts, Part from) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (parts[i] == from) {
      parts[i] = part_of.at(rows.unit[i]);
    }
  }
}

std::vector<Part> split_by_unit(SplitConfig const& config, std::uint64_t seed,
                                SplitRows const& rows) {
  std::vector<Part> parts(rows.size(), Part::unused);
  auto const units = units_in_order(rows, seed, parts, Part::unused);
  deal_rows(rows, deal_units(units, {config.train, config.validation, config.test}), parts,
            Part::unused);
  return parts;
}

std::vector<Part> split_by_source(SplitConfig const& config, std::uint64_t seed,
                                  SplitRows const& rows) {
  std::vector<Part> parts;
  bool has_validation = false;
  for (SourcePart const named : rows.named) {
    NTA_EXPECTS(named != SourcePart::free, ErrorKind::usage,
                "/data/sources: in an official split every source names its part "
                "(train, validation or test)");
    has_validation = has_validation || named == SourcePart::validation;
    parts.push_back(named == SourcePart::train        ? Part::train
                    : named == SourcePart::validation ? Part::validation
                                                      : Part::test);
  }
  if (has_validation) {
    return parts;
  }
  // Whole units, not rows: flows of one capture in two parts would leak.
  auto const units = units_in_order(rows, seed, parts, Part::train);
  NTA_EXPECTS(
      units.size() > 1, ErrorKind::usage,
      "/data/sources: no source has the part validation, and the {} training unit(s) cannot "
      "be divided; name a validation source",
      units.size());
  double const sum = config.train + config.validation;
  double const share = sum > 0 && config.validation > 0 ? config.validation / sum : 0.125;
  deal_rows(rows, deal_units(units, {1 - share, share, 0}), parts, Part::train);
  return parts;
}

UtcTime add_seconds(UtcTime time, double seconds) {
  double const whole = std::floor(seconds);
  auto const ns = static_cast<std::int64_t>(std::llround((seconds - whole) * 1e9)) + time.ns;
  return {time.s + static_cast<std::int64_t>(whole) + ns / 1'000'000'000,
          static_cast<std::uint32_t>(ns % 1'000'000'000)};
}

std::vector<Part> split_by_time(SplitConfig const& config, SplitRows const& rows) {
  std::vector<UtcTime> sorted = rows.start;
  std::sort(sorted.begin(), sorted.end());
  auto const n = static_cast<double>(sorted.size());
  // A share is a decimal: .7 of 10 rows is 7 rows, not the 6.999... of binary.
  auto const cut_at = [&](double share) {
    auto const place = static_cast<std::size_t>(std::llround(share * n));
    return place < sorted.size() ? sorted[place] : kEndOfTime;
  };
  std::array<UtcTime, 2> const cuts{cut_at(config.train), cut_at(config.train + config.validation)};
  std::vector<Part> parts(rows.size(), Part::train);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::size_t place = 0;
    bool used = true;
    for (UtcTime const cut : cuts) {
      bool const after = !(rows.start[i] < cut);
      place += after ? 1 : 0;
      bool const spans = !after && !(rows.end[i] < cut);
      bool const in_gap =
          after && cut < kEndOfTime && rows.start[i] < add_seconds(cut, config.gap_s);
      used = used && !spans && !in_gap;
    }
    parts[i] = used ? static_cast<Part>(place) : Part::unused;
  }
  return parts;
}

}  // namespace

std::vector<Part> split_rows(SplitKind kind, SplitConfig const& config, std::uint64_t seed,
                             SplitRows const& rows) {
  if (rows.size() == 0) {
    return {};
  }
  switch (kind) {
    case SplitKind::official:
      return split_by_source(config, seed, rows);
    case SplitKind::time:
      return split_by_time(config, rows);
    case SplitKind::automatic:
    case SplitKind::capture:
      break;
  }
  return split_by_unit(config, seed, rows);
}

}  // namespace nta
