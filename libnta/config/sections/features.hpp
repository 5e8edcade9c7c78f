// "features": which flow semantics, which columns, which packets of a flow make a sequence.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace nta {

enum class SequencePackets { all, payload };
constexpr auto names(SequencePackets) {
  using E = SequencePackets;
  return std::to_array<Named<E>>({{E::all, "all"}, {E::payload, "payload"}});
}

enum class SequenceSize { ip, wire, payload };
constexpr auto names(SequenceSize) {
  using E = SequenceSize;
  return std::to_array<Named<E>>({{E::ip, "ip"}, {E::wire, "wire"}, {E::payload, "payload"}});
}

enum class SequenceField { direction, size, gap_ns, flags, window };
constexpr auto names(SequenceField) {
  using E = SequenceField;
  return std::to_array<Named<E>>({{E::direction, "direction"},
                                  {E::size, "size"},
                                  {E::gap_ns, "gap_ns"},
                                  {E::flags, "flags"},
                                  {E::window, "window"}});
}

/// JSON key `fields` is the member `columns`: a member cannot share the name of the field list.
struct SequenceConfig {
  std::optional<int> n;
  SequencePackets packets = SequencePackets::all;
  SequenceSize size = SequenceSize::ip;
  std::vector<SequenceField> columns{SequenceField::direction, SequenceField::size,
                                     SequenceField::gap_ns};

  template <class V>
  static void fields(V& v) {
    using S = SequenceConfig;
    v("n", &S::n, Range{1, 255}, "packets a row holds; null: no sequences",
      Note{.unit = "packets"});
    v("packets", &S::packets, Any{}, "all packets, or only those with payload");
    v("size", &S::size, Any{}, "which bytes the size column counts");
    v("fields", &S::columns, Length{1, 5}, "the columns of a sequence, in this order");
  }
};

struct FeaturesConfig {
  std::string profile = "nta";
  std::string set = "nta";
  std::vector<std::string> include{"*"};
  std::vector<std::string> exclude;
  int min_packets = 1;
  SequenceConfig sequence;

  template <class V>
  static void fields(V& v) {
    using S = FeaturesConfig;
    v("profile", &S::profile, NameOf{NameKind::profile},
      "what a flow is: a built-in profile, or the path of a profile file (.json)");
    v("set", &S::set, NameOf{NameKind::feature_set}, "the published list of columns to start from");
    v("include", &S::include, NameOf{NameKind::feature_glob}, "columns to use (globs)");
    v("exclude", &S::exclude, NameOf{NameKind::feature_glob}, "columns to leave out; wins");
    v("min_packets", &S::min_packets, Range{1, 65'535}, "smaller flows are dropped and counted",
      Note{.unit = "packets"});
    v("sequence", &S::sequence, Any{}, "the first packets of each flow as a sequence");
  }
};

}  // namespace nta
