// Hard-decision metrics from a confusion matrix.
#include "trainers/metrics/classification.hpp"

#include "libnta/core/error.hpp"

#include <cmath>

namespace nta {

namespace {

double as_double(std::int64_t v) {
  return static_cast<double>(v);
}

double ratio_or_zero(std::int64_t numerator, std::int64_t denominator) {
  return denominator == 0 ? 0.0 : as_double(numerator) / as_double(denominator);
}

/// Row sums, column sums, hits and rows of a matrix.
struct Margins {
  std::vector<std::int64_t> truth, predicted;
  std::int64_t hits = 0, rows = 0;
};

Margins margins(ConfusionMatrix const& confusion) {
  Margins m;
  m.truth.resize(confusion.n_classes);
  m.predicted.resize(confusion.n_classes);
  for (std::size_t t = 0; t < confusion.n_classes; ++t) {
    for (std::size_t p = 0; p < confusion.n_classes; ++p) {
      std::int64_t const n = confusion.at(t, p);
      m.truth[t] += n;
      m.predicted[p] += n;
      m.rows += n;
      if (t == p) {
        m.hits += n;
      }
    }
  }
  return m;
}

bool one_class_only(std::vector<std::int64_t> const& sums) {
  int n_present = 0;
  for (std::int64_t const n : sums) {
    n_present += n > 0 ? 1 : 0;
  }
  return n_present < 2;
}

double sum_of_products(std::vector<std::int64_t> const& a, std::vector<std::int64_t> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += as_double(a[i]) * as_double(b[i]);
  }
  return sum;
}

}  // namespace

ConfusionMatrix confusion_matrix(std::span<std::int32_t const> targets,
                                 std::span<std::int32_t const> predictions, std::size_t n_classes) {
  NTA_EXPECTS(targets.size() == predictions.size(), ErrorKind::data, "{} targets, {} predictions",
              targets.size(), predictions.size());
  ConfusionMatrix confusion{n_classes, std::vector<std::int64_t>(n_classes * n_classes)};
  auto const limit = static_cast<std::int32_t>(n_classes);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] < 0) {
      continue;
    }
    NTA_EXPECTS(targets[i] < limit && predictions[i] >= 0 && predictions[i] < limit,
                ErrorKind::data, "row {}: class {} predicted as {}, of {} classes", i, targets[i],
                predictions[i], n_classes);
    auto const truth = static_cast<std::size_t>(targets[i]);
    ++confusion.counts[truth * n_classes + static_cast<std::size_t>(predictions[i])];
  }
  return confusion;
}

ClassCounts class_counts(ConfusionMatrix const& confusion, std::size_t of_class) {
  ClassCounts counts;
  for (std::size_t t = 0; t < confusion.n_classes; ++t) {
    for (std::size_t p = 0; p < confusion.n_classes; ++p) {
      bool const is_true = t == of_class;
      bool const is_predicted = p == of_class;
      std::int64_t& cell =
          is_true ? (is_predicted ? counts.tp : counts.fn) : (is_predicted ? counts.fp : counts.tn);
      cell += confusion.at(t, p);
    }
  }
  return counts;
}

PrecisionRecall precision_recall(ClassCounts counts) {
  return {.precision = ratio_or_zero(counts.tp, counts.tp + counts.fp),
          .recall = ratio_or_zero(counts.tp, counts.tp + counts.fn),
          .f1 = ratio_or_zero(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn),
          .no_prediction = counts.tp + counts.fp == 0,
          .no_truth = counts.tp + counts.fn == 0};
}

std::optional<double> false_positive_rate(ClassCounts counts) {
  if (counts.fp + counts.tn == 0) {
    return std::nullopt;
  }
  return as_double(counts.fp) / as_double(counts.fp + counts.tn);
}

std::optional<double> accuracy(ConfusionMatrix const& confusion) {
  Margins const m = margins(confusion);
  if (m.rows == 0) {
    return std::nullopt;
  }
  return as_double(m.hits) / as_double(m.rows);
}

std::optional<double> balanced_accuracy(ConfusionMatrix const& confusion,
                                        std::span<std::uint8_t const> seen) {
  Margins const m = margins(confusion);
  double sum = 0;
  int n_present = 0;
  for (std::size_t c = 0; c < confusion.n_classes; ++c) {
    if (m.truth[c] == 0 || seen[c] == 0) {
      continue;
    }
    sum += as_double(confusion.at(c, c)) / as_double(m.truth[c]);
    ++n_present;
  }
  if (n_present == 0) {
    return std::nullopt;
  }
  return sum / n_present;
}

std::optional<PrecisionRecall> averaged(ConfusionMatrix const& confusion,
                                        std::span<std::uint8_t const> seen, Average average) {
  ClassCounts total;
  PrecisionRecall sum;
  double weight_sum = 0;
  int n_present = 0;
  for (std::size_t c = 0; c < confusion.n_classes; ++c) {
    ClassCounts const counts = class_counts(confusion, c);
    if (seen[c] == 0 || counts.tp + counts.fp + counts.fn == 0) {
      continue;
    }
    ++n_present;
    total.tp += counts.tp;
    total.fp += counts.fp;
    total.fn += counts.fn;
    PrecisionRecall const one = precision_recall(counts);
    double const weight = average == Average::weighted ? as_double(counts.tp + counts.fn) : 1.0;
    weight_sum += weight;
    sum.precision += weight * one.precision;
    sum.recall += weight * one.recall;
    sum.f1 += weight * one.f1;
    sum.no_prediction = sum.no_prediction || one.no_prediction;
    sum.no_truth = sum.no_truth || one.no_truth;
  }
  if (n_present == 0) {
    return std::nullopt;
  }
  if (average == Average::micro) {
    return precision_recall(total);
  }
  if (weight_sum == 0) {
    return std::nullopt;
  }
  sum.precision /= weight_sum;
  sum.recall /= weight_sum;
  sum.f1 /= weight_sum;
  return sum;
}

std::optional<double> matthews(ConfusionMatrix const& confusion) {
  Margins const m = margins(confusion);
  if (one_class_only(m.truth) || one_class_only(m.predicted)) {
    return std::nullopt;
  }
  double const rows = as_double(m.rows);
  double const numerator = as_double(m.hits) * rows - sum_of_products(m.truth, m.predicted);
  double const spread_truth = rows * rows - sum_of_products(m.truth, m.truth);
  double const spread_predicted = rows * rows - sum_of_products(m.predicted, m.predicted);
  return numerator / (std::sqrt(spread_truth) * std::sqrt(spread_predicted));
}

std::optional<double> cohen_kappa(ConfusionMatrix const& confusion) {
  Margins const m = margins(confusion);
  if (one_class_only(m.truth)) {
    return std::nullopt;
  }
  double const rows = as_double(m.rows);
  double const chance = sum_of_products(m.truth, m.predicted) / rows;
  return (as_double(m.hits) - chance) / (rows - chance);
}

}  // namespace nta
