// A feature set: published names in a published order (`feature_sets/*.json`), or a selection of
// them. Its hash goes into feature files and models, which refuse another list.
#pragma once

#include "libnta/core/glob.hpp"
#include "libnta/flows/features/formula_list.hpp"
#include "libnta/flows/flow_set.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Globs (`*`, `?`) over names; include empty = all; exclude is applied after include.
struct FeatureSelection {
  std::string set = "nta";
  std::vector<std::string> include{}, exclude{};
};

struct FeatureSet {
  std::string name;
  SetFamily family = SetFamily::nta;
  std::vector<int> ids;  // positions in the family's list, in the set's order
  std::string sha256;    // of the ordered (name, unit, type, formula version) list
  std::size_t size() const { return ids.size(); }
};

/// Error(usage): unknown set, a glob that matches no name of the set, or nothing left.
FeatureSet select_features(FeatureSelection const& selection);

/// The sets there are.
std::vector<std::string> feature_set_names();

/// The family of a set by its name; nta for names that are not ours.
SetFamily family_of_set(std::string_view set_name);

/// All features of a family, in the order of their ids.
std::vector<FeatureDescription> const& features_of(SetFamily family);

/// Their names.
std::vector<std::string> feature_names(SetFamily family = SetFamily::nta);

/// A row of the documentation.
struct FeatureDoc {
  std::string name, unit, type, definition;  // type: i64, f64
};
std::vector<FeatureDoc> feature_docs(FeatureSet const& set);

/// The same as aligned text, a line per feature.
std::string feature_list_text(FeatureSet const& set);

}  // namespace nta
