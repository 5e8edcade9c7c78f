// Fit: statistics of the training rows, column by column, in the design's order
// missing -> log -> outliers -> encode -> scale; each step sees what the one before it made.
#include "trainers/datasets/preparation.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/glob.hpp"
#include "trainers/datasets/order_stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace nta {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

double signed_log(double v) {
  return std::copysign(std::log1p(std::abs(v)), v);
}

bool any_matches(std::vector<std::string> const& globs, std::string const& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](std::string const& glob) { return glob_matches(glob, name); });
}

double fill_value(PreparationConfig const& config, std::vector<double> const& present) {
  if (config.missing.rule == MissingRule::constant) {
    return config.missing.value;
  }
  if (config.missing.rule == MissingRule::mean) {
    return mean_variance(present).mean;
  }
  std::vector<double> sorted = present;
  std::sort(sorted.begin(), sorted.end());
  return config.missing.rule == MissingRule::median ? quantile_sorted(sorted, 0.5)
                                                    : most_frequent_sorted(sorted);
}

/// Sets lo and hi and clips `values`; not where that would leave a single value of several.
void limit_outliers(OutliersConfig const& config, PreparedColumn& column,
                    std::vector<double>& values, Preparation& fitted) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  double const lo = quantile_sorted(sorted, config.low);
  double const hi = quantile_sorted(sorted, config.high);
  if (lo == hi) {
    if (sorted.front() != sorted.back()) {
      fitted.not_clipped.push_back(column.name);
    }
    return;
  }
  column.lo = lo;
  column.hi = hi;
  for (double& v : values) {
    v = std::min(std::max(v, lo), hi);
  }
}

struct ShiftScale {
  double shift = 0, scale = 1;
};

ShiftScale standard_scale(std::span<double const> values) {
  auto const [mean, variance] = mean_variance(values);
  auto const n = static_cast<double>(values.size());
  // A constant column's computed variance is rounding noise; scikit-learn's bound on it.
  double const noise = n * mean * kEpsilon;
  bool const constant = variance <= n * kEpsilon * variance + noise * noise;
  return {mean, constant ? 1.0 : std::sqrt(variance)};
}

ShiftScale fit_scale(ScaleRule rule, std::span<double const> values) {
  if (rule == ScaleRule::none) {
    return {};
  }
  if (rule == ScaleRule::standard) {
    return standard_scale(values);
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double shift = sorted.front();
  double range = sorted.back() - sorted.front();
  if (rule == ScaleRule::robust) {
    shift = quantile_sorted(sorted, 0.5);
    range = quantile_sorted(sorted, 0.75) - quantile_sorted(sorted, 0.25);
  }
  return {shift, range < 10 * kEpsilon ? 1.0 : range};
}

void finish_column(PreparationConfig const& config, PreparedColumn column,
                   std::span<double const> values, Preparation& fitted) {
  auto const [shift, scale] = fit_scale(config.scale.rule, values);
  column.shift = shift;
  column.scale = scale;
  fitted.columns.push_back(std::move(column));
}

PreparedColumn blank_column(std::string name, std::size_t source, ColumnKind kind) {
  return {.name = std::move(name),
          .source = static_cast<std::int32_t>(source),
          .kind = kind,
          .lo = -kInfinity,
          .hi = kInfinity};
}

std::vector<double> gather(Matrix const& x, std::size_t column, std::span<std::size_t const> rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (std::size_t const row : rows) {
    values.push_back(x.row(row)[column]);
  }
  return values;
}

void fit_numeric(PreparationConfig const& config, Dataset const& data, std::size_t source,
                 FitRows const& fit, Preparation& fitted) {
  std::string const& name = data.feature_names[source];
  std::vector<double> values = gather(data.x, source, fit.rows);
  std::vector<double> present;
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double v) { return std::isfinite(v); });
  if (present.empty()) {
    fitted.dropped.push_back(name);
    return;
  }
  PreparedColumn column = blank_column(name, source, ColumnKind::numeric);
  column.fill = fill_value(config, present);
  column.log = any_matches(config.log, name);
  for (double& v : values) {
    if (!std::isfinite(v)) {
      v = column.fill;
    }
    if (column.log) {
      v = signed_log(v);
    }
  }
  bool const clips = config.outliers.rule == OutlierRule::clip ||
                     (config.outliers.rule == OutlierRule::automatic && !fit.anomaly);
  if (clips) {
    limit_outliers(config.outliers, column, values, fitted);
  }
  finish_column(config, std::move(column), values, fitted);
}

