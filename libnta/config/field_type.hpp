// What the field lists say, as data: the types and rules of a struct's fields as a tree that
// checks, schema, docs, explain and sweeps walk. Made from `fields()` by fields.hpp, once per
// struct.
#pragma once

#include "libnta/config/config_value.hpp"
#include "libnta/config/rules.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct FieldSpec;

struct FieldType {
  enum class Kind { any, boolean, integer, number, string, choice, object, variant, list, map };
  Kind kind = Kind::any;
  bool nullable = false;
  std::optional<Range> range;
  std::optional<Length> length;  ///< list, map: elements; string: bytes
  std::optional<Pattern> pattern;
  std::optional<NameKind> name;
  std::optional<PathKind> path;
  std::vector<std::string_view> choices;
  std::vector<FieldSpec> fields;       ///< object
  std::vector<FieldSpec> variants;     ///< variant: one object per value of "kind"
  std::shared_ptr<FieldType> element;  ///< list, map

  FieldSpec const* find_field(std::string_view key) const;
  /// The alternative whose kind the value names, or null.
  FieldSpec const* find_variant(std::string_view kind) const;
};

struct FieldSpec {
  std::string name;
  FieldType type;
  Json default_value;
  Note note;
  std::string_view text;
};

inline FieldSpec const* FieldType::find_field(std::string_view key) const {
  for (FieldSpec const& field : fields) {
    if (field.name == key) return &field;
  }
  return nullptr;
}

inline FieldSpec const* FieldType::find_variant(std::string_view variant) const {
  for (FieldSpec const& alternative : variants) {
    if (alternative.name == variant) return &alternative;
  }
  return nullptr;
}

/// Types of the two kinds of file, built once.
FieldType const& experiment_type();
FieldType const& sweep_type();

/// "integer", "one of a, b", "list of numbers": for tables and messages.
std::string type_text(FieldType const& type);
/// "[1, 100000]", "a | b | c", "1 to 8 elements", or "".
std::string range_text(FieldType const& type);
/// "[0, 1)" with the shortest numbers.
std::string interval_text(Range const& range);
std::string number_text(double value);

/// Fills in the default of each key that is absent, recursively, in field order.
Json with_defaults(Json const& value, FieldType const& type);

}  // namespace nta
