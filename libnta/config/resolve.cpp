#include "libnta/config/resolve.hpp"

#include "libnta/config/check.hpp"
#include "libnta/config/load.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

namespace nta {
namespace {

namespace fs = std::filesystem;
using Kind = FieldType::Kind;

bool is_path(ConfigValue const& value, FieldType const& type) {
  if (!value.is_string()) return false;
  bool const is_profile_file = type.name == NameKind::profile && value.text().ends_with(".json");
  return type.path.has_value() || is_profile_file;
}

fs::path folder_of(ConfigValue const& value) {
  return value.origin.source ? value.origin.source->folder : fs::path();
}

std::string used_path(ConfigValue const& value) {
  return (folder_of(value) / value.text()).lexically_normal().string();
}

std::string saved_path(ConfigValue const& value) {
  auto const& written = value.scalar.get_ref<std::string const&>();
  fs::path const folder = (fs::current_path() / folder_of(value)).lexically_normal();
  if (!value.filled) return (folder / written).lexically_normal().string();
  bool const fills_absolute = fs::path(*value.filled).is_absolute();
  return fills_absolute ? written : folder.string() + "/" + written;
}

Json scalar_json(ConfigValue const& value, FieldType const& type) {
  if (type.kind == Kind::integer && value.type == Json::value_t::number_float) {
    return Json(static_cast<std::int64_t>(value.scalar.get<double>()));
  }
  return value.scalar;
}

/// Walks a value and its type side by side; `Leaf` turns a scalar into JSON, or refuses it.
template <class Leaf>
class Walker {
 public:
  Walker(Leaf leaf, IssueList const* issues) : leaf_(leaf), issues_(issues) {}

  std::optional<Json> walk(ConfigValue const& value, FieldType const& type, KeyPath& at) {
    if (issues_ != nullptr && issues_->at(to_pointer(at))) return std::nullopt;
    if (value.is_object() && type.kind == Kind::object) return members(value, type.fields, at);
    if (value.is_object() && type.kind == Kind::variant) return variant(value, type, at);
    if (value.is_object() && type.kind == Kind::map) return map(value, type, at);
    if (value.is_array() && type.kind == Kind::list) return list(value, type, at);
    if (type.kind == Kind::any) return plain_json(value);
    if (value.is_object() || value.is_array()) return std::nullopt;
    return leaf_(value, type);
  }

 private:
  std::optional<Json> walk_member(ConfigValue const& value, FieldType const& type,
                                  std::string const& key, KeyPath& at) {
    at.push_back(key);
    std::optional<Json> json = walk(value, type, at);
    at.pop_back();
    return json;
  }

  Json members(ConfigValue const& value, std::vector<FieldSpec> const& fields, KeyPath& at) {
    Json out = Json::object();
    for (FieldSpec const& field : fields) {
      ConfigValue const* const member = value.find(field.name);
      if (member == nullptr) continue;
      std::optional<Json> json = walk_member(*member, field.type, field.name, at);
      if (json) out[field.name] = *std::move(json);
    }
    return out;
  }

  std::optional<Json> variant(ConfigValue const& value, FieldType const& type, KeyPath& at) {
    ConfigValue const* const kind = value.find("kind");
    if (kind == nullptr || !kind->is_string()) return std::nullopt;
    FieldSpec const* const alternative = type.find_variant(kind->text());
    if (alternative == nullptr) return std::nullopt;
    Json out{{"kind", alternative->name}};
    out.update(members(value, alternative->type.fields, at));
    return out;
  }

  Json map(ConfigValue const& value, FieldType const& type, KeyPath& at) {
    Json out = Json::object();
    for (auto const& [key, member] : value.members) {
      std::optional<Json> json = walk_member(member, *type.element, key, at);
      if (json) out[key] = *std::move(json);
    }
    return out;
  }

  std::optional<Json> list(ConfigValue const& value, FieldType const& type, KeyPath& at) {
    Json out = Json::array();
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      std::optional<Json> json = walk_member(value.items[i], *type.element, std::to_string(i), at);
      if (!json) return std::nullopt;  // half a list would mean something else
      out.push_back(*std::move(json));
    }
    return out;
  }

