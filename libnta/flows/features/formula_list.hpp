// A set's formulas as a type: the position of a struct is its feature id. Names, units and texts
// are published from the list; `finish` turns a state into cells with the same formulas everywhere.
#pragma once

#include "libnta/core/host_device.hpp"
#include "libnta/flows/features/formula.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nta {

/// An i64 or the bits of an f64.
using FeatureCell = std::uint64_t;

/// Formulas over a State, in order of their ids.
template <class State, class... Features>
struct FeatureList {
  static constexpr int kCount = sizeof...(Features);

  /// A row: cell i goes to cells[i]. Cells lie outside of the state, so that what several formulas
  /// read is read once.
  NTA_HD static void finish(State const& f, Rules const& rules, FeatureCell* __restrict cells) {
    std::size_t i = 0;
    (put(Features::value(f, rules), cells, i++), ...);
  }
  /// Cells `part`, `part + parts`, ... alone, for threads that share a flow: cell i goes to
  /// cells[column[i] * stride], or nowhere if column[i] < 0. Cells: pointer-like.
  template <class Cells, class Columns>
  NTA_HD static void finish_part(State const& f, Rules const& rules, Cells cells, std::size_t row,
                                 std::size_t stride, Columns column, int part, int parts) {
    int i = 0;
    ((i++ % parts == part ? put_at<Features>(f, rules, cells, row, stride, column[i - 1]) : void()),
     ...);
  }
  template <class Visitor>
  static constexpr void for_each(Visitor&& visit) {
    (visit(Features::kInfo, std::is_integral_v<decltype(Features::value(
                                std::declval<State const&>(), std::declval<Rules const&>()))>),
     ...);
  }

 private:
  template <class Feature, class Cells>
  NTA_HD static void put_at(State const& f, Rules const& rules, Cells cells, std::size_t row,
                            std::size_t stride, int column) {
    if (column < 0) {
      return;
    }
    auto const value = Feature::value(f, rules);
    FeatureCell cell = 0;
    static_assert(sizeof value == sizeof cell);
    memcpy(&cell, &value, sizeof cell);
    cells[static_cast<std::size_t>(column) * stride + row] = cell;
  }
  template <class Value>
  NTA_HD static void put(Value value, FeatureCell* cells, std::size_t at) {
    static_assert(sizeof value == sizeof(FeatureCell));
    memcpy(cells + at, &value, sizeof value);
  }
};

template <class... Lists>
struct JoinLists;
template <class State, class... A>
struct JoinLists<FeatureList<State, A...>> {
  using type = FeatureList<State, A...>;
};
template <class State, class... A, class... B, class... Rest>
struct JoinLists<FeatureList<State, A...>, FeatureList<State, B...>, Rest...>
    : JoinLists<FeatureList<State, A..., B...>, Rest...> {};

/// Formula<P> for the two directions, or for the flow and both.
template <class State, template <FlowPart> class Formula>
using BothParts = FeatureList<State, Formula<FlowPart::fwd>, Formula<FlowPart::bwd>>;
template <class State, template <FlowPart> class Formula>
using AllParts =
    FeatureList<State, Formula<FlowPart::flow>, Formula<FlowPart::fwd>, Formula<FlowPart::bwd>>;

/// A feature as it is published.
struct FeatureDescription {
  std::string name, unit, text;
  bool integer = false;      // column of i64, else f64
  int version = 0;           // of the formula
  bool since_start = false;  // see FeatureInfo
};

inline FeatureDescription describe(FeatureInfo const& info, bool integer) {
  static constexpr PartNames kPrefix{"", "fwd_", "bwd_"};
  static constexpr PartNames kWhose{"", "forward: ", "backward: "};
  std::string name(info.whole_name ? std::string_view() : kPrefix.of(info.part));
  std::string text(kWhose.of(info.part));
  return {name.append(info.stem), std::string(info.unit), text.append(info.text), integer,
          info.version,           info.since_start};
}

/// Position = feature id.
template <class List>
std::vector<FeatureDescription> describe_features() {
  std::vector<FeatureDescription> all;
  List::for_each(
      [&](FeatureInfo const& info, bool integer) { all.push_back(describe(info, integer)); });
  return all;
}

}  // namespace nta
