#include "trainers/serving/prepared_input.hpp"

#include "libnta/core/error.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace nta {
namespace {

/// One value per item as a tensor.
template <class T, class Items, class Get>
at::Tensor gathered(Items const& items, at::ScalarType type, Get get) {
  at::Tensor out = at::empty({static_cast<std::int64_t>(items.size())}, at::TensorOptions(type));
  T* const values = out.mutable_data_ptr<T>();
  for (std::size_t i = 0; i < items.size(); ++i) values[i] = static_cast<T>(get(items[i]));
  return out;
}

template <class Items, class Get>
at::Tensor numbers(Items const& items, Get get) {
  return gathered<double>(items, at::kDouble, get);
}
template <class Items, class Get>
at::Tensor flags(Items const& items, Get get) {
  return gathered<bool>(items, at::kBool, get);
}

at::Tensor signed_log(at::Tensor const& mask, at::Tensor const& x) {
  return at::where(mask, at::sign(x) * at::log1p(at::abs(x)), x);
}

}  // namespace

PreparationSteps steps_of(Preparation const& preparation, bool is_sequence) {
  auto const& columns = preparation.columns;
  auto const has = [&](ColumnKind kind) {
    return std::ranges::find(columns, kind, &PreparedColumn::kind) != columns.end();
  };
  if (is_sequence) {
    auto const& fields = preparation.fields;
    return {true, false, false, std::ranges::any_of(fields, &PreparedField::log)};
  }
  return {false, has(ColumnKind::one_hot), has(ColumnKind::unknown),
          std::ranges::any_of(columns, &PreparedColumn::log)};
}

PreparedInput::PreparedInput(Preparation const& preparation, bool is_sequence)
    : steps_(steps_of(preparation, is_sequence)) {
  if (is_sequence) {
    auto const& fields = preparation.fields;
    n_inputs_ = static_cast<std::int64_t>(fields.size());
    log_mask_ = flags(fields, [](auto const& f) { return f.log; });
    shift_ = numbers(fields, [](auto const& f) { return f.shift; });
    scale_ = numbers(fields, [](auto const& f) { return f.scale; });
    return;
  }
  auto const& columns = preparation.columns;
  n_inputs_ = static_cast<std::int64_t>(preparation.inputs.size());
  source_ = gathered<std::int64_t>(columns, at::kLong, [](auto const& c) { return c.source; });
  category_ = numbers(columns, [](auto const& c) { return c.category; });
  one_hot_ = flags(columns, [](auto const& c) { return c.kind == ColumnKind::one_hot; });
  unknown_ = flags(columns, [](auto const& c) { return c.kind == ColumnKind::unknown; });
  fill_ = numbers(columns, [](auto const& c) { return c.fill; });
  log_mask_ = flags(columns, [](auto const& c) { return c.log; });
  lo_ = numbers(columns, [](auto const& c) { return c.lo; });
  hi_ = numbers(columns, [](auto const& c) { return c.hi; });
  shift_ = numbers(columns, [](auto const& c) { return c.shift; });
  scale_ = numbers(columns, [](auto const& c) { return c.scale; });
}

std::vector<PreparationTensor> PreparedInput::tensors() const {
  std::vector<PreparationTensor> out;
  auto const add = [&](char const* name, at::Tensor const& tensor, bool is_used) {
    if (is_used) out.push_back({name, tensor});
  };
  add("source", source_, !steps_.is_sequence);
  add("category", category_, steps_.one_hot);
  add("one_hot", one_hot_, steps_.one_hot);
  add("unknown", unknown_, steps_.unknown);
  add("fill", fill_, !steps_.is_sequence);
  add("log_mask", log_mask_, steps_.log);
  add("lo", lo_, !steps_.is_sequence);
  add("hi", hi_, !steps_.is_sequence);
  add("shift", shift_, true);
  add("scale", scale_, true);
  return out;
}

// See Note [Same operators in the script], here and below.
at::Tensor PreparedInput::encoded(at::Tensor const& raw) const {
  at::Tensor x = at::index_select(raw, 1, source_);
  if (steps_.one_hot) {
    at::Tensor const hit = at::logical_and(at::eq(x, category_), one_hot_).to(at::kDouble);
    x = at::where(one_hot_, hit, x);
    if (steps_.unknown) {  // hits per source column, back at each of its output columns
      at::Tensor const hits = at::index_add(at::zeros_like(raw), 1, source_, hit);
      return at::where(unknown_, 1.0 - at::index_select(hits, 1, source_), x);
    }
  } else if (steps_.unknown) {
    x = at::where(unknown_, 1.0, x);
  }
  return x;
}

at::Tensor PreparedInput::rows(at::Tensor const& raw) const {
  NTA_EXPECTS(!steps_.is_sequence && raw.dim() == 2 && raw.size(1) == n_inputs_, ErrorKind::data,
              "the model takes rows of {} raw columns, got {}", n_inputs_,
              raw.dim() == 2 ? raw.size(1) : -1);
  at::Tensor x = encoded(raw.to(at::kDouble));
  x = at::where(at::isfinite(x), x, fill_);
  if (steps_.log) x = signed_log(log_mask_, x);
  x = at::minimum(at::maximum(x, lo_), hi_);
  return ((x - shift_) / scale_).to(at::kFloat);
}

at::Tensor PreparedInput::sequences(at::Tensor const& raw, at::Tensor const& lengths) const {
  NTA_EXPECTS(steps_.is_sequence && raw.dim() == 3 && raw.size(2) == n_inputs_, ErrorKind::data,
              "the model takes sequences of {} fields, got {}", n_inputs_,
              raw.dim() == 3 ? raw.size(2) : -1);
  at::Tensor x = raw.to(at::kDouble);
  if (steps_.log) x = signed_log(log_mask_, x);
  x = ((x - shift_) / scale_).to(at::kFloat);
  at::Tensor const steps = at::arange(x.size(1), lengths.options()).unsqueeze(0);
  return x.masked_fill((steps >= lengths.unsqueeze(1)).unsqueeze(2), 0.0);
}

}  // namespace nta
