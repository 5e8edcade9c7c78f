// "data": which files, what a row is, how rows get labels, how they are split. A plain struct whose
// members are the JSON keys; the defaults written here are the defaults of the file.
#pragma once

#include "libnta/config/rules.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nta {

enum class RowUnit { flow, sequence };
constexpr auto names(RowUnit) {
  return std::to_array<Named<RowUnit>>({{RowUnit::flow, "flow"}, {RowUnit::sequence, "sequence"}});
}

enum class SourceFormat { automatic, pcap, shards, features };
constexpr auto names(SourceFormat) {
  using E = SourceFormat;
  return std::to_array<Named<E>>({{E::automatic, "auto"},
                                  {E::pcap, "pcap"},
                                  {E::shards, "shards"},
                                  {E::features, "features"}});
}

enum class SourcePart { free, train, validation, test };
constexpr auto names(SourcePart) {
  using E = SourcePart;
  return std::to_array<Named<E>>(
      {{E::free, "free"}, {E::train, "train"}, {E::validation, "validation"}, {E::test, "test"}});
}

struct SourceConfig {
  std::vector<std::string> files;
  SourceFormat format = SourceFormat::automatic;
  SourcePart part = SourcePart::free;
  std::optional<std::string> label;
  std::optional<std::string> group;

  template <class V>
  static void fields(V& v) {
    using S = SourceConfig;
    v("files", &S::files, PathTo{PathKind::glob},
      "captures, shard folders or feature files; globs; relative to the file that names them",
      Note{.required = true});
    v("format", &S::format, Any{}, "what the files are; auto looks at their content");
    v("part", &S::part, Any{}, "the part its rows belong to; free: the split decides");
    v("label", &S::label, Any{},
      "label of all its rows; \"@folder\": the containing folder's name");
    v("group", &S::group, Any{}, "rows of one group stay in one part; null: the file's stem");
  }
};

enum class Unmatched { error, drop, keep };
constexpr auto names(Unmatched) {
  using E = Unmatched;
  return std::to_array<Named<E>>({{E::error, "error"}, {E::drop, "drop"}, {E::keep, "keep"}});
}

struct LabelsConfig {
  std::optional<std::string> rules;
  std::optional<std::string> column;
  std::map<std::string, std::string> map;
  std::vector<std::string> normal;
  Unmatched unmatched = Unmatched::error;

  template <class V>
  static void fields(V& v) {
    using S = LabelsConfig;
    v("rules", &S::rules, PathTo{PathKind::file}, "label rules (.json) or join table (.csv)");
    v("column", &S::column, NameOf{NameKind::feature},
      "regression: the feature column that is the target; it is no input then");
    v("map", &S::map, Any{},
      "raw label (a glob) -> class; an exact name wins, then the first match in key order");
    v("normal", &S::normal, Any{}, "the classes that count as normal");
    v("unmatched", &S::unmatched, Any{},
      "rows without a label: an error, dropped and counted, or kept unlabelled (anomaly only)");
  }
};

enum class SplitKind { automatic, official, capture, time };
constexpr auto names(SplitKind) {
  using E = SplitKind;
  return std::to_array<Named<E>>({{E::automatic, "auto"},
                                  {E::official, "official"},
                                  {E::capture, "capture"},
                                  {E::time, "time"}});
}

struct SplitConfig {
  SplitKind kind = SplitKind::automatic;
  double train = 0.7;
  double validation = 0.1;
  double test = 0.2;
  double gap_s = 0;

  template <class V>
  static void fields(V& v) {
    using S = SplitConfig;
    v("kind", &S::kind, Any{},
      "official: by the sources' parts; capture: whole captures; time: in time order; auto: "
      "official "
      "where sources name parts, else capture");
    v("train", &S::train, Range{0, 1}, "share of the training part");
    v("validation", &S::validation, Range{0, 1}, "share of the validation part");
    v("test", &S::test, Range{0, 1}, "share of the test part");
    v("gap_s", &S::gap_s, Range{0, 1e9}, "split by time: unused time after each cut",
      Note{.unit = "s"});
  }
};

enum class LeakageAction { error, warn, off };
constexpr auto names(LeakageAction) {
  using E = LeakageAction;
  return std::to_array<Named<E>>({{E::error, "error"}, {E::warn, "warn"}, {E::off, "off"}});
}

struct DataConfig {
  RowUnit unit = RowUnit::flow;
  std::vector<SourceConfig> sources;
  LabelsConfig labels;
  SplitConfig split;
  LeakageAction leakage = LeakageAction::warn;

  template <class V>
  static void fields(V& v) {
    using S = DataConfig;
    v("unit", &S::unit, Any{}, "what a row is: a flow's features, or its first packets");
    v("sources", &S::sources, Length{1, 100'000}, "where the rows come from",
      Note{.required = true});
    v("labels", &S::labels, Any{}, "how rows get their labels");
    v("split", &S::split, Any{}, "how rows are divided into train, validation and test");
    v("leakage", &S::leakage, Any{}, "what the leakage checks do with what they find");
  }
};

/// The kind that `auto` stands for: official where any source names its part, else capture.
inline SplitKind effective_split(DataConfig const& data) {
  if (data.split.kind != SplitKind::automatic) return data.split.kind;
  for (SourceConfig const& source : data.sources) {
    if (source.part != SourcePart::free) return SplitKind::official;
  }
  return SplitKind::capture;
}

}  // namespace nta
