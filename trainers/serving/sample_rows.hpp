// Made-up raw inputs that look like what a preparation was fitted on: for golden rows and parity,
// so that an export needs no data and gives none away. A function of (preparation, seed) alone. No
// torch here.
#pragma once

#include "trainers/datasets/dataset.hpp"
#include "trainers/datasets/preparation.hpp"

#include <cstdint>

namespace nta {

/// Numeric columns: values within two scales of the fitted shift; codes: a fitted category, now and
/// then an unknown one. Columns that no prepared column reads are 0.
Matrix sample_rows(Preparation const& preparation, std::size_t n_rows, std::uint64_t seed);

/// Likewise; lengths 1 and n_steps come first, then anything between. Padding holds NaN on purpose:
/// it must not be looked at.
SequenceBlock sample_sequences(Preparation const& preparation, std::size_t n_rows,
                               std::size_t n_steps, std::uint64_t seed);

/// One row for each thing that breaks naive code: zeros, 1e30, -1e30, denormals of float64 and
/// float32, infinity, NaN.
Matrix hard_rows(std::size_t n_columns);
SequenceBlock hard_sequences(Preparation const& preparation, std::size_t n_steps);

}  // namespace nta
