// A JSON value that remembers where it was written, and the texts it was written in. Values move
// between trees with their origins, so that after extends, --set and --unset each still names its
// own file, line and column.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

using Json = nlohmann::ordered_json;

/// A configuration text: a file, or the value of one --set.
struct SourceText {
  std::string name;              ///< as the user named it, or "--set #2"
  std::string text;              ///< exactly as read
  std::filesystem::path folder;  ///< relative paths inside resolve against it
  int order = 0;                 ///< issues are listed in this order of texts
  bool is_override = false;      ///< has no lines worth showing
};

/// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Origin {
  std::shared_ptr<SourceText const> source;  ///< null: a default
  Span key;                                  ///< the quoted key; empty for elements and roots
  Span value;                                ///< the token; of lists and objects the bracket
};

struct ConfigValue {
  Json::value_t type = Json::value_t::null;
  Json scalar;                        ///< of null, booleans, numbers, strings
  std::optional<std::string> filled;  ///< the string after ${env:...}, where it differs
  std::map<std::string, ConfigValue> members;
  std::vector<ConfigValue> items;
  Origin origin;

  bool is_object() const { return type == Json::value_t::object; }
  bool is_array() const { return type == Json::value_t::array; }
  bool is_string() const { return type == Json::value_t::string; }
  bool is_null() const { return type == Json::value_t::null; }
  /// The string as the program uses it. Only for strings.
  std::string const& text() const {
    return filled ? *filled : scalar.get_ref<std::string const&>();
  }
  ConfigValue const* find(std::string const& key) const {
    auto const found = members.find(key);
    return found == members.end() ? nullptr : &found->second;
  }
};

/// The value without origins, as written (${env:...} kept).
Json plain_json(ConfigValue const& value);

/// Where a path leads: object keys and list indices, as strings.
using KeyPath = std::vector<std::string>;

/// "/training/optimizer/lr", with ~0 and ~1 for ~ and /.
std::string to_pointer(KeyPath const& path);
/// Dotted path with [i] and ["quoted key"], or a JSON pointer, -> keys; nullopt if malformed.
std::optional<KeyPath> parse_path(std::string_view text);
/// The value there, or null.
ConfigValue const* find_value(ConfigValue const& root, KeyPath const& path);

}  // namespace nta
