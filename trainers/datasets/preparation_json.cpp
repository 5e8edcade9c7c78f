// preparation.json: readable, bit-exact, and carrying the hash that runs and exports compare.
#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/datasets/preparation.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace nta {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr char const* kKinds[] = {"numeric", "one_hot", "unknown"};

Json number_or_null(double v) {
  return std::isfinite(v) ? Json(v) : Json(nullptr);
}

Json column_json(PreparedColumn const& column) {
  return {{"name", column.name},
          {"source", column.source},
          {"kind", kKinds[static_cast<std::size_t>(column.kind)]},
          {"category", column.category},
          {"fill", column.fill},
          {"log", column.log},
          {"lo", number_or_null(column.lo)},
          {"hi", number_or_null(column.hi)},
          {"shift", column.shift},
          {"scale", column.scale}};
}

Json field_json(PreparedField const& field) {
  return {{"name", field.name}, {"log", field.log}, {"shift", field.shift}, {"scale", field.scale}};
}

Json document(Preparation const& preparation) {
  Json columns = Json::array();
  for (PreparedColumn const& column : preparation.columns) {
    columns.push_back(column_json(column));
  }
  Json fields = Json::array();
  for (PreparedField const& field : preparation.fields) {
    fields.push_back(field_json(field));
  }
  return {{"nta_preparation", 1},
          {"fitted_rows", preparation.fitted_rows},
          {"inputs", preparation.inputs},
          {"dropped", preparation.dropped},
          {"not_clipped", preparation.not_clipped},
          {"columns", columns},
          {"fields", fields},
          {"target", {{"shift", preparation.target.shift}, {"scale", preparation.target.scale}}}};
}

double limit_of(Json const& value, double absent) {
  return value.is_null() ? absent : value.get<double>();
}

ColumnKind kind_of(std::string const& name) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (name == kKinds[i]) {
      return static_cast<ColumnKind>(i);
    }
  }
  fail(ErrorKind::data, "unknown column kind \"{}\"", name);
}

PreparedColumn parse_column(Json const& json, std::size_t n_inputs) {
  PreparedColumn column{.name = json.at("name").get<std::string>(),
                        .source = json.at("source").get<std::int32_t>(),
                        .kind = kind_of(json.at("kind").get<std::string>()),
                        .category = json.at("category").get<double>(),
                        .fill = json.at("fill").get<double>(),
                        .log = json.at("log").get<bool>(),
                        .lo = limit_of(json.at("lo"), -kInfinity),
                        .hi = limit_of(json.at("hi"), kInfinity),
                        .shift = json.at("shift").get<double>(),
                        .scale = json.at("scale").get<double>()};
  NTA_EXPECTS(column.source >= 0 && static_cast<std::size_t>(column.source) < n_inputs,
              ErrorKind::data, "column \"{}\" has source {} of {}", column.name, column.source,
              n_inputs);
  return column;
}

Preparation from_document(Json const& json) {
  NTA_EXPECTS(json.at("nta_preparation") == 1, ErrorKind::data, "version {} is not known",
              json.at("nta_preparation").dump());
  Preparation preparation;
  preparation.fitted_rows = json.at("fitted_rows").get<std::int64_t>();
  preparation.inputs = json.at("inputs").get<std::vector<std::string>>();
  preparation.dropped = json.at("dropped").get<std::vector<std::string>>();
  preparation.not_clipped = json.at("not_clipped").get<std::vector<std::string>>();
  for (Json const& column : json.at("columns")) {
    preparation.columns.push_back(parse_column(column, preparation.inputs.size()));
  }
  for (Json const& field : json.at("fields")) {
    preparation.fields.push_back({.name = field.at("name").get<std::string>(),
                                  .log = field.at("log").get<bool>(),
                                  .shift = field.at("shift").get<double>(),
                                  .scale = field.at("scale").get<double>()});
  }
  preparation.target = {.shift = json.at("target").at("shift").get<double>(),
                        .scale = json.at("target").at("scale").get<double>()};
  return preparation;
}

}  // namespace

std::string preparation_sha256(Preparation const& preparation) {
  return sha256_hex(document(preparation).dump());
}

std::string preparation_json(Preparation const& preparation) {
  Json json = document(preparation);
  json["sha256"] = preparation_sha256(preparation);
  return json.dump(1) + "\n";
}

Preparation parse_preparation(std::string_view text) {
  try {
    Json const json = Json::parse(text);
    Preparation preparation = from_document(json);
    std::string const expected = preparation_sha256(preparation);
    NTA_EXPECTS(json.at("sha256") == expected, ErrorKind::data,
                "its content has the hash {}, it states {}", expected, json.at("sha256").dump());
    // Same hash and same number of keys: nothing in the text is ignored.
    NTA_EXPECTS(json.size() == document(preparation).size() + 1, ErrorKind::data,
                "it holds keys that this version does not know");
    return preparation;
  } catch (Error const& error) {
    fail(ErrorKind::data, "preparation.json cannot be used: {}", error.what());
  } catch (nlohmann::json::exception const& error) {
    fail(ErrorKind::data, "preparation.json cannot be read: {}", error.what());
  }
}

}  // namespace nta
