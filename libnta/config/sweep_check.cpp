// A sweep file: its own fields, then each path of "set" and "space" against the experiment's.
#include "libnta/config/check.hpp"
#include "libnta/config/draft.hpp"
#include "libnta/config/field_json.hpp"
#include "libnta/config/load.hpp"
#include "libnta/config/resolve.hpp"
#include "libnta/config/suggest.hpp"

#include <algorithm>
#include <cmath>

namespace nta {
namespace {

namespace fs = std::filesystem;
using Kind = FieldType::Kind;

/// One entry of "space" against the field that it varies.
class DimensionCheck {
 public:
  DimensionCheck(std::string path, DimensionConfig const& dimension, ConfigValue const& value,
                 IssueList& issues)
      : path_(std::move(path)), d_(dimension), value_(value), issues_(issues) {}

  void run(ConfigValue const& experiment, SweepSampler sampler) {
    std::optional<KeyPath> const keys = parse_path(path_);
    FieldType const* const type =
        keys && !keys->empty() ? find_type(experiment_type(), experiment, *keys) : nullptr;
    if (type == nullptr) {
      return issues_.at_key(value_.origin, pointer(""),
                            {"no field of the experiment", advise_path(path_, experiment_type())});
    }
    if (std::string const why = not_to_vary(keys->front()); !why.empty()) {
      return issues_.at_key(value_.origin, pointer(""), {"cannot vary", why});
    }
    if (d_.type == DimensionType::categorical) {
      categorical(*type);
    } else {
      numeric(*type, sampler);
    }
  }

 private:
  static std::string not_to_vary(std::string const& section) {
    if (section == "data" || section == "features") {
      return "a sweep loads its data once; \"set\" may change it for all trials";
    }
    if (section == "seed") return "the sweep's own \"seed\" decides: fixed or per_trial";
    bool const varies = section == "model" || section == "training" || section == "preparation" ||
                        section == "evaluation";
    return varies ? "" : "it is the same for all trials; \"set\" may change it";
  }

  std::string pointer(std::string const& key) const {
    KeyPath at{"space", path_};
    if (!key.empty()) at.push_back(key);
    return to_pointer(at);
  }

  void refuse(std::string const& key, Remark remark) {
    ConfigValue const* const at = value_.find(key);
    if (issues_.touches(pointer(key)) && issues_.at(pointer(key))) return;
    issues_.at_value((at == nullptr ? value_ : *at).origin, pointer(key), std::move(remark));
  }

  void categorical(FieldType const& type) {
    for (char const* key : {"low", "high", "step", "log"}) {
      if (value_.find(key) != nullptr) refuse(key, {"is for float and int", "remove it"});
    }
    ConfigValue const* const choices = value_.find("choices");
    if (choices == nullptr || !choices->is_array()) {
      return refuse("choices", {"type \"categorical\" needs a list of choices"});
    }
    Vocabulary const none;
    for (std::size_t i = 0; i < choices->items.size(); ++i) {
      check_value(choices->items[i], type, {"space", path_, "choices", std::to_string(i)},
                  {experiment_type(), none, issues_});
    }
  }

  void numeric(FieldType const& type, SweepSampler sampler) {
    std::string const own(name_of(d_.type));
    bool const fits = type.kind == Kind::number ||
                      (type.kind == Kind::integer && d_.type == DimensionType::integer);
    if (!fits) {
      return refuse("type", {"\"" + own + "\" does not fit " + path_ + " (" + type_text(type) + ")",
                             type.kind == Kind::integer ? "use int" : "use categorical"});
    }
    if (value_.find("choices") != nullptr) refuse("choices", {"is for categorical", "remove it"});
    if (!d_.low) refuse("low", {"type \"" + own + "\" needs low and high"});
    if (!d_.high) refuse("high", {"type \"" + own + "\" needs low and high"});
    if (!d_.low || !d_.high) return;
    bounds(type);
    if (d_.log && *d_.low <= 0) refuse("low", {"log needs low above 0"});
    if (d_.log && d_.step) refuse("step", {"log and step exclude each other"});
    if (sampler == SweepSampler::grid && (d_.log || (d_.type == DimensionType::real && !d_.step))) {
      refuse("step", {"sampler \"grid\" needs a step here, or choices"});
    }
  }

