// Tables through a streaming meter in one call, and feature tables as text that compares whole.
#pragma once

#include "libnta/flows/feature_file.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "tests/flows/traffic.hpp"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace nta::test {

inline FeatureTable meter(std::vector<PacketTable> const& tables, MeterOptions const& options = {},
                          Profile profile = load_profile("nta")) {
  StreamMeter meter(std::move(profile), options);
  for (auto const& table : tables) {
    meter.add(table, one_link());
  }
  return meter.finish();
}

inline std::string csv(FeatureTable const& table) {
  std::ostringstream out;
  write_csv(table, out);
  return out.str();
}

inline MeterOptions with_sequence(int n) {
  MeterOptions options;
  options.sequence.n = n;
  return options;
}

}  // namespace nta::test
