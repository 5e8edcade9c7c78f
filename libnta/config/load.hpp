// Experiment and sweep files -> checked structs. `nta config check` and `nta train` share this
// code: what passes here runs, what does not is refused with every reason at once.
#pragma once

#include "libnta/config/config_errors.hpp"
#include "libnta/config/experiment.hpp"
#include "libnta/config/sweep.hpp"
#include "libnta/core/glob.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// Names that later layers own. An empty list: that kind of name is not checked.
struct Vocabulary {
  std::vector<std::string> features;      ///< columns of the feature sets
  std::vector<std::string> feature_sets;  ///< nta, ...
  std::vector<std::string> profiles;      ///< built-in profiles
  std::vector<std::string> metrics;       ///< without part; globs such as "f1/*" allowed
};

/// `--set path=value` or `--unset path`, in command-line order; numbered from 1 in messages.
struct Override {
  enum class Kind { set, unset } kind = Kind::set;
  std::string text;
};

struct LoadOptions {
  std::vector<Override> overrides;
  Vocabulary vocabulary;
  bool check_files = true;  ///< every glob must match, every named file must exist
  std::function<std::string(std::filesystem::path const&)> read;    ///< null: read_file
  std::function<char const*(std::string const& name)> environment;  ///< null: getenv
};

/// A file that took part: its name as opened, its exact text.
struct ConfigFile {
  std::string name;
  std::string text;
};

struct ResolvedTree;  // values with their origins, for explain and render

struct LoadedConfig {
  Experiment experiment;           ///< expanded: environment filled in, paths usable from here
  std::string resolved_json;       ///< canonical, all defaults, ${env:...} kept, absolute paths
  std::string hash;                ///< config_hash(resolved_json)
  std::vector<ConfigFile> files;   ///< the file itself first, then what it extends
  std::vector<std::string> notes;  ///< changes made by migration, for the user to read
  std::shared_ptr<ResolvedTree const> tree;
};

/// Reads, composes, completes and checks. Throws ConfigErrors, or Error(usage) if `path` cannot be
/// read.
LoadedConfig load_experiment(std::filesystem::path const& path, LoadOptions const& options = {});

struct LoadedSweep {
  SweepConfig sweep;
  LoadedConfig base;  ///< the experiment it varies, with the sweep's `set` applied
  std::string resolved_json;
};

/// The sweep file and its experiment; every path of `space` and `set` is checked against the
/// experiment's fields. Overrides change the sweep file: set["training.epochs"]=3.
LoadedSweep load_sweep(std::filesystem::path const& path, LoadOptions const& options = {});

/// The experiment under other values, as a sweep's trial asks, without reading its files again.
/// Overrides are "path=JSON"; `options.overrides` is not looked at. Same checks, same errors.
LoadedConfig load_trial(LoadedConfig const& base, std::vector<Override> const& overrides,
                        LoadOptions const& options = {});

/// SHA-256 of the canonical text without `name`, `device` and `threads`: equal hashes mean the same
/// training.
std::string config_hash(std::string_view resolved_json);

/// Value, origin, default, range and text of a field; `path` dotted or a JSON pointer, "" = all
/// fields as a table. Error(usage) with suggestions if there is no such field.
std::string explain(LoadedConfig const& config, std::string_view path);

/// JSON Schema, draft 7, of experiment and sweep files.
std::string schema_json();
std::string sweep_schema_json();

/// Tables of all fields in Markdown, for experiments/README.md.
std::string markdown_docs();

/// Files that a glob (* ? [...] in any path part) matches, sorted bytewise.
std::vector<std::filesystem::path> expand_glob(std::filesystem::path const& pattern);

}  // namespace nta
