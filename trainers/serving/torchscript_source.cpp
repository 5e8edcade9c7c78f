// Note [Same operators in the script]
// Each line below is the call that models/model.cpp, models/row_score.cpp and
// serving/prepared_input.cpp make, in the same order, so that script and native scores are equal
// bit for bit; parity.json of every export proves it. Whoever changes one changes the other.
#include "trainers/serving/torchscript_source.hpp"

#include "libnta/core/error.hpp"

#include <cmath>

namespace nta {
namespace {

std::string signature(std::string_view method, bool is_sequence, std::string_view result) {
  return fmt::format("def {}(self, x: Tensor{}) -> {}:\n", method,
                     is_sequence ? ", lengths: Tensor" : "", result);
}
std::string_view arguments(bool is_sequence) {
  return is_sequence ? "x, lengths" : "x";
}

constexpr std::string_view kSignedLog =
    "    x = torch.where(self.log_mask, torch.sign(x) * torch.log1p(torch.abs(x)), x)\n";
constexpr std::string_view kSteps =
    "torch.unsqueeze(torch.arange(x.size(1), dtype=4, device=x.device), 0)";

std::string one_direction(std::string_view in, std::string_view out, std::string_view weights,
                          LstmLayer const& layer, std::int64_t number) {
  std::string const dropout = float_text(layer.bidirectional ? 0 : layer.dropout);
  std::int64_t const stacked = layer.bidirectional ? 1 : layer.layers;
  return fmt::format(
      "    {1}, h{2}, c{2} = torch.lstm({0}, [h, h], {3}, True, {4}, {5}, self.training, False, "
      "True)\n",
      in, out, number, weights, stacked, dropout);
}

std::string lstm_source(LstmLayer const& layer) {
  std::string names;
  LayerGraph alone;
  alone.layers.push_back({"w", layer, "x"});
  std::vector<TensorSpec> const specs = tensor_specs(alone);
  for (TensorSpec const& spec : specs) names += ", self." + spec.name.substr(2);
  std::string text = "def weights(self) -> List[Tensor]:\n    return [" + names.substr(2) + "]\n";
  text += signature("forward", true, "Tensor");
  text += fmt::format("    h = torch.zeros([{}, x.size(0), {}], dtype=x.dtype, device=x.device)\n",
                      layer.bidirectional ? 1 : layer.layers, layer.hidden);
  if (!layer.bidirectional) {
    return text + one_direction("x", "x", "self.weights()", layer, 0) + "    return x\n";
  }
  // Valid steps in reverse order, padding where it was.
  text += fmt::format("    t = {}\n    e = torch.unsqueeze(lengths, 1)\n", kSteps);
  text += "    r = torch.unsqueeze(torch.where(torch.lt(t, e), e - 1 - t, t), 2)\n";
  text += "    w = self.weights()\n";
  for (std::int64_t i = 0; i < layer.layers; ++i) {
    if (i > 0) {
      text +=
          fmt::format("    x = torch.dropout(x, {}, self.training)\n", float_text(layer.dropout));
    }
    auto const slice = [](std::int64_t n) { return fmt::format("w[{}:{}]", 4 * n, 4 * n + 4); };
    text += "    b = torch.gather(x, 1, r.expand([-1, -1, x.size(2)]))\n";
    text += one_direction("x", "a", slice(2 * i), layer, 2 * i);
    text += one_direction("b", "b", slice(2 * i + 1), layer, 2 * i + 1);
    text += "    b = torch.gather(b, 1, r.expand([-1, -1, b.size(2)]))\n";
    text += "    x = torch.cat([a, b], 2)\n";
  }
  return text + "    return x\n";
}

std::string pool_lines(Pool over) {
  if (over == Pool::last) {
    return "    i = (lengths - 1).view([-1, 1, 1]).expand([-1, 1, x.size(2)])\n"
           "    x = torch.squeeze(torch.gather(x, 1, i), 1)\n";
  }
  std::string const mask = fmt::format(
      "    m = torch.unsqueeze(torch.ge({}, torch.unsqueeze(lengths, 1)), 2)\n", kSteps);
  if (over == Pool::max) {
    return mask + "    x = torch.amax(torch.masked_fill(x, m, float('-inf')), [1])\n";
  }
  return mask +
         "    x = torch.sum(torch.masked_fill(x, m, 0.0), [1]) / torch.unsqueeze(lengths, 1)\n";
}

/// A layer's lines in the root's net().
struct NetLines {
  std::string const& name;
  std::string operator()(ActivationLayer const& l) const {
    return fmt::format("    x = torch.{}(x)\n", name_of(l.function));
  }
  std::string operator()(DropoutLayer const& l) const {
    return fmt::format("    x = torch.dropout(x, {}, self.training)\n", float_text(l.probability));
  }
  std::string operator()(PoolLayer const& l) const { return pool_lines(l.over); }
  std::string operator()(LstmLayer const&) const {
    return fmt::format("    x = self.{}.forward(x, lengths)\n", name);
  }
  template <class Other>
  std::string operator()(Other const&) const {
    return fmt::format("    x = self.{}.forward(x)\n", name);
  }
};

struct ModuleText {
  std::string const& name;
  std::string operator()(LinearLayer const& l) const {
    return fmt::format("{}    return torch.linear(x, self.weight, {})\n",
                       signature("forward", false, "Tensor"), l.has_bias ? "self.bias" : "None");
  }
  std::string operator()(BatchNormLayer const&) const {
    return signature("forward", false, "Tensor") +
           "    return torch.batch_norm(x, self.weight, self.bias, self.running_mean, "
           "self.running_var, self.training, 0.1, 1e-05, True)\n";
  }
  std::string operator()(LayerNormLayer const& l) const {
    return fmt::format("{}    return torch.layer_norm(x, [{}], self.weight, self.bias, 1e-05)\n",
                       signature("forward", false, "Tensor"), l.size);
  }
  std::string operator()(LstmLayer const& l) const { return lstm_source(l); }
  template <class Other>
  std::string operator()(Other const&) const {
    return {};
  }
};

/// 1 - p(normal), added up in class order like metrics/threshold.
std::string attack_score_source(ScriptOutline const& o, bool sequence) {
  std::string sum;
  for (std::size_t k = 0; k < o.normal_class.size(); ++k) {
    if (!o.normal_class[k]) continue;
    sum += fmt::format("{}torch.select(p, 1, {})", sum.empty() ? "" : " + ", k);
  }
  return "def attack_score_of(self, p: Tensor) -> Tensor:\n    p = torch.to(p, 7)\n    return 1.0 "
         "- (" +
         sum + ")\n" + signature("attack_score", sequence, "Tensor") +
         fmt::format("    return self.attack_score_of(torch.softmax(self.forward({}), 1))\n",
                     arguments(sequence));
}

bool splits_normal(std::vector<bool> const& normal) {
  bool any = false, all = !normal.empty();
  for (bool const is_normal : normal) {
    any = any || is_normal;
    all = all && is_normal;
  }
  return any && !all;
}

std::string classifier_source(ScriptOutline const& o, bool sequence) {
  std::string const probabilities =
      fmt::format("    p = torch.softmax(self.forward({}), 1)\n", arguments(sequence));
  std::string const head = signature("score", sequence, "Tuple[Tensor, Tensor]") + probabilities;
  bool const can_alarm = splits_normal(o.normal_class);
  std::string text = can_alarm ? attack_score_source(o, sequence) : "";
  if (!can_alarm || !o.threshold) return text + head + "    return p, torch.argmax(p, 1)\n";
  std::string mask;
  for (bool const is_normal : o.normal_class) mask += is_normal ? ", True" : ", False";
  std::string const alarm =
      fmt::format("torch.gt(self.attack_score_of(p), {})", float_text(*o.threshold));
  text += head;
  text += fmt::format("    n = torch.tensor([{}], dtype=11, device=p.device)\n", mask.substr(2));
  text += "    attack = torch.argmax(torch.masked_fill(p, n, -1.0), 1)\n";
  text += "    normal = torch.argmax(torch.masked_fill(p, torch.logical_not(n), -1.0), 1)\n";
  text += fmt::format("    return p, torch.where({}, attack, normal)\n", alarm);
  return text + signature("alarm", sequence, "Tensor") + probabilities + "    return " + alarm +
         "\n";
}

std::string detector_source(ScriptOutline const& o) {
  std::string const error =
      "    p = self.prep.forward(x)\n    e = torch.pow(self.net(p) - p, 2)\n" +
      std::string(o.has_error_statistics ? "    e = (e - self.error_mean) / self.error_scale\n"
                                         : "");
  std::string text = signature("per_feature", false, "Tensor") + error + "    return e\n" +
                     signature("score", false, "Tensor") + error +
                     "    return torch.mean(e, [1])\n";
  if (!o.threshold) return text;
  return text + signature("alarm", false, "Tensor") +
         fmt::format("    return torch.gt(torch.to(self.score(x), 7), {})\n",
                     float_text(*o.threshold));
}

}  // namespace

std::string float_text(double value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "float('nan')" : value > 0 ? "float('inf')" : "float('-inf')";
  }
  std::string text = fmt::format("{:.17g}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string preparation_source(PreparationSteps const& steps) {
  std::string text = signature("forward", steps.is_sequence, "Tensor");
  std::string const log(steps.log ? kSignedLog : "");
  if (steps.is_sequence) {
    return text + "    x = torch.to(x, 7)\n" + log +
           "    x = torch.to((x - self.shift) / self.scale, 6)\n" +
           fmt::format("    m = torch.ge({}, torch.unsqueeze(lengths, 1))\n", kSteps) +
           "    return torch.masked_fill(x, torch.unsqueeze(m, 2), 0.0)\n";
  }
  text += "    raw = torch.to(x, 7)\n    x = torch.index_select(raw, 1, self.source)\n";
  if (steps.one_hot) {
    text +=
        "    hit = torch.to(torch.logical_and(torch.eq(x, self.category), self.one_hot), 7)\n"
        "    x = torch.where(self.one_hot, hit, x)\n";
  }
  if (steps.one_hot && steps.unknown) {
    text +=
        "    hits = torch.index_add(torch.zeros_like(raw), 1, self.source, hit)\n"
        "    x = torch.where(self.unknown, 1.0 - torch.index_select(hits, 1, self.source), x)\n";
  } else if (steps.unknown) {
    text += "    x = torch.where(self.unknown, 1.0, x)\n";
  }
  return text + "    x = torch.where(torch.isfinite(x), x, self.fill)\n" + log +
         "    x = torch.minimum(torch.maximum(x, self.lo), self.hi)\n"
         "    return torch.to((x - self.shift) / self.scale, 6)\n";
}

std::string layer_source(Layer const& layer) {
  return std::visit(ModuleText{layer.name}, layer.kind);
}

std::string root_source(ScriptOutline const& outline) {
  bool const sequence = outline.graph.shape.n_steps > 0;
  std::string text = signature("net", sequence, "Tensor");
  for (Layer const& layer : outline.graph.layers) {
    text += std::visit(NetLines{layer.name}, layer.kind);
  }
  bool const is_value = outline.graph.output == ModelOutput::value;
  text += is_value ? "    return torch.squeeze(x, 1)\n" : "    return x\n";
  text += signature("forward", sequence, "Tensor");
  if (sequence) {
    text +=
        "    assert not bool(torch.any(torch.logical_or(torch.lt(lengths, 1), "
        "torch.gt(lengths, x.size(1))))), 'sequence lengths must lie in 1..T'\n";
  }
  text += fmt::format("    return self.net({}{})\n",
                      sequence ? "self.prep.forward(x, lengths)" : "self.prep.forward(x)",
                      sequence ? ", lengths" : "");
  switch (outline.graph.output) {
    case ModelOutput::logits:
      return text + classifier_source(outline, sequence);
    case ModelOutput::reconstruction:
      return text + detector_source(outline);
    case ModelOutput::value:
      break;
  }
  return text + signature("score", sequence, "Tensor") +
         fmt::format("    return torch.to(self.forward({}), 7) * {} + {}\n", arguments(sequence),
                     float_text(outline.value_scale), float_text(outline.value_shift));
}

}  // namespace nta
