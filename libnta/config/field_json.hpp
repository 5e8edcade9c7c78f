// The field lists as a bridge between structs and JSON: struct -> JSON, checked JSON -> struct.
#pragma once

#include "libnta/config/config_value.hpp"
#include "libnta/config/rules.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace nta {

/// Takes any field line: finds out whether a struct has a field list.
struct AnyVisitor {
  template <class... Args>
  void operator()(Args&&...) {}
};
template <class T>
concept HasFields = requires(AnyVisitor& v) {
  T::fields(v);
};

template <class T>
struct Shape {  // what a member's type is made of
  using Element = void;
};
template <class T>
struct Shape<std::optional<T>> {
  static constexpr bool kOptional = true;
  using Element = T;
};
template <class T>
struct Shape<std::vector<T>> {
  static constexpr bool kList = true;
  using Element = T;
};
template <class T, std::size_t N>
struct Shape<std::array<T, N>> {
  static constexpr bool kArray = true;
  static constexpr std::size_t kSize = N;
  using Element = T;
};
template <class T>
struct Shape<std::map<std::string, T>> {
  static constexpr bool kMap = true;
  using Element = T;
};
template <class... Ts>
struct Shape<std::variant<Ts...>> {
  static constexpr bool kVariant = true;
  using Element = void;
};
template <class T>
concept OptionalField = requires {
  Shape<T>::kOptional;
};
template <class T>
concept ListField = requires {
  Shape<T>::kList;
};
template <class T>
concept ArrayField = requires {
  Shape<T>::kArray;
};
template <class T>
concept MapField = requires {
  Shape<T>::kMap;
};
template <class T>
concept VariantField = requires {
  Shape<T>::kVariant;
};

// --- struct -> JSON ------------------------------------------------------------------------------

template <class T>
Json to_json_value(T const& value);

template <class T>
struct DumpVisitor {
  T const& from;
  Json& out;
  template <class M, class R>
  void operator()(std::string_view name, M T::*member, R const&, std::string_view, Note = {}) {
    out[std::string(name)] = to_json_value(from.*member);
  }
};

template <class T>
Json to_json_value(T const& value) {
  if constexpr (std::same_as<T, Json>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return Json(std::string(name_of(value)));
  } else if constexpr (OptionalField<T>) {
    return value ? to_json_value(*value) : Json();
  } else if constexpr (ListField<T> || ArrayField<T>) {
    Json list = Json::array();
    for (auto const& item : value) list.push_back(to_json_value(item));
    return list;
  } else if constexpr (MapField<T>) {
    Json object = Json::object();
    for (auto const& [key, item] : value) object[key] = to_json_value(item);
    return object;
  } else if constexpr (VariantField<T>) {
    return std::visit(
        [](auto const& alternative) {
          Json object{{"kind", std::string(alternative.kKind)}};
          object.update(to_json_value(alternative));
          return object;
        },
        value);
  } else if constexpr (HasFields<T>) {
    Json object = Json::object();
    DumpVisitor<T> visitor{value, object};
    T::fields(visitor);
    return object;
  } else {
    return Json(value);
  }
}

// --- JSON -> struct; the value has been checked --------------------------------------------------

template <class T>
void from_json_value(Json const& json, T& out);

template <class T>
struct ReadVisitor {
  Json const& from;
  T& out;
  template <class M, class R>
  void operator()(std::string_view name, M T::*member, R const&, std::string_view, Note = {}) {
    auto const found = from.find(std::string(name));
    if (found != from.end()) from_json_value(*found, out.*member);
  }
};

template <class... Ts>
void read_variant(Json const& json, std::variant<Ts...>& out) {
  auto const try_one = [&]<class T>(T alternative) {
    auto const kind = json.find("kind");
    if (kind == json.end() || *kind != std::string(T::kKind)) return;
    from_json_value(json, alternative);
    out = std::move(alternative);
  };
  (try_one(Ts{}), ...);
}

template <class T>
void from_json_value(Json const& json, T& out) {
  if constexpr (std::same_as<T, Json>) {
    out = json;
  } else if constexpr (std::is_enum_v<T>) {
    for (auto const& entry : names(T{})) {
      if (json == std::string(entry.name)) out = entry.value;
    }
  } else if constexpr (OptionalField<T>) {
    if (json.is_null()) {
      out.reset();
    } else {
      from_json_value(json, out.emplace());
    }
  } else if constexpr (ListField<T>) {
    out.clear();
    for (Json const& item : json) from_json_value(item, out.emplace_back());
  } else if constexpr (ArrayField<T>) {
    for (std::size_t i = 0; i < out.size() && i < json.size(); ++i) {
      from_json_value(json[i], out[i]);
    }
  } else if constexpr (MapField<T>) {
    out.clear();
    for (auto const& [key, item] : json.items()) from_json_value(item, out[key]);
  } else if constexpr (VariantField<T>) {
    read_variant(json, out);
  } else if constexpr (HasFields<T>) {
    ReadVisitor<T> visitor{json, out};
    T::fields(visitor);
  } else {
    out = json.get<T>();
  }
}

}  // namespace nta
