// A checked tree -> the JSON that structs are read from, and the JSON that runs keep.
#pragma once

#include "libnta/config/field_type.hpp"
#include "libnta/config/issues.hpp"

#include <string>

namespace nta {

/// As the program uses it: environment filled in, paths joined to the folder of the file that names
/// them. Values that `issues` points at are left out, so that their defaults stand in for them.
Json used_json(ConfigValue const& root, FieldType const& type, IssueList const& issues);

/// As it is kept: ${env:...} as written, paths absolute, integers written as integers. A path whose
/// environment gives a relative path gets its folder in front of the expression.
Json saved_json(ConfigValue const& root, FieldType const& type);

/// Canonical text: two spaces, lists of scalars on one line, shortest numbers, final newline.
std::string canonical_text(Json const& value);

/// Issues for globs without a match, files that are not there, and files named twice.
void check_files(ConfigValue const& root, FieldType const& type, IssueList& issues);

}  // namespace nta
