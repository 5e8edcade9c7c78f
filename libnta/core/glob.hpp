// Patterns over names, one meaning everywhere: columns, metrics, labels, captures, parts of paths.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace nta {

namespace glob_detail {

struct SetMatch {
  bool matched;
  std::size_t length;  // of the [...] in the pattern; 0: no closing bracket, so a plain '['
};

inline SetMatch match_set(std::string_view pattern, char c) {
  bool const negated = pattern.size() > 1 && pattern[1] == '!';
  bool found = false;
  std::size_t const first = negated ? 2 : 1;
  for (std::size_t i = first; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) {
      return {found != negated, i + 1};
    }
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  return {pattern[0] == c, 0};
}

/// Does the pattern's first item match c? Gives the item's length, 0 if not.
inline std::size_t match_one(std::string_view pattern, char c) {
  if (pattern[0] == '?') {
    return 1;
  }
  if (pattern[0] != '[') {
    return pattern[0] == c ? 1 : 0;
  }
  SetMatch const set = match_set(pattern, c);
  return set.matched ? std::max<std::size_t>(set.length, 1) : 0;
}

}  // namespace glob_detail

/// Does the whole name match? `*` any characters, `?` one, [a-z] and [!a-z] one of a set.
inline bool glob_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // the last '*', and where its match ends so far
  std::size_t star_end = 0;
  while (n < name.size()) {
    std::size_t const item = p < pattern.size() && pattern[p] != '*'
                                 ? glob_detail::match_one(pattern.substr(p), name[n])
                                 : 0;
    if (item > 0) {
      p += item;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace nta
