#include "trainers/datasets/conformance.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/feature_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace nta {
namespace {

using IdentityText = std::string (*)(FlowIdentity const&, std::size_t);

struct IdentityColumn {
  std::string_view name;  // lower case letters alone
  IdentityText text;
};

/// In the order of a flow's name in reports: src-dst-port-port-protocol, as CICFlowMeter writes it.
constexpr IdentityColumn kIdentity[] = {
    {"srcip", [](FlowIdentity const& of,
                 std::size_t i) { return address_text(of.src_ip[i], of.ip_version[i]); }},
    {"dstip", [](FlowIdentity const& of,
                 std::size_t i) { return address_text(of.dst_ip[i], of.ip_version[i]); }},
    {"srcport",
     [](FlowIdentity const& of, std::size_t i) { return std::to_string(of.src_port[i]); }},
    {"dstport",
     [](FlowIdentity const& of, std::size_t i) { return std::to_string(of.dst_port[i]); }},
    {"protocol",
     [](FlowIdentity const& of, std::size_t i) { return std::to_string(of.protocol[i]); }},
};

std::string letters_of(std::string_view name) {
  std::string letters;
  for (char const c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      letters += static_cast<char>(c | 0x20);
    }
  }
  return letters;
}

/// A column of the oracle and ours of the same name.
struct SharedColumn {
  std::size_t theirs = 0;
  FeatureColumn const* ours = nullptr;
  bool integer() const { return ours->values.index() == 0; }
  double value(std::size_t row) const {
    return std::visit([&](auto const& values) { return static_cast<double>(values[row]); },
                      ours->values);
  }
};

struct Layout {
  std::vector<std::pair<std::size_t, IdentityText>> identity;
  std::vector<SharedColumn> cells;
};

Layout layout_of(OracleTable const& oracle, FeatureTable const& ours, std::string const& name) {
  Layout layout;
  for (auto const& column : kIdentity) {
    for (std::size_t i = 0; i < oracle.columns.size(); ++i) {
      if (letters_of(oracle.columns[i]) == column.name) {
        layout.identity.emplace_back(i, column.text);
      }
    }
  }
  for (std::size_t i = 0; i < oracle.columns.size(); ++i) {
    auto const feature = std::find_if(ours.features.begin(), ours.features.end(),
                                      [&](auto const& f) { return f.name == oracle.columns[i]; });
    if (feature != ours.features.end()) {
      layout.cells.push_back({i, &*feature});
    }
  }
  NTA_EXPECTS(!layout.cells.empty(), ErrorKind::data,
              "{}: none of the oracle's columns is one of feature set {}", name,
              ours.provenance.set_name);
  return layout;
}

double number_of(std::string const& text, std::string const& capture, std::string const& column) {
  if (text == "Infinity") {
    return HUGE_VAL;
  }
  if (text == "NaN") {
    return NAN;
  }
  double number = 0;
  auto const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, number);
  NTA_EXPECTS(error == std::errc() && stop == end && !text.empty(), ErrorKind::data,
              "{}: column {}: \"{}\" is no number", capture, column, text);
  return number;
}

std::string joined(std::vector<std::string> const& parts) {
  return fmt::format("{}", fmt::join(parts, "-"));
}

/// Rows of both tables by the text of their endpoints.
struct Group {
  std::vector<std::size_t> theirs, ours;
};

class Comparison {
 public:
  Comparison(OracleTable const& oracle, FeatureTable const& ours, double tolerance,
             CaptureConformance& result)
      : oracle_(oracle),
        layout_(layout_of(oracle, ours, result.name)),
        tolerance_(tolerance),
        result_(result) {
    for (std::size_t row = 0; row < oracle.rows.size(); ++row) {
      std::vector<std::string> key;
      for (auto const& [column, text] : layout_.identity) {
        key.push_back(oracle.rows[row][column]);
      }
      groups_[joined(key)].theirs.push_back(row);
      for (auto const& cell : layout_.cells) {
        expected_.push_back(
            number_of(oracle.rows[row][cell.theirs], result.name, oracle.columns[cell.theirs]));
      }
    }
    for (std::size_t row = 0; row < ours.size(); ++row) {
      std::vector<std::string> key;
      for (auto const& [column, text] : layout_.identity) {
        key.push_back(text(ours.identity, row));
      }
      groups_[joined(key)].ours.push_back(row);
    }
  }

