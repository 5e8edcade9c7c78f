#include "trainers/cli/vocabulary.hpp"

#include "libnta/flows/feature_set.hpp"
#include "libnta/flows/profile.hpp"
#include "trainers/metrics/metric_list.hpp"

namespace nta::cli {

Vocabulary vocabulary() {
  Vocabulary names;
  for (auto const family : {SetFamily::nta, SetFamily::cic76, SetFamily::nfstream}) {
    auto const all = feature_names(family);
    names.features.insert(names.features.end(), all.begin(), all.end());
  }
  for (auto const& field : nta::names(SequenceField{})) {
    names.features.emplace_back(field.name);  // preparation.log may name them
  }
  names.feature_sets = feature_set_names();
  names.profiles = built_in_profile_names();
  names.metrics = metric_names();
  return names;
}

void add_override_options(CLI::App& app, OverrideOptions& overrides) {
  auto const add = [&](char const* flag, Override::Kind kind, char const* text) {
    app.add_option_function<std::string>(
           flag,
           [&overrides, kind](std::string const& value) {
             overrides.push_back({kind, value});
           },
           text)
        ->trigger_on_parse()
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->allow_extra_args(false);
  };
  add("--set", Override::Kind::set, "PATH=VALUE (repeatable): override a field");
  add("--unset", Override::Kind::unset, "PATH (repeatable): back to the default");
}

LoadOptions load_options(OverrideOptions const& overrides) {
  LoadOptions options;
  options.overrides = overrides;
  options.vocabulary = vocabulary();
  return options;
}

}  // namespace nta::cli
