// A file, what it extends, --set and --unset, ${env:...} -> one tree in which every value still
// names its origin.
#pragma once

#include "libnta/config/config_value.hpp"
#include "libnta/config/issues.hpp"
#include "libnta/config/load.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// A change of one place: to `value`, or (null) to nothing.
struct Edit {
  std::shared_ptr<SourceText const> source;  ///< of the path, for messages
  Span where;
  KeyPath path;
  std::optional<ConfigValue> value;
};

/// Changes files of one version into the next; `notes` says what was changed.
using Migration = void (*)(ConfigValue& root, std::vector<std::string>& notes);

/// What a kind of file is called and how its older versions are read: migrations[v - 1] makes
/// version v + 1 out of version v.
struct FileFormat {
  std::string_view version_key;
  int version;
  bool may_extend;
  std::vector<Migration> migrations;
};
FileFormat experiment_format();
FileFormat sweep_format();

struct Composed {
  ConfigValue root;
  std::vector<ConfigFile> files;
  std::vector<std::string> notes;
  int n_sources = 0;     ///< texts so far; the next gets this order
  bool complete = true;  ///< false: a file could not be read, so what is missing means nothing
};

/// Reads `path` and all it extends, without edits; its texts get orders from `first_order`. Issues
/// are added; the tree is then as complete as could be read. Throws Error(usage) only if `path`
/// itself cannot be read.
Composed compose_files(std::filesystem::path const& path, FileFormat const& format,
                       LoadOptions const& options, int first_order, IssueList& issues);

/// "--set path=value" and "--unset path" -> edits; malformed ones become issues.
std::vector<Edit> parse_overrides(std::vector<Override> const& overrides, int first_order,
                                  IssueList& issues);

/// Applies edits in order. Impossible ones (past a list's end, inside a number) become issues.
void apply_edits(ConfigValue& root, std::vector<Edit> edits, IssueList& issues);

/// Fills ${env:NAME} and ${env:NAME:-default} into all strings (ConfigValue::filled).
void fill_environment(ConfigValue& root, LoadOptions const& options, IssueList& issues);

/// `over` on top of `base`: objects merge by key unless `over` says "$replace": true.
void merge_into(ConfigValue& base, ConfigValue over);

/// Brings a file's tree to the format's version, or adds an issue; removes the version key.
void check_version(ConfigValue& root, FileFormat const& format, std::vector<std::string>& notes,
                   IssueList& issues);

}  // namespace nta