  void run() {
    for (auto& [key, group] : groups_) {
      compare(key, group);
    }
  }

 private:
  bool equal(std::size_t theirs, std::size_t ours, std::size_t cell) const {
    SharedColumn const& column = layout_.cells[cell];
    return cells_equal(column.value(ours), expected_[theirs * layout_.cells.size() + cell],
                       column.integer(), tolerance_);
  }
  std::size_t n_equal(std::size_t theirs, std::size_t ours) const {
    std::size_t n = 0;
    for (std::size_t cell = 0; cell < layout_.cells.size(); ++cell) {
      n += equal(theirs, ours, cell) ? 1 : 0;
    }
    return n;
  }

  void compare(std::string const& key, Group& group) {
    auto const n_cells = layout_.cells.size();
    result_.cells += n_cells * group.theirs.size();
    std::vector<std::size_t> unequal;
    for (auto const row : group.theirs) {
      auto const same = std::find_if(group.ours.begin(), group.ours.end(),
                                     [&](auto ours) { return n_equal(row, ours) == n_cells; });
      if (same == group.ours.end()) {
        unequal.push_back(row);
        continue;
      }
      group.ours.erase(same);
      result_.equal += 1;
      result_.cells_equal += n_cells;
    }
    for (auto const row : unequal) {
      if (group.ours.empty()) {
        result_.differences.push_back({key, "", "a flow", "none"});
        continue;
      }
      auto const best = std::max_element(group.ours.begin(), group.ours.end(), [&](auto x, auto y) {
        return n_equal(row, x) < n_equal(row, y);
      });
      tell(key, row, *best);
      group.ours.erase(best);
    }
    for (std::size_t i = 0; i < group.ours.size(); ++i) {
      result_.differences.push_back({key, "", "none", "a flow"});
    }
  }

  void tell(std::string const& key, std::size_t theirs, std::size_t ours) {
    for (std::size_t cell = 0; cell < layout_.cells.size(); ++cell) {
      if (equal(theirs, ours, cell)) {
        result_.cells_equal += 1;
        continue;
      }
      auto const column = layout_.cells[cell].theirs;
      auto const& name = oracle_.columns[column];
      result_.differing[name] += 1;
      result_.differences.push_back({key, name, oracle_.rows[theirs][column],
                                     fmt::format("{}", layout_.cells[cell].value(ours))});
    }
  }

  OracleTable const& oracle_;
  Layout layout_;
  double tolerance_;
  CaptureConformance& result_;
  std::map<std::string, Group> groups_;
  std::vector<double> expected_;  // [rows, cells]
};

}  // namespace

bool cells_equal(double ours, double theirs, bool integer, double tolerance) {
  constexpr double kOfDoubles = 1e-6;
  if (std::isnan(ours) || std::isnan(theirs)) {
    return std::isnan(ours) && std::isnan(theirs);
  }
  if (ours == theirs) {
    return true;
  }
  if (std::isinf(ours) || std::isinf(theirs)) {
    return false;
  }
  double const allowed = tolerance > 0 ? tolerance : (integer ? 0.0 : kOfDoubles);
  return std::fabs(ours - theirs) <= allowed * std::max({1.0, std::fabs(ours), std::fabs(theirs)});
}

CaptureConformance compare_with_oracle(std::string const& name, OracleTable const& oracle,
                                       FeatureTable const& ours, double tolerance) {
  CaptureConformance result;
  result.name = name;
  result.expected = oracle.rows.size();
  result.got = ours.size();
  Comparison(oracle, ours, tolerance, result).run();
  return result;
}

}  // namespace nta
