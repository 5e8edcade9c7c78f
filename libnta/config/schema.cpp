// Field types -> JSON Schema, draft 7, for editors. Keys that a file may inherit through "extends"
// are required only where there is no "extends".
#include "libnta/config/field_type.hpp"
#include "libnta/config/load.hpp"
#include "libnta/config/resolve.hpp"

#include <cmath>

namespace nta {
namespace {

using Kind = FieldType::Kind;

Json schema_of(FieldType const& type, bool inheritable);

void add_range(Range const& range, Json& schema) {
  if (std::isfinite(range.low)) {
    schema[range.open_low ? "exclusiveMinimum" : "minimum"] = Json::parse(number_text(range.low));
  }
  if (std::isfinite(range.high)) {
    schema[range.open_high ? "exclusiveMaximum" : "maximum"] = Json::parse(number_text(range.high));
  }
}

Json properties_of(std::vector<FieldSpec> const& fields, bool inheritable) {
  Json properties = Json::object();
  for (FieldSpec const& field : fields) {
    Json schema = schema_of(field.type, inheritable);
    std::string description(field.text);
    if (!field.note.unit.empty()) description += " (" + std::string(field.note.unit) + ")";
    schema["description"] = description;
    bool const is_leaf = field.type.kind != Kind::object && field.type.kind != Kind::variant;
    if (is_leaf && !field.note.required && field.default_value != "") {
      schema["default"] = field.default_value;
    }
    properties[field.name] = std::move(schema);
  }
  return properties;
}

Json required_of(std::vector<FieldSpec> const& fields) {
  Json required = Json::array();
  for (FieldSpec const& field : fields) {
    if (field.note.required) required.push_back(field.name);
  }
  return required;
}

Json object_schema(std::vector<FieldSpec> const& fields, bool inheritable) {
  Json schema{{"type", "object"}, {"additionalProperties", false}};
  schema["properties"] = properties_of(fields, inheritable);
  if (inheritable) {
    schema["properties"]["$replace"] = {{"const", true},
                                        {"description", "drop what this object inherits"}};
  } else if (Json required = required_of(fields); !required.empty()) {
    schema["required"] = std::move(required);
  }
  return schema;
}

Json variant_schema(FieldType const& type, bool inheritable) {
  Json alternatives = Json::array();
  for (FieldSpec const& alternative : type.variants) {
    Json schema = object_schema(alternative.type.fields, inheritable);
    Json properties{{"kind", {{"const", alternative.name}}}};
    properties.update(schema["properties"]);
    schema["properties"] = std::move(properties);
    alternatives.push_back(std::move(schema));
  }
  return {{"anyOf", std::move(alternatives)}};
}

Json list_schema(FieldType const& type) {
  Json schema{{"type", "array"}, {"items", schema_of(*type.element, false)}};
  if (type.element->kind == Kind::choice) schema["uniqueItems"] = true;
  if (type.length) {
    schema["minItems"] = type.length->min;
    schema["maxItems"] = type.length->max;
  }
  return schema;
}

Json map_schema(FieldType const& type) {
  Json schema{{"type", "object"}, {"additionalProperties", schema_of(*type.element, false)}};
  if (type.length) {
    schema["minProperties"] = type.length->min;
    schema["maxProperties"] = type.length->max;
  }
  return schema;
}

/// A string may also be an expression that the environment fills in.
Json string_schema(FieldType const& type) {
  Json schema{{"type", "string"}};
  if (type.path) schema["minLength"] = 1;
  if (!type.pattern) return schema;
  schema["pattern"] = "^(?:" + std::string(type.pattern->expression) +
                      ")$|\\$\\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";
  return schema;
}

Json schema_of(FieldType const& type, bool inheritable) {
  Json schema = Json::object();
  switch (type.kind) {
    case Kind::any:
      break;
    case Kind::boolean:
      schema["type"] = "boolean";
      break;
    case Kind::integer:
      schema["type"] = "integer";
      break;
    case Kind::number:
      schema["type"] = "number";
      break;
    case Kind::string:
      schema = string_schema(type);
      break;
    case Kind::choice:
      schema["enum"] = type.choices;
      break;
    case Kind::object:
      schema = object_schema(type.fields, inheritable);
      break;
    case Kind::variant:
      schema = variant_schema(type, inheritable);
      break;
    case Kind::list:
      schema = list_schema(type);
      break;
    case Kind::map:
      schema = map_schema(type);
      break;
  }
  if (type.range) add_range(*type.range, schema);
  if (type.nullable && schema.contains("type")) {
    schema["type"] = Json::array({schema["type"], "null"});
  }
  return schema;
}

/// What a file without "extends" must say itself: {"required": ..., "properties": {nested}}.
Json required_tree(FieldType const& type) {
  Json tree = Json::object();
  if (Json required = required_of(type.fields); !required.empty()) {
    tree["required"] = std::move(required);
  }
  if (type.kind == Kind::variant) tree["required"] = Json::array({"kind"});
  for (FieldSpec const& field : type.fields) {
    bool const nests = field.type.kind == Kind::object || field.type.kind == Kind::variant;
    Json inner = nests ? required_tree(field.type) : Json::object();
    if (!inner.empty()) tree["properties"][field.name] = std::move(inner);
  }
  return tree;
}

Json with_head(Json schema, std::string const& title, std::string const& version_key, int version) {
  Json out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  Json properties{{"$schema", {{"type", "string"}}}, {version_key, {{"const", version}}}};
  properties.update(schema["properties"]);
  schema["properties"] = std::move(properties);
  Json required = Json::array({version_key});
  if (schema.contains("required")) {
    for (Json const& key : schema["required"]) required.push_back(key);
  }
  schema["required"] = std::move(required);
  out.update(schema);
  return out;
}

}  // namespace

std::string schema_json() {
  FieldType const& type = experiment_type();
  Json schema = with_head(object_schema(type.fields, true), "nta experiment", "nta_experiment",
                          kExperimentVersion);
  schema["properties"]["extends"] = {
      {"description", "files this one builds on, relative to it; later ones win"},
      {"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}}};
  schema["properties"].erase("$replace");
  schema["if"] = {{"required", {"extends"}}};
  schema["then"] = true;
  schema["else"] = required_tree(type);
  return canonical_text(schema);
}

std::string sweep_schema_json() {
  return canonical_text(with_head(object_schema(sweep_type().fields, false), "nta sweep",
                                  "nta_sweep", kSweepVersion));
}

}  // namespace nta
