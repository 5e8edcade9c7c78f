// The field lists as data: struct -> FieldType tree. All that looks at fields without a struct at
// hand (checks, schema, docs, explain) walks the tree and is no template.
#pragma once

#include "libnta/config/field_json.hpp"
#include "libnta/config/field_type.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace nta {

template <class T>
FieldType field_type();

inline void add_rule(FieldType&, Any) {}
inline void add_rule(FieldType& type, Range range) {
  (type.element ? *type.element : type).range = range;
}
inline void add_rule(FieldType& type, Length length) {
  type.length = length;
}
inline void add_rule(FieldType& type, Items items) {
  type.length = items.length;
  type.element->range = items.range;
}
inline void add_rule(FieldType& type, Pattern pattern) {
  type.pattern = pattern;
}
inline void add_rule(FieldType& type, NameOf name) {
  (type.element ? *type.element : type).name = name.kind;
}
inline void add_rule(FieldType& type, PathTo path) {
  (type.element ? *type.element : type).path = path.kind;
}

template <class T>
struct DescribeVisitor {
  std::vector<FieldSpec>& out;
  T defaults{};
  template <class M, class R>
  void operator()(std::string_view name, M T::*member, R const& rule, std::string_view text,
                  Note note = {}) {
    FieldType type = field_type<M>();
    add_rule(type, rule);
    out.push_back(
        {std::string(name), std::move(type), to_json_value(defaults.*member), note, text});
  }
};

template <class... Ts>
std::vector<FieldSpec> variant_types(std::variant<Ts...> const*) {
  return {FieldSpec{std::string(Ts::kKind), field_type<Ts>(), {}, {}, {}}...};
}

template <class T>
FieldType field_type() {
  using Kind = FieldType::Kind;
  FieldType type;
  if constexpr (OptionalField<T>) {
    type = field_type<typename Shape<T>::Element>();
    type.nullable = true;
  } else if constexpr (ListField<T> || ArrayField<T> || MapField<T>) {
    type.kind = MapField<T> ? Kind::map : Kind::list;
    type.element = std::make_shared<FieldType>(field_type<typename Shape<T>::Element>());
    if constexpr (ArrayField<T>) type.length = Length{Shape<T>::kSize, Shape<T>::kSize};
  } else if constexpr (VariantField<T>) {
    type.kind = Kind::variant;
    type.variants = variant_types(static_cast<T const*>(nullptr));
  } else if constexpr (HasFields<T>) {
    type.kind = Kind::object;
    DescribeVisitor<T> visitor{type.fields};
    T::fields(visitor);
  } else if constexpr (std::is_enum_v<T>) {
    type.kind = Kind::choice;
    for (auto const& entry : names(T{})) type.choices.push_back(entry.name);
  } else if constexpr (std::same_as<T, bool>) {
    type.kind = Kind::boolean;
  } else if constexpr (std::integral<T>) {
    type.kind = Kind::integer;
  } else if constexpr (std::floating_point<T>) {
    type.kind = Kind::number;
  } else if constexpr (std::same_as<T, std::string>) {
    type.kind = Kind::string;
  }
  return type;
}

}  // namespace nta
