// The stages of loading in order: compose, edit, fill in, check, complete.
#include "libnta/config/load.hpp"

#include "libnta/config/check.hpp"
#include "libnta/config/cross_checks.hpp"
#include "libnta/config/draft.hpp"
#include "libnta/config/field_json.hpp"
#include "libnta/config/resolve.hpp"
#include "libnta/core/sha256.hpp"

namespace nta {

namespace fs = std::filesystem;

std::string default_name(fs::path const& path) {
  std::string name = path.stem().string().substr(0, 80);
  for (char& c : name) {
    bool const allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!allowed) c = '-';
  }
  return name.empty() ? "experiment" : name;
}

ExperimentDraft check_experiment(Composed composed, std::string stem, LoadOptions const& options,
                                 IssueList& issues) {
  FieldType const& type = experiment_type();
  ExperimentDraft draft{std::move(composed), std::move(stem), {}};
  ConfigValue& root = draft.composed.root;
  fill_environment(root, options, issues);
  check_value(root, type, {}, {type, options.vocabulary, issues});
  from_json_value(with_defaults(used_json(root, type, issues), type), draft.experiment);
  if (draft.experiment.name.empty()) draft.experiment.name = draft.stem;
  cross_check(draft.experiment, root, issues);
  if (options.check_files) check_files(root, type, issues);
  return draft;
}

LoadedConfig finish_experiment(ExperimentDraft draft, IssueList const& issues) {
  issues.throw_if_any();
  FieldType const& type = experiment_type();
  auto tree = std::make_shared<ResolvedTree>();
  tree->root = std::move(draft.composed.root);
  tree->stem = draft.stem;
  tree->n_sources = draft.composed.n_sources;
  tree->resolved["nta_experiment"] = kExperimentVersion;
  tree->resolved.update(with_defaults(saved_json(tree->root, type), type));
  if (tree->resolved["name"] == "") tree->resolved["name"] = draft.stem;
  LoadedConfig out;
  out.experiment = std::move(draft.experiment);
  out.resolved_json = canonical_text(tree->resolved);
  out.hash = config_hash(out.resolved_json);
  out.files = std::move(draft.composed.files);
  out.notes = std::move(draft.composed.notes);
  out.tree = std::move(tree);
  return out;
}

LoadedConfig load_experiment(fs::path const& path, LoadOptions const& options) {
  IssueList issues;
  Composed composed = compose_files(path, experiment_format(), options, 0, issues);
  apply_edits(composed.root, parse_overrides(options.overrides, composed.n_sources, issues),
              issues);
  return finish_experiment(
      check_experiment(std::move(composed), default_name(path), options, issues), issues);
}

LoadedConfig load_trial(LoadedConfig const& base, std::vector<Override> const& overrides,
                        LoadOptions const& options) {
  IssueList issues;
  Composed composed{base.tree->root, base.files, base.notes, base.tree->n_sources, true};
  apply_edits(composed.root, parse_overrides(overrides, composed.n_sources, issues), issues);
  return finish_experiment(check_experiment(std::move(composed), base.tree->stem, options, issues),
                           issues);
}

std::string config_hash(std::string_view resolved_json) {
  Json config = Json::parse(resolved_json);
  for (char const* key : {"name", "device", "threads"}) config.erase(key);
  return sha256_hex(canonical_text(config));
}

}  // namespace nta
