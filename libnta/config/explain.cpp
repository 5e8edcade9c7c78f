// A loaded configuration in words: each field's value, where it came from, and what it may be.
#include "libnta/config/draft.hpp"
#include "libnta/config/field_type.hpp"
#include "libnta/config/load.hpp"
#include "libnta/config/suggest.hpp"

#include <algorithm>

namespace nta {
namespace {

std::string dumped(Json const& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dotted(KeyPath const& path) {
  std::string text;
  for (std::string const& key : path) {
    bool const is_index = key.find_first_not_of("0123456789") == std::string::npos;
    bool const is_plain = key.find_first_of(".[]\"/ ") == std::string::npos && !key.empty();
    if (is_index) {
      text += "[" + key + "]";
    } else if (is_plain) {
      text += (text.empty() ? "" : ".") + key;
    } else {
      text += "[" + dumped(Json(key)) + "]";
    }
  }
  return text;
}

std::string origin_of(ConfigValue const& root, KeyPath const& path) {
  ConfigValue const* const value = find_value(root, path);
  return value == nullptr ? "default" : origin_text(value->origin);
}

struct Row {
  std::string path, value, origin;
};

/// A row per leaf: scalars and lists of scalars.
void collect(Json const& value, ConfigValue const& root, KeyPath& at, std::vector<Row>& rows) {
  bool const has_inside =
      value.is_object() || (value.is_array() && !value.empty() && value.front().is_structured());
  if (!has_inside || value.empty()) {
    rows.push_back({dotted(at), dumped(value), origin_of(root, at)});
    return;
  }
  std::size_t index = 0;
  for (auto const& [key, item] : value.items()) {
    at.push_back(value.is_array() ? std::to_string(index++) : key);
    collect(item, root, at, rows);
    at.pop_back();
  }
}

std::string table_of(std::vector<Row> const& rows) {
  std::size_t path_width = 0;
  std::size_t value_width = 0;
  for (Row const& row : rows) {
    path_width = std::max(path_width, row.path.size());
    if (row.value.size() <= 40) value_width = std::max(value_width, row.value.size());
  }
  std::string text;
  for (Row const& row : rows) {
    std::size_t const pad = row.value.size() < value_width ? value_width - row.value.size() : 0;
    text += row.path + std::string(path_width - row.path.size() + 2, ' ') + row.value +
            std::string(pad + 2, ' ') + row.origin + "\n";
  }
  return text;
}

Json const& json_at(Json const& root, KeyPath const& path) {
  return root.at(Json::json_pointer(to_pointer(path)));
}

std::string line(std::string_view name, std::string const& text) {
  if (text.empty()) return "";
  return "  " + std::string(name) + std::string(10 - name.size(), ' ') + text + "\n";
}

}  // namespace

std::string explain(LoadedConfig const& config, std::string_view path) {
  ResolvedTree const& tree = *config.tree;
  std::optional<KeyPath> const keys = parse_path(path);
  bool const exists = keys && tree.resolved.contains(Json::json_pointer(to_pointer(*keys)));
  if (!exists) {
    fail(ErrorKind::usage, "no field {}; {}", std::string(path),
         advise_path(path, experiment_type()));
  }
  Json const& value = json_at(tree.resolved, *keys);
  std::vector<Row> rows;
  KeyPath at = *keys;
  collect(value, tree.root, at, rows);
  if (keys->empty()) return table_of(rows);
  std::string text = dotted(*keys) + "\n";
  bool const is_leaf = rows.size() == 1 && rows[0].path == dotted(*keys);
  if (is_leaf) text += line("value", rows[0].value);
  ConfigValue const* const written = find_value(tree.root, *keys);
  if (written != nullptr && written->is_string() && written->filled) {
    text += line("filled", "\"" + *written->filled + "\"");
  }
  text += line("origin", origin_of(tree.root, *keys));
  FieldType const* const type = find_type(experiment_type(), tree.root, *keys);
  FieldSpec const* const spec = find_spec(experiment_type(), tree.root, *keys);
  if (is_leaf && spec != nullptr) {
    text += line("default", spec->note.required ? "none, required" : dumped(spec->default_value));
  }
  if (type != nullptr) {
    text += line("type", type_text(*type));
    text += line("range", range_text(*type));
  }
  if (spec != nullptr) {
    text += line("unit", std::string(spec->note.unit)) + line("meaning", std::string(spec->text));
  }
  return is_leaf ? text : text + table_of(rows);
}

}  // namespace nta
