#include "trainers/training/train_state.hpp"

#include "libnta/core/error.hpp"

#include <bit>
#include <charconv>

namespace nta {
namespace {

// Bit patterns, not decimals: sums may be NaN or infinite, and JSON has no such number.
std::string bits_of(double value) {
  return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(value));
}

double from_bits(nlohmann::json const& json) {
  auto const& text = json.get_ref<std::string const&>();
  std::uint64_t bits = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  NTA_EXPECTS(code == std::errc() && end == text.data() + text.size(), ErrorKind::data,
              "'{}' is no bit pattern of a double", text);
  return std::bit_cast<double>(bits);
}

nlohmann::ordered_json window_json(LossWindow const& window) {
  return {{"sum", bits_of(window.sum)}, {"weight", bits_of(window.weight)}};
}

LossWindow window_of(nlohmann::json const& json) {
  return {from_bits(json.at("sum")), from_bits(json.at("weight"))};
}

}  // namespace

nlohmann::ordered_json to_json(TrainState const& s) {
  nlohmann::ordered_json best = nlohmann::ordered_json::array();
  for (auto const& entry : s.best) {
    best.push_back({{"value", bits_of(entry.value)}, {"step", entry.step}});
  }
  return {{"step", s.step},
          {"epoch", s.epoch},
          {"batch", s.batch},
          {"initial_validation", s.initial_validation},
          {"validations", s.validations},
          {"validated_step", s.validated_step},
          {"epoch_loss", window_json(s.epoch_loss)},
          {"line_loss", window_json(s.line_loss)},
          {"best", best},
          {"gain_reference",
           s.gain_reference ? nlohmann::ordered_json(bits_of(*s.gain_reference)) : nullptr},
          {"without_gain", s.without_gain},
          {"stopped_early", s.stopped_early},
          {"metrics_bytes", s.metrics_bytes}};
}

TrainState train_state_from_json(nlohmann::json const& json) {
  try {
    TrainState s;
    json.at("step").get_to(s.step);
    json.at("epoch").get_to(s.epoch);
    json.at("batch").get_to(s.batch);
    json.at("initial_validation").get_to(s.initial_validation);
    json.at("validations").get_to(s.validations);
    json.at("validated_step").get_to(s.validated_step);
    s.epoch_loss = window_of(json.at("epoch_loss"));
    s.line_loss = window_of(json.at("line_loss"));
    for (auto const& entry : json.at("best")) {
      s.best.push_back({from_bits(entry.at("value")), entry.at("step")});
    }
    if (!json.at("gain_reference").is_null()) {
      s.gain_reference = from_bits(json.at("gain_reference"));
    }
    json.at("without_gain").get_to(s.without_gain);
    json.at("stopped_early").get_to(s.stopped_early);
    json.at("metrics_bytes").get_to(s.metrics_bytes);
    return s;
  } catch (nlohmann::json::exception const& error) {
    fail(ErrorKind::data, "not a training state: {}", error.what());
  }
}

}  // namespace nta
