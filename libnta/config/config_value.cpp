#include "libnta/config/config_value.hpp"

#include <algorithm>
#include <charconv>

namespace nta {
namespace {

constexpr std::size_t kMaxPathDepth = 64;  // no field lies deeper, and trees are walked recursively

bool is_index(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "~1" -> "/", "~0" -> "~"; nullopt for any other "~".
std::optional<std::string> unescape_pointer(std::string_view part) {
  std::string key;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '~') {
      key += part[i];
    } else if (i + 1 < part.size() && (part[i + 1] == '0' || part[i + 1] == '1')) {
      key += part[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return key;
}

std::optional<KeyPath> parse_pointer(std::string_view text) {
  KeyPath path;
  while (!text.empty()) {
    if (path.size() >= kMaxPathDepth) return std::nullopt;
    text.remove_prefix(1);
    std::size_t const end = std::min(text.find('/'), text.size());
    std::optional<std::string> key = unescape_pointer(text.substr(0, end));
    if (!key) return std::nullopt;
    path.push_back(*std::move(key));
    text.remove_prefix(end);
  }
  return path;
}

/// The end of a bracket that opens at `text[0]`, quotes respected; npos if it never closes.
std::size_t bracket_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ']' && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::optional<std::string> parse_bracket(std::string_view inside) {
  if (is_index(inside)) return std::string(inside);
  if (inside.empty() || inside.front() != '"') return std::nullopt;
  Json const key = Json::parse(inside, nullptr, false);
  if (!key.is_string()) return std::nullopt;
  return key.get<std::string>();
}

}  // namespace

Json plain_json(ConfigValue const& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (ConfigValue const& item : value.items) list.push_back(plain_json(item));
    return list;
  }
  if (!value.is_object()) return value.scalar;
  Json object = Json::object();
  for (auto const& [key, member] : value.members) object[key] = plain_json(member);
  return object;
}

std::string to_pointer(KeyPath const& path) {
  std::string pointer;
  for (std::string const& key : path) {
    pointer += '/';
    for (char const c : key) {
      if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else {
        pointer += c;
      }
    }
  }
  return pointer;
}

std::optional<KeyPath> parse_path(std::string_view text) {
  if (text.empty()) return KeyPath{};
  if (text.front() == '/') return parse_pointer(text);
  KeyPath path;
  bool need_name = true;
  while (!text.empty()) {
    if (path.size() >= kMaxPathDepth) return std::nullopt;
    if (text.front() == '[' && !need_name) {
      std::size_t const end = bracket_end(text);
      if (end == std::string_view::npos) return std::nullopt;
      std::optional<std::string> key = parse_bracket(text.substr(1, end - 1));
      if (!key) return std::nullopt;
      path.push_back(*std::move(key));
      text.remove_prefix(end + 1);
      if (!text.empty() && text.front() != '[' && text.front() != '.') return std::nullopt;
    } else if (need_name) {
      std::size_t const end = std::min(text.find_first_of(".["), text.size());
      if (end == 0) return std::nullopt;
      path.emplace_back(text.substr(0, end));
      text.remove_prefix(end);
      need_name = false;
    }
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      need_name = true;
    }
  }
  if (need_name) return std::nullopt;
  return path;
}

ConfigValue const* find_value(ConfigValue const& root, KeyPath const& path) {
  ConfigValue const* at = &root;
  for (std::string const& key : path) {
    if (at->is_array()) {
      std::size_t index = 0;
      if (!is_index(key)) return nullptr;
      std::from_chars(key.data(), key.data() + key.size(), index);
      if (index >= at->items.size()) return nullptr;
      at = &at->items[index];
    } else {
      at = at->find(key);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

}  // namespace nta
