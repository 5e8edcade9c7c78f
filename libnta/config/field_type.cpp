// The trees of the two files, and how types and ranges read in tables and messages.
#include "libnta/config/field_type.hpp"

#include "libnta/config/experiment.hpp"
#include "libnta/config/fields.hpp"
#include "libnta/config/sweep.hpp"

#include <cmath>

namespace nta {
namespace {

std::string join(std::vector<std::string_view> const& words, std::string_view between) {
  std::string text;
  for (std::string_view const word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

Json object_with_defaults(Json const& value, std::vector<FieldSpec> const& fields) {
  Json out = Json::object();
  for (FieldSpec const& field : fields) {
    auto const found = value.find(field.name);
    out[field.name] =
        with_defaults(found == value.end() ? field.default_value : *found, field.type);
  }
  return out;
}

}  // namespace

FieldType const& experiment_type() {
  static FieldType const type = field_type<Experiment>();
  return type;
}

FieldType const& sweep_type() {
  static FieldType const type = field_type<SweepConfig>();
  return type;
}

std::string number_text(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == std::floor(value) && std::fabs(value) < 1e16) {
    return std::to_string(static_cast<long long>(value));
  }
  return Json(value).dump();
}

std::string interval_text(Range const& range) {
  return (range.open_low || std::isinf(range.low) ? "(" : "[") + number_text(range.low) + ", " +
         number_text(range.high) + (range.open_high || std::isinf(range.high) ? ")" : "]");
}

std::string type_text(FieldType const& type) {
  std::string text;
  switch (type.kind) {
    case FieldType::Kind::any:
      text = "any value";
      break;
    case FieldType::Kind::boolean:
      text = "true or false";
      break;
    case FieldType::Kind::integer:
      text = "integer";
      break;
    case FieldType::Kind::number:
      text = "number";
      break;
    case FieldType::Kind::string:
      text = "string";
      break;
    case FieldType::Kind::choice:
      text = "choice";
      break;
    case FieldType::Kind::object:
      text = "object";
      break;
    case FieldType::Kind::variant:
      text = "object";
      break;
    case FieldType::Kind::list:
      text = "list of " + type_text(*type.element);
      break;
    case FieldType::Kind::map:
      text = "object of " + type_text(*type.element);
      break;
  }
  return type.nullable ? text + " or null" : text;
}

std::string range_text(FieldType const& type) {
  std::string text;
  if (!type.choices.empty()) text = join(type.choices, ", ");
  if (type.range) text = interval_text(*type.range);
  if (type.pattern) text = type.pattern->text;
  if (type.length && type.kind != FieldType::Kind::string) {
    text = type.length->min == type.length->max
               ? std::to_string(type.length->min)
               : std::to_string(type.length->min) + " to " + std::to_string(type.length->max);
    text += " elements";
  }
  if (type.element) {
    std::string const inner = range_text(*type.element);
    if (!inner.empty()) text += (text.empty() ? "each of " : ", each of ") + inner;
  }
  return text;
}

Json with_defaults(Json const& value, FieldType const& type) {
  if (type.kind == FieldType::Kind::list && value.is_array()) {
    Json out = Json::array();
    for (Json const& item : value) out.push_back(with_defaults(item, *type.element));
    return out;
  }
  if (!value.is_object()) return value;
  if (type.kind == FieldType::Kind::object) return object_with_defaults(value, type.fields);
  if (type.kind == FieldType::Kind::map) {
    Json out = Json::object();
    for (auto const& [key, item] : value.items()) out[key] = with_defaults(item, *type.element);
    return out;
  }
  if (type.kind != FieldType::Kind::variant) return value;
  auto const kind = value.find("kind");
  FieldSpec const* const alternative = kind != value.end() && kind->is_string()
                                           ? type.find_variant(kind->get<std::string>())
                                           : nullptr;
  if (alternative == nullptr) return value;
  Json out{{"kind", *kind}};
  out.update(object_with_defaults(value, alternative->type.fields));
  return out;
}

}  // namespace nta
