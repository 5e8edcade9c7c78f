// What a run records about itself once, in run.json, and what a later resume compares with it.
#pragma once

#include "trainers/training/run_trial.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace nta {

/// Threads a training uses: the setting, or the processors of the affinity mask.
int thread_count(Experiment const& experiment);

/// Threads of the steps: the setting, else of the affinity mask as many as a step has work for. A
/// small step is slower on two cores than on one: each of its operators waits for both.
int step_threads(Experiment const& experiment, ModelShape const& shape);

/// Versions, machine, threads, data files, hashes, rows per part and class.
nlohmann::json run_facts(TrialRequest const& request, TrialData const& data, int threads);

/// What differs from the machine and program that began the run, so that the same bits are not
/// promised; empty if nothing.
std::string bit_exactness_note(nlohmann::json const& facts);

}  // namespace nta
