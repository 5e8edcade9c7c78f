// Flows as `nta features` computes them -> the raw rows that a model takes, by column name.
#pragma once

#include "libnta/flows/feature_table.hpp"
#include "libnta/flows/profile.hpp"
#include "libnta/flows/stream_meter.hpp"
#include "trainers/datasets/dataset.hpp"
#include "trainers/serving/scorer.hpp"

#include <vector>

namespace nta {

/// The flow rules that the model was trained with. Error(data) if its document does not parse or
/// its hash is another.
Profile profile_of_model(ModelMeta const& meta);

/// What must be computed for it. Error(data) with both hashes if this program's feature set of that
/// name is another one.
MeterOptions meter_of_model(ModelMeta const& meta);

/// Scored flows of one table. Flows without a packet of the kind that the model's sequences hold
/// have no score: `scored` are the positions of those that have one, in table order.
struct FlowScores {
  FeatureTable table;
  Scores scores;
  std::vector<std::size_t> scored;
};

/// Error(data) if the table lacks a column, has another profile, or no such sequences.
FlowScores score_flows(LoadedModel& model, FeatureTable table);

}  // namespace nta
