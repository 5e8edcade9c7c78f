// A composed tree against its field types: every unknown key, wrong type and value out of range.
#pragma once

#include "libnta/config/field_type.hpp"
#include "libnta/config/issues.hpp"
#include "libnta/config/load.hpp"

#include <string>

namespace nta {

struct CheckContext {
  FieldType const& root;  ///< where "it exists as" looks
  Vocabulary const& vocabulary;
  IssueList& issues;
};

/// Adds an issue for everything in `value` that does not fit `type`.
void check_value(ConfigValue const& value, FieldType const& type, KeyPath const& at,
                 CheckContext const& context);

/// Is the text one of the names, or a match of one of the globs in the list?
bool is_known_metric(std::string_view name, Vocabulary const& vocabulary);

/// "the string \"abc\"", "1.5", "an object", ... for messages.
std::string shown_value(ConfigValue const& value);

}  // namespace nta
