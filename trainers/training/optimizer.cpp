#include "trainers/training/optimizer.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace nta {
namespace {

constexpr std::int64_t kAlignment = 16;

std::int64_t round_up(std::int64_t n) {
  return (n + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Optimizer::Optimizer(OptimizerConfig const& rules, ClipConfig const& clip, Model& model)
    : rules_(rules), clip_(clip) {
  lay_out(model);
  at::NoGradGuard const no_grad;
  auto const options =
      at::TensorOptions(at::kFloat)
          .device(model.parameters().empty() ? at::Device(at::kCPU)
                                             : model.parameters()[0].tensor.device());
  values_ = at::zeros({n_total_}, options);
  gradients_ = at::zeros({n_total_}, options);
  first_ = at::zeros({n_total_}, options);
  if (rules_.kind != OptimizerKind::sgd) {
    second_ = at::zeros({n_total_}, options);
  }
  step_count_ = at::zeros({}, options);
  lr_ = at::zeros({}, options);
  found_ = at::zeros({}, options);
  norm_ = at::zeros({}, options);
  skips_ = at::zeros({3}, options);
  for (auto& [name, tensor, decays] : model.parameters()) {
    auto const slice =
        std::find_if(slices_.begin(), slices_.end(),
                     [&, wanted = &name](auto const& s) { return s.name == *wanted; });
    auto view = values_.narrow(0, slice->offset, slice->size).view(slice->shape);
    view.copy_(tensor);
    tensor = view.detach().requires_grad_(true);
    tensor.mutable_grad() = gradients_.narrow(0, slice->offset, slice->size).view(slice->shape);
  }
  auto const add_segment = [&](double decay, std::int64_t begin, std::int64_t end) {
    if (begin == end) {
      return;
    }
    auto const part = [&](at::Tensor const& flat) { return flat.narrow(0, begin, end - begin); };
    Segment segment{decay, {part(values_)}, {part(gradients_)}, {part(first_)}, {}, {}};
    if (second_.defined()) {
      segment.second = {part(second_)};
    }
    segment.steps = {step_count_};
    segments_.push_back(std::move(segment));
  };
  add_segment(rules_.weight_decay, 0, n_decaying_);
  add_segment(0, n_decaying_, n_total_);
}

void Optimizer::lay_out(Model const& model) {
  for (bool const decays : {true, false}) {
    for (auto const& parameter : model.parameters()) {
      if (parameter.decays != decays) {
        continue;
      }
      auto const size = parameter.tensor.numel();
      slices_.push_back({parameter.name, parameter.tensor.sizes().vec(), n_total_, size});
      n_total_ += round_up(size);
    }
    if (decays) {
      n_decaying_ = n_total_;
    }
  }
}

void Optimizer::zero_grad() {
  gradients_.zero_();
}

void Optimizer::step(double lr) {
  at::NoGradGuard const no_grad;
  norm_ = at::linalg_vector_norm(gradients_);
  found_ = at::isfinite(norm_).logical_not().to(at::kFloat);
  auto total = skips_.select(0, 0), in_a_row = skips_.select(0, 1), longest = skips_.select(0, 2);
  total.add_(found_);
  in_a_row.add_(found_).mul_(found_);
  at::maximum_out(longest, longest, in_a_row);
  if (clip_.norm) {
    gradients_.mul_((*clip_.norm / (norm_ + 1e-6)).clamp_max(1.0));
  }
  if (clip_.value) {
    gradients_.clamp_(-*clip_.value, *clip_.value);
  }
  lr_.fill_(lr);
  step_count_.add_(1).sub_(found_);  // a skipped step does not count for the bias correction
  for (auto& segment : segments_) {
    update(segment);
  }
}

void Optimizer::update(Segment& s) {
  auto const& r = rules_;
  switch (r.kind) {
    case OptimizerKind::adamw:
      at::_fused_adamw_(s.values, s.gradients, s.first, s.second, {}, s.steps, lr_, r.betas[0],
                        r.betas[1], s.weight_decay, r.eps, false, false, {}, found_);
      break;
    case OptimizerKind::adam:
      at::_fused_adam_(s.values, s.gradients, s.first, s.second, {}, s.steps, lr_, r.betas[0],
                       r.betas[1], s.weight_decay, r.eps, false, false, {}, found_);
      break;
    case OptimizerKind::sgd:
      at::_fused_sgd_(s.values, s.gradients, r.momentum == 0 ? at::TensorList{} : s.first,
                      s.weight_decay, r.momentum, lr_, 0.0, r.nesterov, false, false, {}, found_);
      break;
  }
}

SkipCounts Optimizer::skip_counts() const {
  auto const on_host = skips_.to(at::kCPU);
  float const* const counts = on_host.const_data_ptr<float>();
  return {static_cast<std::int64_t>(counts[0]), static_cast<std::int64_t>(counts[2])};
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> out;
  auto const add = [&](std::string const& prefix, at::Tensor const& flat) {
    for (auto const& slice : slices_) {
      out.push_back(
          {prefix + slice.name, flat.narrow(0, slice.offset, slice.size).view(slice.shape)});
    }
  };
  bool const sgd = rules_.kind == OptimizerKind::sgd;
  add(sgd ? "mom/" : "m/", first_);
  if (!sgd) {
    add("v/", second_);
  }
  out.push_back({"steps", step_count_});
  out.push_back({"skips", skips_});
  return out;
}

}  // namespace nta