/// Codes seen at least min_count times, ascending.
std::vector<double> categories_of(std::span<double const> values, int min_count) {
  std::map<double, int> counts;
  for (double const v : values) {
    if (std::isfinite(v)) {
      ++counts[v];
    }
  }
  std::vector<double> categories;
  for (auto const& [code, count] : counts) {
    if (count >= min_count) {
      categories.push_back(code);
    }
  }
  return categories;
}

void fit_one_hot(PreparationConfig const& config, Dataset const& data, std::size_t source,
                 FitRows const& fit, Preparation& fitted) {
  std::string const& name = data.feature_names[source];
  std::vector<double> const values = gather(data.x, source, fit.rows);
  std::vector<double> const categories =
      categories_of(gather(data.x, source, fit.category_rows), config.encode.min_count);
  if (categories.empty()) {
    fitted.dropped.push_back(name);
    return;
  }
  std::vector<double> encoded(values.size());
  std::vector<double> unknown(values.size(), 1.0);
  for (double const category : categories) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      encoded[i] = values[i] == category ? 1.0 : 0.0;
      unknown[i] -= encoded[i];
    }
    PreparedColumn column =
        blank_column(fmt::format("{}={:.17g}", name, category), source, ColumnKind::one_hot);
    column.category = category;
    finish_column(config, std::move(column), encoded, fitted);
  }
  if (config.encode.unknown == UnknownCategory::bucket) {
    finish_column(config, blank_column(name + "=unknown", source, ColumnKind::unknown), unknown,
                  fitted);
  }
}

void fit_fields(PreparationConfig const& config, SequenceBlock const& block, FitRows const& fit,
                Preparation& fitted) {
  if (block.n_steps == 0) {
    return;
  }
  for (std::size_t f = 0; f < block.n_fields; ++f) {
    PreparedField field{.name = block.field_names[f],
                        .log = any_matches(config.log, block.field_names[f])};
    std::vector<double> values;
    for (std::size_t const row : fit.rows) {
      auto const length = static_cast<std::size_t>(block.length[row]);
      for (std::size_t step = 0; step < length; ++step) {
        double const v = block.values[(row * block.n_steps + step) * block.n_fields + f];
        values.push_back(field.log ? signed_log(v) : v);
      }
    }
    NTA_EXPECTS(!values.empty(), ErrorKind::data, "no training sequence has a packet");
    auto const [shift, scale] = fit_scale(config.scale.rule, values);
    field.shift = shift;
    field.scale = scale;
    fitted.fields.push_back(std::move(field));
  }
}

PreparedTarget fit_target(TargetConfig const& config, Dataset const& data, FitRows const& fit) {
  if (data.target_value.empty() || config.rule == TargetRule::none) {
    return {};
  }
  std::vector<double> values;
  for (std::size_t const row : fit.rows) {
    values.push_back(data.target_value[row]);
  }
  auto const [shift, scale] = standard_scale(values);
  return {shift, scale};
}

}  // namespace

Preparation fit_preparation(PreparationConfig const& config, Dataset const& data,
                            FitRows const& fit) {
  NTA_EXPECTS(!fit.rows.empty(), ErrorKind::usage, "no training rows to fit the preparation on");
  Preparation fitted;
  fitted.inputs = data.feature_names;
  fitted.fitted_rows = static_cast<std::int64_t>(fit.rows.size());
  for (std::size_t source = 0; source < data.feature_names.size(); ++source) {
    if (any_matches(config.encode.columns, data.feature_names[source])) {
      fit_one_hot(config, data, source, fit, fitted);
    } else {
      fit_numeric(config, data, source, fit, fitted);
    }
  }
  fit_fields(config, data.sequence, fit, fitted);
  fitted.target = fit_target(config.target, data, fit);
  return fitted;
}

FitRows training_rows(Dataset const& data, bool anomaly) {
  FitRows found;
  found.anomaly = anomaly;
  for (std::size_t row = 0; row < data.size(); ++row) {
    if (data.part[row] != Part::train) {
      continue;
    }
    found.category_rows.push_back(row);
    if (!anomaly || data.normal[row]) {
      found.rows.push_back(row);
    }
  }
  return found;
}

}  // namespace nta
