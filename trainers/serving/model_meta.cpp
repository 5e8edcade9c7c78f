#include "trainers/serving/model_meta.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nta {
namespace {

using Json = nlohmann::json;
constexpr int kMaxDepth = 32;
std::string const kNoHash(64, '0');
constexpr std::string_view kSelfKey = "\n \"self\": \"";  // of the top level: one space deep

Json optional_number(std::optional<double> const& value) {
  return value ? Json(*value) : Json();
}

Json columns_json(ModelFeatures const& features) {
  Json columns = Json::array();
  for (std::size_t i = 0; i < features.names.size(); ++i) {
    columns.push_back(
        {{"name", features.names[i]}, {"unit", features.units[i]}, {"dtype", "float64"}});
  }
  return columns;
}

Json threshold_json(std::optional<Threshold> const& threshold) {
  if (!threshold) return nullptr;
  return {{"rule", name_of(threshold->rule)},      {"value", threshold->value},
          {"parameter", threshold->parameter},     {"part", "validation"},
          {"normal_rows", threshold->normal_rows}, {"other_rows", threshold->other_rows}};
}

Json sequence_json(SequenceLayout const& sequence) {
  if (sequence.n_steps == 0) return nullptr;
  return {{"n_steps", sequence.n_steps},
          {"packets", sequence.packets},
          {"size", sequence.size},
          {"fields", sequence.fields}};
}

Json origin_json(ModelOrigin const& origin) {
  Json metrics = Json::object();
  for (auto const& [name, value] : origin.metrics) metrics[name] = optional_number(value);
  return {{"run", origin.run},
          {"config_sha256", origin.config_sha256},
          {"split_sha256", origin.split_sha256},
          {"seed", origin.seed},
          {"step", origin.step},
          {"epoch", origin.epoch},
          {"data_sha256", origin.data_sha256},
          {"metrics", std::move(metrics)}};
}

Json files_json(FileRecords const& files) {
  Json out = Json::object();
  for (auto const& [name, record] : files) {
    out[name] = {{"bytes", record.n_bytes}, {"sha256", record.sha256}};
  }
  return out;
}

std::string with_self(std::string text, std::string const& hash) {
  std::size_t const at = text.find(kSelfKey);
  NTA_EXPECTS(at != std::string::npos && at + kSelfKey.size() + 64 < text.size(), ErrorKind::data,
              "model.json has no \"self\" hash");
  return text.replace(at + kSelfKey.size(), 64, hash);
}

Json parse_bounded(std::string const& text) {
  try {
    return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      NTA_EXPECTS(depth <= kMaxDepth, ErrorKind::data, "model.json is nested too deeply");
      return true;
    });
  } catch (Json::exception const& error) {
    fail(ErrorKind::data, "model.json is no JSON: {}", error.what());
  }
}

ThresholdRule rule_named(std::string const& name) {
  for (auto const& entry : names(ThresholdRule{})) {
    if (entry.name == name) return entry.value;
  }
  fail(ErrorKind::data, "no threshold rule \"{}\"", name);
}

std::optional<Threshold> parse_threshold(Json const& json) {
  if (json.is_null()) return std::nullopt;
  return Threshold{json.at("value").get<double>(), rule_named(json.at("rule").get<std::string>()),
                   json.at("parameter").get<double>(), json.at("normal_rows").get<std::int64_t>(),
                   json.at("other_rows").get<std::int64_t>()};
}

ModelFeatures parse_features(Json const& json) {
  ModelFeatures out{json.at("profile").dump(),
                    json.at("profile_sha256").get<std::string>(),
                    json.at("set").get<std::string>(),
                    json.at("set_sha256").get<std::string>(),
                    {},
                    {}};
  for (Json const& column : json.at("columns")) {
    out.names.push_back(column.at("name").get<std::string>());
    out.units.push_back(column.at("unit").get<std::string>());
  }
  return out;
}

SequenceLayout parse_sequence(Json const& json) {
  if (json.is_null()) return {};
  return {json.at("n_steps").get<std::int64_t>(), json.at("packets").get<std::string>(),
          json.at("size").get<std::string>(), json.at("fields").get<std::vector<std::string>>()};
}

ModelOrigin parse_origin(Json const& json) {
  ModelOrigin out{json.at("run").get<std::string>(),
                  json.at("config_sha256").get<std::string>(),
                  json.at("split_sha256").get<std::string>(),
                  json.at("seed").get<std::uint64_t>(),
                  json.at("step").get<std::int64_t>(),
                  json.at("epoch").get<std::int64_t>(),
                  json.at("data_sha256").get<std::map<std::string, std::string>>(),
                  {},
                  {}};
  for (auto const& [name, value] : json.at("metrics").items()) {
    out.metrics[name] = value.is_null() ? std::nullopt : std::optional(value.get<double>());
  }
  return out;
}

