// Paths -> field lines, with a tree at hand that says which kind a variant is.
#include "libnta/config/draft.hpp"

namespace nta {
namespace {

struct Step {
  FieldType const* type = nullptr;
  FieldSpec const* spec = nullptr;
};

bool is_number(std::string const& key) {
  return !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
}

Step step_into(FieldType const& type, ConfigValue const* value, std::string const& key) {
  if (type.kind == FieldType::Kind::list) {
    return {is_number(key) ? type.element.get() : nullptr, nullptr};
  }
  if (type.kind == FieldType::Kind::map) return {type.element.get(), nullptr};
  FieldType const* fields = &type;
  if (type.kind == FieldType::Kind::variant) {
    ConfigValue const* const kind = value == nullptr ? nullptr : value->find("kind");
    FieldSpec const* const alternative =
        kind != nullptr && kind->is_string() ? type.find_variant(kind->text()) : nullptr;
    if (alternative == nullptr) return {};
    fields = &alternative->type;
  }
  FieldSpec const* const spec = fields->find_field(key);
  return {spec == nullptr ? nullptr : &spec->type, spec};
}

Step walk(FieldType const& root, ConfigValue const& value, KeyPath const& path) {
  Step at{&root, nullptr};
  ConfigValue const* here = &value;
  for (std::string const& key : path) {
    at = step_into(*at.type, here, key);
    if (at.type == nullptr) return {};
    if (here != nullptr) here = find_value(*here, {key});
  }
  return at;
}

}  // namespace

FieldType const* find_type(FieldType const& root, ConfigValue const& value, KeyPath const& path) {
  return walk(root, value, path).type;
}

FieldSpec const* find_spec(FieldType const& root, ConfigValue const& value, KeyPath const& path) {
  return walk(root, value, path).spec;
}

}  // namespace nta
