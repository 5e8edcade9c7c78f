// Rules that tie several fields together: each names every path it looks at.
#pragma once

#include "libnta/config/experiment.hpp"
#include "libnta/config/issues.hpp"

namespace nta {

/// Adds issues to `issues`. A rule that looks at a place where `issues` already points is not
/// asked: its answer would be about a default that stands in for the bad value.
void cross_check(Experiment const& experiment, ConfigValue const& root, IssueList& issues);

}  // namespace nta
