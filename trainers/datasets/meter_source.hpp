// The reader that experiments use: captures through ingest and meter, shards, feature files.
#pragma once

#include "libnta/config/experiment.hpp"
#include "libnta/core/exec.hpp"
#include "libnta/flows/sequence.hpp"
#include "trainers/datasets/dataset_builder.hpp"
#include "trainers/datasets/table_source.hpp"

#include <string>
#include <vector>

namespace nta {

/// Every capture file is an ingest of its own. The whole feature set is computed: label rules may
/// need columns that the model does not see, and the set's hash stays the published one.
/// `notes` gains a line per capture that ends early; it must outlive the reader.
TableReader make_table_reader(Experiment const& experiment, Exec exec,
                              std::vector<std::string>& notes);

/// The sequences that a configuration asks for, as meters take them.
SequenceSpec sequence_spec(SequenceConfig const& config);

/// Sources of the experiment -> data set: what train, evaluate and worker call. Notes of the reader
/// go into the report.
BuiltDataset load_dataset(Experiment const& experiment, Exec exec);

}  // namespace nta
