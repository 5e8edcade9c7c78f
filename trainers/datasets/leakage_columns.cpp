// Findings about single columns of the training rows.
#include "libnta/core/glob.hpp"
#include "trainers/datasets/leakage.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

namespace nta {

namespace {

/// Values of the training rows in ascending order, with mean ranks of equal values.
struct Ranked {
  std::vector<std::size_t> order;  // training positions by value
  std::vector<double> rank;        // of each training position, from 1
  std::size_t n_distinct = 0;
  bool is_integer = true;
};

Ranked rank_column(std::vector<double> const& values) {
  Ranked ranked;
  ranked.order.resize(values.size());
  ranked.rank.resize(values.size());
  std::iota(ranked.order.begin(), ranked.order.end(), std::size_t{0});
  std::sort(ranked.order.begin(), ranked.order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i;
    while (end < values.size() && values[ranked.order[end]] == values[ranked.order[i]]) {
      ++end;
    }
    double const mean_rank = (static_cast<double>(i + 1) + static_cast<double>(end)) / 2;
    for (std::size_t j = i; j < end; ++j) {
      ranked.rank[ranked.order[j]] = mean_rank;
    }
    ++ranked.n_distinct;
    i = end;
  }
  ranked.is_integer =
      std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
  return ranked;
}

/// Spearman's correlation of the ranks with the row order; 0 for a constant column.
double correlation_with_order(std::vector<double> const& rank) {
  double const mean = (static_cast<double>(rank.size()) + 1) / 2;
  double both = 0, of_rank = 0, of_order = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    double const place = static_cast<double>(i + 1) - mean;
    both += (rank[i] - mean) * place;
    of_rank += (rank[i] - mean) * (rank[i] - mean);
    of_order += place * place;
  }
  return of_rank == 0 || of_order == 0 ? 0 : both / std::sqrt(of_rank * of_order);
}

/// Mann-Whitney from rank sums: one pass for all classes.
std::vector<double> one_vs_rest_auc(Ranked const& ranked, std::vector<std::int32_t> const& target,
                                    std::size_t n_classes) {
  std::vector<double> rank_sum(n_classes), n(n_classes);
  double total = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] < 0) {
      continue;
    }
    rank_sum[static_cast<std::size_t>(target[i])] += ranked.rank[i];
    n[static_cast<std::size_t>(target[i])] += 1;
    total += 1;
  }
  std::vector<double> auc(n_classes, 0.5);
  for (std::size_t k = 0; k < n_classes; ++k) {
    double const rest = total - n[k];
    if (n[k] == 0 || rest == 0) {
      continue;
    }
    auc[k] = (rank_sum[k] - n[k] * (n[k] + 1) / 2) / (n[k] * rest);
  }
  return auc;
}

}  // namespace

std::vector<std::string> identifying_columns(std::vector<std::string> const& names) {
  static constexpr std::array<std::string_view, 15> kGlobs{
      "*ttl*",    "window",   "*init_window*", "*init win*",   "*port",
      "*_port_*", "*_ip",     "*ip addr*",     "*address*",    "*_mac*",
      "start_s",  "start_ns", "*timestamp*",   "*first_seen*", "*last_seen*"};
  std::vector<std::string> found;
  for (std::string const& name : names) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    bool const hit = std::any_of(kGlobs.begin(), kGlobs.end(),
                                 [&](std::string_view glob) { return glob_matches(glob, lower); });
    if (hit) {
      found.push_back(name);
    }
  }
  return found;
}

ColumnFindings find_column_leakage(Dataset const& data) {
  ColumnFindings findings;
  std::vector<std::size_t> rows;
  std::vector<std::int32_t> target;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] != Part::train) {
      continue;
    }
    rows.push_back(i);
    target.push_back(data.target[i]);
  }
  if (rows.empty()) {
    return findings;
  }
  std::vector<double> values(rows.size());
  for (std::size_t c = 0; c < data.x.n_columns; ++c) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double const v = data.x.row(rows[i])[c];
      values[i] = std::isnan(v) ? INFINITY : v;  // missing ranks last; NaN would break the order
    }
    Ranked const ranked = rank_column(values);
    std::string const& name = data.feature_names[c];
    if (ranked.n_distinct == 1) {
      findings.constant.push_back(name);
      continue;
    }
    auto const n = static_cast<double>(rows.size());
    bool const counts_rows =
        ranked.is_integer && static_cast<double>(ranked.n_distinct) >= 0.95 * n;
    if (counts_rows || std::abs(correlation_with_order(ranked.rank)) > 0.99) {
      findings.id_like.push_back(name);
    }
    auto const auc = one_vs_rest_auc(ranked, target, data.classes.size());
    for (std::size_t k = 0; k < auc.size(); ++k) {
      double const either = std::max(auc[k], 1 - auc[k]);
      if (either > 0.99) {
        findings.giveaway.push_back({name, data.classes[k], either});
      }
    }
  }
  return findings;
}

}  // namespace nta
