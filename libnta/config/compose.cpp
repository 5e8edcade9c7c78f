#include "libnta/config/compose.hpp"

#include "libnta/config/check.hpp"
#include "libnta/config/experiment.hpp"
#include "libnta/config/json_source.hpp"
#include "libnta/config/sweep.hpp"
#include "libnta/core/atomic_file.hpp"

#include <algorithm>
#include <utility>

namespace nta {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxExtendsDepth = 16;

/// Removes "$replace" from an object; true if it said true.
bool take_replace(ConfigValue& value) {
  auto const found = value.members.find("$replace");
  if (found == value.members.end()) return false;
  bool const replace = found->second.scalar == Json(true);
  value.members.erase(found);
  return replace;
}

void strip_replace(ConfigValue& value) {
  take_replace(value);
  for (auto& [key, member] : value.members) strip_replace(member);
  for (ConfigValue& item : value.items) strip_replace(item);
}

void check_replace(ConfigValue const& value, KeyPath const& at, IssueList& issues) {
  for (auto const& [key, member] : value.members) {
    KeyPath here = at;
    here.push_back(key);
    if (key == "$replace" && member.scalar != Json(true)) {
      issues.at_value(member.origin, to_pointer(here), {"takes true only"});
    }
    check_replace(member, here, issues);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    KeyPath here = at;
    here.push_back(std::to_string(i));
    check_replace(value.items[i], here, issues);
  }
}

class Composer {
 public:
  Composer(FileFormat const& format, LoadOptions const& options, IssueList& issues)
      : format_(format), options_(options), issues_(issues) {}

  Composed out;

  /// The file's tree on top of what it extends.
  std::optional<ConfigValue> load(fs::path const& path) {
    auto source = std::make_shared<SourceText>();
    source->name = path.string();
    source->text = options_.read ? options_.read(path) : read_file(path);
    source->folder = path.parent_path();
    source->order = out.n_sources++;
    out.files.push_back({source->name, source->text});
    std::optional<ConfigValue> own = parse_json(source, issues_);
    if (!own) return std::nullopt;
    if (!own->is_object()) {
      issues_.at_value(own->origin, "", {"expected an object, found " + shown_value(*own)});
      return std::nullopt;
    }
    check_version(*own, format_, out.notes, issues_);
    own->members.erase("$schema");
    check_replace(*own, {}, issues_);
    if (!format_.may_extend) return own;
    open_.push_back(fs::weakly_canonical(path));
    std::optional<ConfigValue> whole = with_bases(*std::move(own), path.parent_path());
    open_.pop_back();
    return whole;
  }

 private:
  ConfigValue with_bases(ConfigValue own, fs::path const& folder) {
    auto const extends = own.members.extract("extends");
    ConfigValue whole;
    whole.type = Json::value_t::object;
    whole.origin = own.origin;
    if (!extends.empty()) {
      ConfigValue const& bases = extends.mapped();
      if (bases.is_array()) {
        for (std::size_t i = 0; i < bases.items.size(); ++i) {
          add_base(bases.items[i], "/extends/" + std::to_string(i), folder, whole);
        }
      } else {
        add_base(bases, "/extends", folder, whole);
      }
    }
    merge_into(whole, std::move(own));
    return whole;
  }

  void add_base(ConfigValue const& name, std::string const& pointer, fs::path const& folder,
                ConfigValue& whole) {
    if (!name.is_string()) {
      return issues_.at_value(name.origin, pointer,
                              {"expected a path or a list of paths, found " + shown_value(name)});
    }
    fs::path const path = (folder / name.text()).lexically_normal();
    fs::path const canonical = fs::weakly_canonical(path);
    if (std::find(open_.begin(), open_.end(), canonical) != open_.end()) {
      return issues_.at_value(name.origin, pointer,
                              {shown_value(name) + " leads back to this file", cycle(canonical)});
    }
    if (open_.size() >= kMaxExtendsDepth) {
      return issues_.at_value(name.origin, pointer, {"extends more than 16 files deep"});
    }
    try {
      std::optional<ConfigValue> base = load(path);
      out.complete = out.complete && base.has_value();
      if (base) merge_into(whole, *std::move(base));
    } catch (Error const& error) {
      out.complete = false;
      issues_.at_value(name.origin, pointer, {std::string("cannot be read: ") + error.what()});
    }
  }

  /// "a.json -> b.json -> a.json"
  std::string cycle(fs::path const& last) const {
    std::string text;
    auto at = std::find(open_.begin(), open_.end(), last);
    for (; at != open_.end(); ++at) text += at->filename().string() + " -> ";
    return text + last.filename().string();
  }

  FileFormat const& format_;
  LoadOptions const& options_;
  IssueList& issues_;
  std::vector<fs::path> open_;  // files being loaded, outermost first
};

}  // namespace

FileFormat experiment_format() {
  return {"nta_experiment", kExperimentVersion, true, {}};
}
FileFormat sweep_format() {
  return {"nta_sweep", kSweepVersion, false, {}};
}

void merge_into(ConfigValue& base, ConfigValue over) {
  bool const replace = over.is_object() && take_replace(over);
  if (!over.is_object() || !base.is_object() || replace) {
    strip_replace(over);
    base = std::move(over);
    return;
  }
  base.origin = over.origin;
  for (auto& [key, member] : over.members) {
    auto const [entry, is_fresh] = base.members.try_emplace(key);
    if (is_fresh) {
      strip_replace(member);
      entry->second = std::move(member);
    } else {
      merge_into(entry->second, std::move(member));
    }
  }
}

void check_version(ConfigValue& root, FileFormat const& format, std::vector<std::string>& notes,
                   IssueList& issues) {
  std::string const key(format.version_key);
  std::string const current = std::to_string(format.version);
  auto const found = root.members.extract(key);
  if (found.empty()) {
    return issues.at_value(root.origin, "/" + key,
                           {"required key is missing", "add \"" + key + "\": " + current});
  }
  ConfigValue const& value = found.mapped();
  if (!value.scalar.is_number_integer() || value.scalar < 1) {
    return issues.at_value(
        value.origin, "/" + key,
        {shown_value(value) + " is no version", "this program writes " + current});
  }
  if (value.scalar > format.version) {
    return issues.at_value(value.origin, "/" + key,
                           {"version " + shown_value(value) + " is newer than this program",
                            "it reads up to " + current + "; update nta"});
  }
  for (int v = value.scalar.get<int>(); v < format.version; ++v) {
    format.migrations.at(static_cast<std::size_t>(v - 1))(root, notes);
  }
}

Composed compose_files(fs::path const& path, FileFormat const& format, LoadOptions const& options,
                       int first_order, IssueList& issues) {
  Composer composer(format, options, issues);
  composer.out.n_sources = first_order;
  std::optional<ConfigValue> root;
  try {
    root = composer.load(path);
  } catch (Error const& error) {  // a missing experiment is a wrong command, not bad data
    fail(ErrorKind::usage, "{}", error.what());
  }
  if (!root || !composer.out.complete) issues.throw_if_any();  // the rest would be guesses
  composer.out.root = *std::move(root);
  strip_replace(composer.out.root);
  return std::move(composer.out);
}

}  // namespace nta
