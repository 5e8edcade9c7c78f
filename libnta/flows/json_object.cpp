// Strict JSON objects: see json_object.hpp.
#include "libnta/flows/json_object.hpp"

#include <algorithm>
#include <set>

namespace nta {

nlohmann::json parse_strict(std::string_view text, std::string_view source) {
  std::vector<std::set<std::string>> open;
  auto const watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) {
      open.emplace_back();
    }
    if (event == Event::object_end) {
      open.pop_back();
    }
    if (event == Event::key && !open.back().insert(parsed.get<std::string>()).second) {
      fail(ErrorKind::usage, "{}: key \"{}\" stands there twice", source,
           parsed.get<std::string>());
    }
    return true;
  };
  try {
    return nlohmann::json::parse(text, watch, true, /*ignore_comments=*/true);
  } catch (nlohmann::json::parse_error const& error) {
    fail(ErrorKind::usage, "{}: not JSON: {}", source, error.what());
  }
}

JsonObject::JsonObject(nlohmann::json const& value, JsonPlace place)
    : value_(value), place_(std::move(place)) {
  if (!value_.is_object()) {
    place_.refuse("an object is needed, not {}", value_.type_name());
  }
}

nlohmann::json const& JsonObject::at(std::string const& key) {
  auto const found = value_.find(key);
  if (found == value_.end()) {
    place(key).refuse("this key is missing");
  }
  seen_.push_back(key);
  return *found;
}

std::string JsonObject::text(std::string const& key) {
  nlohmann::json const& value = at(key);
  if (!value.is_string()) {
    place(key).refuse("text is needed, not {}", value.dump());
  }
  return value.get<std::string>();
}

std::int64_t JsonObject::integer(std::string const& key, std::int64_t low, std::int64_t high) {
  nlohmann::json const& value = at(key);
  bool const fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
  if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
    place(key).refuse("an integer from {} to {} is needed, not {}", low, high, value.dump());
  }
  return value.get<std::int64_t>();
}

bool JsonObject::boolean(std::string const& key) {
  nlohmann::json const& value = at(key);
  if (!value.is_boolean()) {
    place(key).refuse("true or false is needed, not {}", value.dump());
  }
  return value.get<bool>();
}

std::vector<std::string> JsonObject::texts(std::string const& key) {
  nlohmann::json const& value = at(key);
  if (!value.is_array()) {
    place(key).refuse("a list is needed, not {}", value.dump());
  }
  std::vector<std::string> words;
  for (auto const& word : value) {
    if (!word.is_string()) {
      place(key).refuse("a list of texts is needed, not {}", word.dump());
    }
    words.push_back(word.get<std::string>());
  }
  return words;
}

JsonObject JsonObject::object(std::string const& key) {
  return {at(key), place(key)};
}

void JsonObject::finish() const {
  for (auto const& [key, value] : value_.items()) {
    if (std::find(seen_.begin(), seen_.end(), key) == seen_.end()) {
      place(key).refuse("unknown key");
    }
  }
}

}  // namespace nta
