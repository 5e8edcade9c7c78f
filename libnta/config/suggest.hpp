// An unknown word -> what was probably meant.
#pragma once

#include "libnta/config/field_type.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Insertions, deletions, replacements and swaps of neighbours that turn a into b (restricted
/// Damerau-Levenshtein); anything above `limit` counts as limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = 2);

/// The candidate at distance <= 2 (and at most half the word), nearest first, then in given order;
/// "" if none.
std::string nearest(std::string_view word, std::vector<std::string> const& candidates);

/// What a listed synonym stands for ("learning_rate" -> "lr"), or "".
std::string_view synonym_of(std::string_view key);

struct KeyAdvice {
  std::string message;  ///< "unknown key" or "unknown key here"
  std::string hint;
};
/// Advice on a key that `siblings` lacks: a near sibling, else the same key elsewhere under `root`,
/// else the list of siblings.
KeyAdvice advise_key(std::string_view key, std::vector<std::string> const& siblings,
                     FieldType const& root);

/// Advice on a whole path ("training.optimizer.lrr") that names no field.
std::string advise_path(std::string_view path, FieldType const& root);

/// All fields under a type as dotted paths, lists as [i], kinds merged, in field order.
std::vector<std::string> all_paths(FieldType const& root);

/// "did you mean \"x\"?" for a word of a fixed list, or "".
std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates);

}  // namespace nta
