// The list of host window columns with their formulas; host_windows.hpp publishes its names.
#pragma once

#include "libnta/flows/host_windows.hpp"

#include <cstdint>
#include <span>

namespace nta {

/// Exactly one of the two is not null.
struct HostColumn {
  SeriesColumnInfo info;
  std::int64_t (*integer)(HostRow const&) = nullptr;
  double (*real)(HostRow const&) = nullptr;
};

std::span<HostColumn const> host_columns();

}  // namespace nta
