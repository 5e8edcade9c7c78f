// Between files and LoadedConfig: composed, filled in and checked, but not yet known to be right.
#pragma once

#include "libnta/config/compose.hpp"
#include "libnta/config/experiment.hpp"
#include "libnta/config/field_type.hpp"
#include "libnta/config/issues.hpp"
#include "libnta/config/load.hpp"

namespace nta {

struct ResolvedTree {
  ConfigValue root;   ///< all edits applied, environment filled in
  Json resolved;      ///< with all defaults, as it is kept
  std::string stem;   ///< of the file, the default name
  int n_sources = 0;  ///< texts so far
};

struct ExperimentDraft {
  Composed composed;
  std::string stem;
  Experiment experiment;  ///< bad values replaced by their defaults
};

/// Checks everything about a composed experiment; adds issues, throws none.
ExperimentDraft check_experiment(Composed composed, std::string stem, LoadOptions const& options,
                                 IssueList& issues);

/// Throws what was found, else completes.
LoadedConfig finish_experiment(ExperimentDraft draft, IssueList const& issues);

/// The file's stem as a name: signs that a name may not have become '-'.
std::string default_name(std::filesystem::path const& path);

/// The field under `path` in a tree: list elements and the kind of a variant are those of `value`.
/// Null if there is none.
FieldType const* find_type(FieldType const& root, ConfigValue const& value, KeyPath const& path);

/// A field's own line; null for list elements and map members.
FieldSpec const* find_spec(FieldType const& root, ConfigValue const& value, KeyPath const& path);

}  // namespace nta
