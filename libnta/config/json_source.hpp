// JSON text -> values that know their line and column. Comments are allowed; duplicate keys,
// numbers that no double holds and deep nesting are refused, each with its place.
#pragma once

#include "libnta/config/config_value.hpp"
#include "libnta/config/issues.hpp"

#include <memory>
#include <optional>

namespace nta {

inline constexpr int kMaxJsonDepth = 64;

/// The value of the whole text. A syntax error is added to `issues` and gives nullopt; a duplicate
/// key is added too, and its first value kept. Never throws on any bytes.
std::optional<ConfigValue> parse_json(std::shared_ptr<SourceText const> const& source,
                                      IssueList& issues);

}  // namespace nta