ModelDocument from_json(Json const& json) {
  NTA_EXPECTS(json.at("nta_model") == kModelFormat, ErrorKind::data,
              "model.json has another format than {}; use a newer nta", kModelFormat);
  ModelDocument out;
  ModelMeta& meta = out.meta;
  meta.name = json.at("name").get<std::string>();
  meta.task = json.at("task").get<std::string>();
  meta.features = parse_features(json.at("features"));
  meta.sequence = parse_sequence(json.at("sequence"));
  meta.preparation = parse_preparation(json.at("preparation").dump());
  meta.classes = json.at("classes").get<std::vector<std::string>>();
  meta.normal_classes = json.at("normal_classes").get<std::vector<std::string>>();
  meta.threshold = parse_threshold(json.at("threshold"));
  meta.architecture = layer_graph_from_json(json.at("architecture"));
  meta.origin = parse_origin(json.at("origin"));
  meta.origin.versions = json.at("versions").get<std::map<std::string, std::string>>();
  for (auto const& [name, record] : json.at("files").items()) {
    out.files[name] = {record.at("bytes").get<std::uint64_t>(),
                       record.at("sha256").get<std::string>()};
  }
  return out;
}

}  // namespace

void check_meta(ModelMeta const& meta) {
  ModelShape const& shape = meta.architecture.shape;
  bool const is_sequence = shape.n_steps > 0;
  std::size_t const width =
      is_sequence ? meta.preparation.fields.size() : meta.preparation.columns.size();
  NTA_EXPECTS(static_cast<std::int64_t>(width) == shape.n_features, ErrorKind::data,
              "the preparation gives {} columns, the model takes {}", width, shape.n_features);
  NTA_EXPECTS(is_sequence || meta.preparation.inputs == meta.features.names, ErrorKind::data,
              "the preparation was fitted on other columns than the model's feature list");
  NTA_EXPECTS(meta.features.names.size() == meta.features.units.size(), ErrorKind::data,
              "{} features, {} units", meta.features.names.size(), meta.features.units.size());
  NTA_EXPECTS(static_cast<std::int64_t>(meta.classes.size()) == shape.n_classes ||
                  (shape.n_classes == 0 && meta.architecture.output != ModelOutput::logits),
              ErrorKind::data, "{} classes, the model knows {}", meta.classes.size(),
              shape.n_classes);
  NTA_EXPECTS(meta.sequence.n_steps == shape.n_steps &&
                  (!is_sequence || meta.sequence.fields.size() == width),
              ErrorKind::data, "the sequence layout does not fit the model");
}

std::string model_json(ModelDocument const& document) {
  ModelMeta const& meta = document.meta;
  check_meta(meta);
  ModelFeatures const& features = meta.features;
  Json json{
      {"nta_model", kModelFormat},
      {"self", kNoHash},
      {"name", meta.name},
      {"task", meta.task},
      {"architecture", to_json(meta.architecture)},
      {"features",
       {{"profile", features.profile_json.empty() ? Json() : parse_bounded(features.profile_json)},
        {"profile_sha256", features.profile_sha256},
        {"set", features.set_name},
        {"set_sha256", features.set_sha256},
        {"columns", columns_json(features)}}},
      {"sequence", sequence_json(meta.sequence)},
      {"preparation", parse_bounded(preparation_json(meta.preparation))},
      {"classes", meta.classes},
      {"normal_classes", meta.normal_classes},
      {"threshold", threshold_json(meta.threshold)},
      {"origin", origin_json(meta.origin)},
      {"versions", meta.origin.versions},
      {"files", files_json(document.files)}};
  std::string const text = json.dump(1) + "\n";
  return with_self(text, sha256_hex(text));
}

ModelDocument parse_model_json(std::string const& text) {
  std::size_t const at = text.find(kSelfKey);
  std::string const stated = at == std::string::npos ? "" : text.substr(at + kSelfKey.size(), 64);
  std::string const found = sha256_hex(with_self(text, kNoHash));
  NTA_EXPECTS(stated == found, ErrorKind::data,
              "model.json was changed: its content has the hash {}, it states {}", found, stated);
  Json const json = parse_bounded(text);
  try {
    ModelDocument document = from_json(json);
    NTA_EXPECTS(model_json(document) == text, ErrorKind::data,
                "model.json holds keys that this version does not know");
    return document;
  } catch (Json::exception const& error) {
    fail(ErrorKind::data, "model.json lacks a key or holds a wrong one: {}", error.what());
  }
}

}  // namespace nta
