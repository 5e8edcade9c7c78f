// What a field line may demand of its value, and how enums spell themselves. A struct names each of
// its fields once, in `fields()`; parser, checks, schema, docs and sweeps all read that one line.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace nta {

/// Anything of the right type. Also what nested structs take: their own lines say the rest.
struct Any {};

/// [low, high]; an open end excludes the bound itself. On a list: of each element.
struct Range {
  double low = 0;
  double high = 0;
  bool open_low = false;
  bool open_high = false;
};
inline constexpr double kNoBound = std::numeric_limits<double>::infinity();

/// Least and most elements of a list or bytes of a string.
struct Length {
  std::size_t min = 0;
  std::size_t max = 0;
};

/// A list: how many elements, and the range of each.
struct Items {
  Length length;
  Range range;
};

/// A string that the ECMAScript expression matches as a whole; `text` is what the reader is told.
struct Pattern {
  std::string_view expression;
  std::string_view text;
};

/// Names that later layers own; the caller of load_experiment hands the lists in.
enum class NameKind { feature_glob, feature, feature_set, profile, metric };
struct NameOf {
  NameKind kind;
};

/// Paths relative to the file that names them; a glob must match at least one existing file.
enum class PathKind { file, glob };
struct PathTo {
  PathKind kind;
};

/// What else a line may say.
struct Note {
  std::string_view unit = "";
  bool required = false;
  int since = 1;  ///< the first nta_experiment version that knows the key
};

/// An enumerator and its JSON spelling. Each enum has `constexpr auto names(E)`, an array of these.
template <class E>
struct Named {
  E value;
  std::string_view name;
};

/// The JSON spelling of an enumerator.
template <class E>
constexpr std::string_view name_of(E value) {
  for (auto const& entry : names(E{})) {
    if (entry.value == value) return entry.name;
  }
  return "?";
}

}  // namespace nta
