#include "trainers/training/training_data.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/prefetch.hpp"
#include "libnta/core/sha256.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

namespace nta {
namespace {

constexpr std::int64_t kPrefetchRows = 8;

template <class T>
void hash_values(Sha256& hash, std::vector<T> const& values) {
  hash.update(std::as_bytes(std::span(values)));
}

void hash_names(Sha256& hash, std::vector<std::string> const& names) {
  for (auto const& name : names) {
    hash.update(name + "\n");
  }
  hash.update("\n");
}

/// Prepared rows of the data set as one tensor.
at::Tensor prepared_rows(Preparation const& preparation, Dataset const& data) {
  auto const n_rows = static_cast<std::int64_t>(data.size());
  auto const as_tensor = [](std::vector<float> const& values, std::vector<std::int64_t> shape) {
    auto out = at::empty(shape, at::kFloat);
    std::memcpy(out.data_ptr(), values.data(), values.size() * sizeof(float));
    return out;
  };
  if (data.sequence.n_steps > 0) {
    return as_tensor(apply_preparation(preparation, data.sequence),
                     {n_rows, static_cast<std::int64_t>(data.sequence.n_steps),
                      static_cast<std::int64_t>(data.sequence.n_fields)});
  }
  auto const matrix = apply_preparation(preparation, data.x);
  return as_tensor(matrix.values, {n_rows, static_cast<std::int64_t>(matrix.n_columns)});
}

/// Classes with training rows, in order of their ids.
std::vector<std::string> trained_classes(Dataset const& data) {
  std::vector<bool> seen(data.classes.size(), false);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::train && data.target[i] >= 0) {
      seen[static_cast<std::size_t>(data.target[i])] = true;
    }
  }
  std::vector<std::string> out;
  for (std::size_t c = 0; c < seen.size(); ++c) {
    if (seen[c]) {
      out.push_back(data.classes[c]);
    }
  }
  return out;
}

/// Output index per data set class, -1 for classes the model does not know.
std::vector<std::int64_t> output_index(TrainingData& out, Dataset const& data) {
  std::vector<std::int64_t> index(data.classes.size(), -1);
  for (std::size_t k = 0; k < out.output_classes.size(); ++k) {
    auto const found = std::find(data.classes.begin(), data.classes.end(), out.output_classes[k]);
    auto const id = found == data.classes.end() ? -1 : found - data.classes.begin();
    out.class_of_output.push_back(static_cast<std::int32_t>(id));
    if (id >= 0) {
      index[static_cast<std::size_t>(id)] = static_cast<std::int64_t>(k);
    }
  }
  return index;
}

void set_class_targets(TrainingData& out, Dataset const& data) {
  auto const index = output_index(out, data);
  out.shape.n_classes = static_cast<std::int64_t>(out.output_classes.size());
  out.target = at::empty({static_cast<std::int64_t>(data.size())}, at::kLong);
  auto* const target = out.target.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < data.size(); ++i) {
    target[i] = data.target[i] < 0 ? -1 : index[static_cast<std::size_t>(data.target[i])];
    out.learnable[i] = target[i] >= 0 ? 1 : 0;
  }
}

void set_value_targets(TrainingData& out, Dataset const& data) {
  out.target = at::empty({static_cast<std::int64_t>(data.size())}, at::kFloat);
  auto* const target = out.target.mutable_data_ptr<float>();
  auto const [shift, scale] = out.preparation.target;
  for (std::size_t i = 0; i < data.size(); ++i) {
    target[i] = static_cast<float>((data.target_value[i] - shift) / scale);
    out.learnable[i] = 1;
  }
}

void set_rows(TrainingData& out, Dataset const& data) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    bool const unknown = out.task == Task::anomaly && !data.normal[i] && data.target[i] < 0;
    if (data.part[i] == Part::unused || unknown) {
      continue;
    }  // unknown: neither side
    auto const row = static_cast<std::int64_t>(i);
    out.part_rows[static_cast<std::size_t>(data.part[i])].push_back(row);
    if (data.part[i] == Part::train && out.learnable[i] != 0) {
      out.train_rows.push_back(row);
    }
  }
  if (out.task != Task::classification) {
    return;
  }
  out.class_counts.assign(out.output_classes.size(), 0);
  auto const* const target = out.target.const_data_ptr<std::int64_t>();
  for (auto const row : out.train_rows) {
    ++out.class_counts[static_cast<std::size_t>(target[row])];
  }
}

void check_lengths(Dataset const& data) {
  auto const n_steps = static_cast<std::int64_t>(data.sequence.n_steps);
  for (std::size_t i = 0; i < data.sequence.length.size(); ++i) {
    auto const length = data.sequence.length[i];
    NTA_EXPECTS(length >= 1 && length <= n_steps, ErrorKind::data,
                "row {} has a sequence of {} packets; 1 to {} are possible", i, length, n_steps);
  }
}

}  // namespace

