#include "trainers/serving/scorer.hpp"

#include "libnta/core/error.hpp"
#include "trainers/metrics/threshold.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <functional>

namespace nta {
namespace {

constexpr std::size_t kBlockRows = 8192;  // bounds the memory of the layers in between

void append(at::Tensor const& values, std::vector<double>& out) {
  at::Tensor const wide = values.to(at::kDouble).contiguous();
  double const* const first = wide.const_data_ptr<double>();
  out.insert(out.end(), first, first + wide.numel());
}

std::vector<std::uint8_t> normal_flags(ModelMeta const& meta) {
  std::vector<std::uint8_t> flags;
  for (std::string const& name : meta.classes) {
    flags.push_back(std::ranges::find(meta.normal_classes, name) != meta.normal_classes.end());
  }
  return flags;
}

void judge_classes(ModelMeta const& meta, Scores& scores) {
  std::vector<std::uint8_t> const normal = normal_flags(meta);
  ClassProbabilities const probabilities{scores.probability, normal};
  auto const n_normal = static_cast<std::size_t>(std::ranges::count(normal, 1));
  bool const can_alarm = n_normal > 0 && n_normal < normal.size();
  if (can_alarm) scores.score = attack_scores(probabilities);
  if (!can_alarm || !meta.threshold) {
    scores.class_id = arg_max_classes(probabilities);
    return;
  }
  scores.class_id = thresholded_classes(probabilities, meta.threshold->value);
  scores.alarm = alarms(scores.score, meta.threshold->value);
}

/// Adds one block's output to the scores.
void collect(LoadedModel const& loaded, at::Tensor const& output, at::Tensor const& x,
             Scores& scores) {
  switch (loaded.model->graph().output) {
    case ModelOutput::logits:
      append(class_probabilities(output), scores.probability);
      break;
    case ModelOutput::reconstruction:
      append(reconstruction_score(output, x, loaded.statistics), scores.score);
      break;
    case ModelOutput::value:
      append(output, scores.score);
      break;
  }
}

void finish(LoadedModel const& loaded, Scores& scores) {
  ModelMeta const& meta = loaded.meta;
  switch (loaded.model->graph().output) {
    case ModelOutput::logits:
      scores.n_classes = meta.classes.size();
      judge_classes(meta, scores);
      break;
    case ModelOutput::reconstruction:
      if (meta.threshold) scores.alarm = alarms(scores.score, meta.threshold->value);
      break;
    case ModelOutput::value:
      for (double& value : scores.score) {
        value = value * meta.preparation.target.scale + meta.preparation.target.shift;
      }
      break;
  }
}

using Block = std::function<at::Tensor(std::int64_t first, std::int64_t count)>;

Scores score_blocks(LoadedModel& loaded, std::size_t n_rows, Block const& prepared,
                    at::Tensor const& lengths) {
  c10::InferenceMode const inference;
  Scores scores;
  scores.n_rows = n_rows;
  for (std::size_t first = 0; first < n_rows; first += kBlockRows) {
    auto const start = static_cast<std::int64_t>(first);
    auto const count = static_cast<std::int64_t>(std::min(kBlockRows, n_rows - first));
    at::Tensor const x = prepared(start, count);
    at::Tensor const part = lengths.defined() ? lengths.narrow(0, start, count) : at::Tensor();
    collect(loaded, loaded.model->forward(x, part, false), x, scores);
  }
  finish(loaded, scores);
  return scores;
}

template <class T>
at::Tensor borrowed(std::vector<T> const& values, std::vector<std::int64_t> const& shape,
                    at::ScalarType type) {
  // from_blob takes no const pointer; nothing writes through these views.
  return at::from_blob(const_cast<T*>(values.data()), shape, at::TensorOptions(type));
}

std::string listed(std::vector<std::string> const& names) {
  std::string out;
  for (std::string const& name : names) out += (out.empty() ? "" : " ") + name;
  return out;
}

}  // namespace

at::Tensor view_of(Matrix const& rows) {
  return borrowed(
      rows.values,
      {static_cast<std::int64_t>(rows.n_rows), static_cast<std::int64_t>(rows.n_columns)},
      at::kDouble);
}

at::Tensor view_of(SequenceBlock const& block) {
  return borrowed(
      block.values,
      {static_cast<std::int64_t>(block.length.size()), static_cast<std::int64_t>(block.n_steps),
       static_cast<std::int64_t>(block.n_fields)},
      at::kDouble);
}

at::Tensor view_of(std::vector<std::int64_t> const& lengths) {
  return borrowed(lengths, {static_cast<std::int64_t>(lengths.size())}, at::kLong);
}

at::Tensor native_output(LoadedModel& loaded, at::Tensor const& raw, at::Tensor const& lengths) {
  c10::InferenceMode const inference;
  at::Tensor const x =
      loaded.model->is_sequence() ? loaded.input.sequences(raw, lengths) : loaded.input.rows(raw);
  return loaded.model->forward(x, lengths, false);
}

Scores score_rows(LoadedModel& loaded, Matrix const& raw) {
  NTA_EXPECTS(!loaded.model->is_sequence(), ErrorKind::data,
              "the model {} takes packet sequences, not flow features", loaded.meta.name);
  at::Tensor const all = view_of(raw);
  auto const prepared = [&](std::int64_t first, std::int64_t count) {
    return loaded.input.rows(all.narrow(0, first, count));
  };
  return score_blocks(loaded, raw.n_rows, prepared, {});
}

Scores score_rows(LoadedModel& loaded, SequenceBlock const& raw) {
  NTA_EXPECTS(loaded.model->is_sequence(), ErrorKind::data,
              "the model {} takes flow features, not packet sequences", loaded.meta.name);
  at::Tensor const all = view_of(raw), lengths = view_of(raw.length);
  auto const prepared = [&](std::int64_t first, std::int64_t count) {
    return loaded.input.sequences(all.narrow(0, first, count), lengths.narrow(0, first, count));
  };
  return score_blocks(loaded, raw.length.size(), prepared, lengths);
}

std::vector<std::size_t> match_columns(ModelMeta const& meta, std::string_view profile_sha256,
                                       std::vector<std::string> const& columns) {
  NTA_EXPECTS(meta.features.profile_sha256 == profile_sha256, ErrorKind::data,
              "model {} was trained on flows of profile {}, these are of {}; compute them with the "
              "model's profile",
              meta.name, meta.features.profile_sha256, profile_sha256);
  std::vector<std::string> const& wanted =
      meta.sequence.n_steps > 0 ? meta.sequence.fields : meta.features.names;
  std::vector<std::size_t> out;
  for (std::string const& name : wanted) {
    auto const found = std::ranges::find(columns, name);
    NTA_EXPECTS(found != columns.end(), ErrorKind::data,
                "model {} needs column {}; it takes: {}; there are: {}", meta.name, name,
                listed(wanted), listed(columns));
    out.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  return out;
}

}  // namespace nta