  void bounds(FieldType const& type) {
    if (*d_.low > *d_.high) {
      refuse("low", {number_text(*d_.low) + " is above high (" + number_text(*d_.high) + ")"});
    }
    for (auto const& [key, bound] :
         {std::pair("low", d_.low), std::pair("high", d_.high), std::pair("step", d_.step)}) {
      if (!bound) continue;
      if (d_.type == DimensionType::integer && *bound != std::floor(*bound)) {
        refuse(key, {number_text(*bound) + " is not an integer"});
      }
      bool const is_step = std::string_view(key) == "step";
      if (is_step || !type.range) continue;
      bool const inside =
          (type.range->open_low ? *bound > type.range->low : *bound >= type.range->low) &&
          (type.range->open_high ? *bound < type.range->high : *bound <= type.range->high);
      if (inside) continue;
      refuse(key,
             {number_text(*bound) + " is outside the field's range " + interval_text(*type.range)});
    }
  }

  std::string path_;
  DimensionConfig const& d_;
  ConfigValue const& value_;
  IssueList& issues_;
};

std::vector<Edit> edits_of_set(ConfigValue const& sweep_root, IssueList& issues) {
  std::vector<Edit> edits;
  ConfigValue const* const set = sweep_root.find("set");
  if (set == nullptr || !set->is_object()) return edits;
  for (auto const& [key, value] : set->members) {
    std::optional<KeyPath> path = parse_path(key);
    if (!path || path->empty()) {
      issues.at_key(value.origin, to_pointer({"set", key}),
                    {"no path", "for example \"training.epochs\""});
      continue;
    }
    edits.push_back({value.origin.source, value.origin.key, *std::move(path), value});
  }
  return edits;
}

void check_space(SweepConfig const& sweep, ConfigValue const& sweep_root,
                 ConfigValue const& experiment_root, IssueList& issues) {
  ConfigValue const* const space = sweep_root.find("space");
  ConfigValue const* const set = sweep_root.find("set");
  if (space == nullptr) return;
  for (auto const& [path, dimension] : sweep.space) {
    ConfigValue const& value = *space->find(path);
    DimensionCheck(path, dimension, value, issues).run(experiment_root, sweep.sampler.name);
    if (set != nullptr && set->find(path) != nullptr) {
      issues.at_key(value.origin, to_pointer({"space", path}),
                    {"is in \"set\" too (" + to_pointer({"set", path}) + ")", "keep one of them"});
    }
  }
}

}  // namespace

LoadedSweep load_sweep(fs::path const& path, LoadOptions const& options) {
  IssueList issues;
  FieldType const& type = sweep_type();
  Composed file = compose_files(path, sweep_format(), options, 0, issues);
  apply_edits(file.root, parse_overrides(options.overrides, 1000, issues), issues);
  fill_environment(file.root, options, issues);
  check_value(file.root, type, {}, {type, options.vocabulary, issues});
  LoadedSweep out;
  from_json_value(with_defaults(used_json(file.root, type, issues), type), out.sweep);
  if (out.sweep.name.empty()) out.sweep.name = default_name(path);
  ConfigValue const* const named = file.root.find("experiment");
  if (named == nullptr || issues.at("/experiment")) issues.throw_if_any();
  Composed base;
  try {
    base = compose_files(out.sweep.experiment, experiment_format(), options, 1, issues);
  } catch (ConfigErrors const&) {
    throw;
  } catch (Error const& error) {
    issues.at_value(named->origin, "/experiment", {error.what()});
    issues.throw_if_any();
  }
  apply_edits(base.root, edits_of_set(file.root, issues), issues);
  ExperimentDraft draft =
      check_experiment(std::move(base), default_name(out.sweep.experiment), options, issues);
  check_space(out.sweep, file.root, draft.composed.root, issues);
  out.base = finish_experiment(std::move(draft), issues);
  Json resolved{{"nta_sweep", kSweepVersion}};
  resolved.update(with_defaults(saved_json(file.root, type), type));
  if (resolved["name"] == "") resolved["name"] = out.sweep.name;
  out.resolved_json = canonical_text(resolved);
  return out;
}

}  // namespace nta
