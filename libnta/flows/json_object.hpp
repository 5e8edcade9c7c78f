// Strict reading of a JSON object: every key is asked for exactly once, what is missing, left over,
// doubled or of another type is an Error(usage) that names the document and the key.
#pragma once

#include "libnta/core/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nta {

/// Parses a document; comments are passed over, duplicate keys and trailing text are errors.
nlohmann::json parse_strict(std::string_view text, std::string_view source);

/// A place in a document: "profiles/x.json: /use/open".
struct JsonPlace {
  std::string source;
  std::string path;
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::usage, "{}: {}: {}", source, path.empty() ? "/" : path,
         fmt::format(format, std::forward<Args>(args)...));
  }
};

class JsonObject {
 public:
  JsonObject(nlohmann::json const& value, JsonPlace place);

  nlohmann::json const& at(std::string const& key);
  bool has(std::string const& key) const { return value_.contains(key); }
  JsonPlace place(std::string const& key) const { return {place_.source, place_.path + "/" + key}; }

  std::string text(std::string const& key);
  std::int64_t integer(std::string const& key, std::int64_t low, std::int64_t high);
  bool boolean(std::string const& key);
  std::vector<std::string> texts(std::string const& key);
  JsonObject object(std::string const& key);

  /// One word of a table [(word, value)].
  template <class Value, std::size_t N>
  Value choice(std::string const& key, std::pair<std::string_view, Value> const (&table)[N]) {
    std::string const word = text(key);
    std::string known;
    for (auto const& [name, value] : table) {
      if (name == word) {
        return value;
      }
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    place(key).refuse("\"{}\" is none of {}", word, known);
  }

  /// Call at the end: a key that nobody asked for is unknown.
  void finish() const;

 private:
  nlohmann::json const& value_;
  JsonPlace place_;
  std::vector<std::string> seen_;
};

}  // namespace nta