std::vector<std::int64_t> TrainingData::loss_rows(Part part) const {
  std::vector<std::int64_t> out;
  for (auto const row : part_rows[static_cast<std::size_t>(part)]) {
    if (learnable[static_cast<std::size_t>(row)] != 0) {
      out.push_back(row);
    }
  }
  return out;
}

TrainingData prepare_with(Experiment const& experiment, Dataset const& data,
                          Preparation const& preparation,
                          std::vector<std::string> const& output_classes) {
  check_lengths(data);
  TrainingData out;
  out.task = experiment.task;
  out.preparation = preparation;
  out.output_classes = output_classes;
  out.learnable.assign(data.size(), 0);
  out.x = prepared_rows(preparation, data);
  out.shape.n_features = out.x.size(-1);
  if (data.sequence.n_steps > 0) {
    out.shape.n_steps = out.x.size(1);
    out.lengths = at::empty({out.x.size(0)}, at::kLong);
    std::copy(data.sequence.length.begin(), data.sequence.length.end(),
              out.lengths.mutable_data_ptr<std::int64_t>());
  }
  auto const& normal = experiment.data.labels.normal;
  for (auto const& name : data.classes) {
    out.normal_class.push_back(std::find(normal.begin(), normal.end(), name) != normal.end());
  }
  switch (out.task) {
    case Task::classification:
      set_class_targets(out, data);
      break;
    case Task::regression:
      set_value_targets(out, data);
      break;
    case Task::anomaly:
      for (std::size_t i = 0; i < data.size(); ++i) {
        out.learnable[i] = data.normal[i] ? 1 : 0;
      }
      break;
  }
  set_rows(out, data);
  return out;
}

TrainingData prepare_training(Experiment const& experiment, Dataset const& data) {
  bool const anomaly = experiment.task == Task::anomaly;
  auto const preparation =
      fit_preparation(experiment.preparation, data, training_rows(data, anomaly));
  auto const classes =
      experiment.task == Task::classification ? trained_classes(data) : std::vector<std::string>{};
  auto out = prepare_with(experiment, data, preparation, classes);
  NTA_EXPECTS(!out.train_rows.empty(), ErrorKind::usage,
              "the training part has no {} row to learn from; see data.split and data.labels",
              anomaly ? "normal" : "labelled");
  NTA_EXPECTS(!out.loss_rows(Part::validation).empty(), ErrorKind::usage,
              "the validation part has no {} row to judge by; see data.split and data.labels",
              anomaly ? "normal" : "labelled");
  return out;
}

std::string dataset_sha256(Dataset const& data) {
  Sha256 hash;
  hash_names(hash, data.feature_names);
  hash_names(hash, data.sequence.field_names);
  hash_names(hash, data.classes);
  hash_names(hash, data.capture_sha256);
  hash_names(hash, data.capture_group);
  hash_values(hash, data.x.values);
  hash_values(hash, data.sequence.values);
  hash_values(hash, data.sequence.length);
  hash_values(hash, data.target);
  hash_values(hash, data.target_value);
  hash_values(hash, std::vector<std::uint8_t>(data.normal.begin(), data.normal.end()));
  hash_values(hash, data.part);
  return to_hex(hash.digest());
}

void gather_rows(at::Tensor const& source, std::span<std::int64_t const> rows,
                 at::Tensor const& out) {
  auto const row_bytes = source.nbytes() / static_cast<std::size_t>(source.size(0));
  auto const* const from = static_cast<char const*>(source.const_data_ptr());
  auto* to = static_cast<char*>(out.mutable_data_ptr());
  auto const at = [&](std::int64_t row) {
    return from + static_cast<std::size_t>(row) * row_bytes;
  };
  auto const n = static_cast<std::int64_t>(rows.size());
  for (std::int64_t i = 0; i < n; ++i, to += row_bytes) {
    if (i + kPrefetchRows < n) {
      prefetch_line(at(rows[static_cast<std::size_t>(i + kPrefetchRows)]));
    }
    std::memcpy(to, at(rows[static_cast<std::size_t>(i)]), row_bytes);
  }
}

Batch batch_of(TrainingData const& data, std::span<std::int64_t const> rows) {
  auto const gathered = [&](at::Tensor const& source) {
    if (!source.defined()) {
      return at::Tensor();
    }
    auto shape = source.sizes().vec();
    shape[0] = static_cast<std::int64_t>(rows.size());
    auto out = at::empty(shape, source.scalar_type());
    gather_rows(source, rows, out);
    return out;
  };
  return {gathered(data.x), gathered(data.lengths), gathered(data.target), {}};
}

}  // namespace nta
