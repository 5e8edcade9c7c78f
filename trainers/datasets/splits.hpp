// Rows -> train, validation, test, before anything is fitted. Pure functions of seed and rows: the
// same on every machine and for any number of threads.
#pragma once

#include "libnta/config/sections/data.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/datasets/utc_time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nta {

/// What a split may look at; all vectors have a value per row but unit_names.
struct SplitRows {
  std::vector<std::uint32_t> unit;  // stays whole; index into unit_names
  std::vector<std::string> unit_names;
  std::vector<std::int32_t> target;  // class id or -1
  std::vector<UtcTime> start, end;   // of the flow
  std::vector<SourcePart> named;     // part of its source
  std::size_t size() const { return unit.size(); }
};

/// official: the part of each row's source; without a validation source, whole units of train
/// become validation. capture: units in order of SHA-256("seed/unit"), each to the part that lacks
/// most rows of its rarest class. time: cut at the shares in time order; rows that start less than
/// gap_s after a cut, and flows that span one, are unused. Error(usage) for a free source in an
/// official split, or a train part of one unit to be cut.
std::vector<Part> split_rows(SplitKind kind, SplitConfig const& config, std::uint64_t seed,
                             SplitRows const& rows);

}  // namespace nta
