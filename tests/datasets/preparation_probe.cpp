// JSON lines in, JSON lines out: fits a preparation on some rows and applies it to all, so that an
// oracle in another language can compare. Missing values are null, infinities "inf", "-inf".
#include "libnta/core/error.hpp"
#include "trainers/datasets/preparation.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <iostream>
#include <limits>
#include <string>

namespace {

using Json = nlohmann::ordered_json;

double number_of(Json const& json) {
  if (json.is_null()) {
    return std::nan("");
  }
  if (json.is_string()) {
    double const infinity = std::numeric_limits<double>::infinity();
    return json.get<std::string>() == "inf" ? infinity : -infinity;
  }
  return json.get<double>();
}

template <class E>
E enum_of(Json const& json) {
  for (auto const& entry : names(E{})) {
    if (entry.name == json.get<std::string>()) {
      return entry.value;
    }
  }
  throw nta::Error(nta::ErrorKind::usage, "no such name: " + json.dump());
}

nta::PreparationConfig config_of(Json const& in) {
  nta::PreparationConfig config;
  config.missing.rule = enum_of<nta::MissingRule>(in.at("missing"));
  config.missing.value = in.at("missing_value").get<double>();
  config.log = in.at("log").get<std::vector<std::string>>();
  config.outliers.rule = enum_of<nta::OutlierRule>(in.at("outliers"));
  config.outliers.low = in.at("low").get<double>();
  config.outliers.high = in.at("high").get<double>();
  config.encode.columns = in.at("encode").get<std::vector<std::string>>();
  config.encode.unknown = enum_of<nta::UnknownCategory>(in.at("unknown"));
  config.encode.min_count = in.at("min_count").get<int>();
  config.scale.rule = enum_of<nta::ScaleRule>(in.at("scale"));
  return config;
}

nta::Dataset dataset_of(Json const& in) {
  nta::Dataset data;
  data.feature_names = in.at("names").get<std::vector<std::string>>();
  data.feature_units.assign(data.feature_names.size(), "1");
  data.x.n_columns = data.feature_names.size();
  for (Json const& row : in.at("rows")) {
    for (Json const& value : row) {
      data.x.values.push_back(number_of(value));
    }
    ++data.x.n_rows;
  }
  return data;
}

Json answer(Json const& in) {
  nta::Dataset const data = dataset_of(in);
  nta::FitRows fit;
  fit.rows = in.at("fit").get<std::vector<std::size_t>>();
  fit.category_rows = fit.rows;
  auto const fitted = nta::fit_preparation(config_of(in.at("config")), data, fit);
  // Through the file: what is applied is what was written.
  auto const read_back = nta::parse_preparation(nta::preparation_json(fitted));
  auto const out = nta::apply_preparation(read_back, data.x);
  Json columns = Json::parse(nta::preparation_json(fitted)).at("columns");
  return {{"columns", columns},
          {"values", out.values},
          {"dropped", fitted.dropped},
          {"not_clipped", fitted.not_clipped}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      std::cout << answer(Json::parse(line)).dump() << '\n';
    } catch (nta::Error const& error) {
      std::cout << Json{{"error", error.what()}}.dump() << '\n';
    }
  }
  return 0;
}