  Leaf leaf_;
  IssueList const* issues_;
};

template <class Leaf>
Json walk_tree(ConfigValue const& root, FieldType const& type, Leaf leaf, IssueList const* issues) {
  KeyPath at;
  return Walker<Leaf>(leaf, issues).walk(root, type, at).value_or(Json::object());
}

std::string dumped(Json const& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(Json const& value, std::string const& indent, std::string& out) {
  bool const is_flat_list =
      value.is_array() && std::none_of(value.begin(), value.end(),
                                       [](Json const& item) { return item.is_structured(); });
  if (!value.is_structured() || value.empty()) {
    out += dumped(value);
  } else if (is_flat_list) {
    std::string between = "[";
    for (Json const& item : value) {
      out += between + dumped(item);
      between = ", ";
    }
    out += "]";
  } else {
    out += value.is_array() ? "[" : "{";
    std::string between = "\n";
    for (auto const& [key, item] : value.items()) {
      out += between + indent + "  " + (value.is_array() ? "" : dumped(Json(key)) + ": ");
      print(item, indent + "  ", out);
      between = ",\n";
    }
    out += "\n" + indent + (value.is_array() ? "]" : "}");
  }
}

class FileChecker {
 public:
  explicit FileChecker(IssueList& issues) : issues_(issues) {}

  void check(ConfigValue const& value, FieldType const& type, KeyPath& at) {
    if (is_path(value, type) && !issues_.at(to_pointer(at))) {
      if (type.path == PathKind::glob) {
        check_glob(value, to_pointer(at));
      } else {
        check_file(value, to_pointer(at));
      }
    }
    for (auto const& [key, member] : value.members) {
      FieldSpec const* const field = type.find_field(key);
      if (field == nullptr) continue;
      at.push_back(key);
      check(member, field->type, at);
      at.pop_back();
    }
    for (std::size_t i = 0; i < value.items.size() && type.element; ++i) {
      at.push_back(std::to_string(i));
      check(value.items[i], *type.element, at);
      at.pop_back();
    }
  }

 private:
  void check_glob(ConfigValue const& value, std::string const& pointer) {
    std::vector<fs::path> const found = expand_glob(used_path(value));
    if (found.empty()) {
      return issues_.at_value(
          value.origin, pointer,
          {shown_value(value) + " matches no file", "looked for " + used_path(value)});
    }
    for (fs::path const& file : found) {
      std::error_code error;
      auto const [first, is_fresh] =
          seen_.try_emplace(fs::weakly_canonical(file, error).string(), pointer);
      if (is_fresh) continue;
      return issues_.at_value(value.origin, pointer,
                              {"names " + file.filename().string() + " again",
                               first->second + " names it too; rows would be in two places"});
    }
  }

  void check_file(ConfigValue const& value, std::string const& pointer) {
    std::error_code error;
    if (fs::is_regular_file(used_path(value), error)) return;
    issues_.at_value(value.origin, pointer,
                     {"there is no file " + shown_value(value), "looked for " + used_path(value)});
  }

  IssueList& issues_;
  std::map<std::string, std::string> seen_;  // file -> the pointer that named it
};

}  // namespace

Json used_json(ConfigValue const& root, FieldType const& type, IssueList const& issues) {
  auto const leaf = [](ConfigValue const& value, FieldType const& field) -> std::optional<Json> {
    if (is_path(value, field)) return Json(used_path(value));
    return value.is_string() ? Json(value.text()) : scalar_json(value, field);
  };
  return walk_tree(root, type, leaf, &issues);
}

Json saved_json(ConfigValue const& root, FieldType const& type) {
  auto const leaf = [](ConfigValue const& value, FieldType const& field) -> std::optional<Json> {
    if (is_path(value, field)) return Json(saved_path(value));
    return scalar_json(value, field);
  };
  return walk_tree(root, type, leaf, nullptr);
}

std::string canonical_text(Json const& value) {
  std::string out;
  print(value, "", out);
  return out + "\n";
}

void check_files(ConfigValue const& root, FieldType const& type, IssueList& issues) {
  KeyPath at;
  FileChecker(issues).check(root, type, at);
}

}  // namespace nta
