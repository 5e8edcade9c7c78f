// Field types -> Markdown tables, one per section, for experiments/README.md.
#include "libnta/config/field_type.hpp"
#include "libnta/config/load.hpp"

#include <string>

namespace nta {
namespace {

using Kind = FieldType::Kind;

std::string escaped(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.replace(at, 1, "\\|");
  }
  return text;
}

std::string default_text(FieldSpec const& field) {
  if (field.note.required) return "**required**";
  if (field.default_value == "") return "";
  return "`" + field.default_value.dump() + "`";
}

std::string_view table_head() {
  return "| key | type | default | range | meaning |\n|---|---|---|---|---|\n";
}

void add_rows(std::vector<FieldSpec> const& fields, std::string const& prefix, std::string& out) {
  for (FieldSpec const& field : fields) {
    std::string const key = prefix + field.name;
    bool const nests = field.type.kind == Kind::object && !field.type.nullable;
    bool const is_list = field.type.kind == Kind::list || field.type.kind == Kind::map;
    bool const has_elements = is_list && field.type.element->kind == Kind::object;
    if (nests) {
      add_rows(field.type.fields, key + ".", out);
      continue;
    }
    std::string meaning(field.text);
    if (!field.note.unit.empty()) meaning += " (" + std::string(field.note.unit) + ")";
    std::string const shown =
        field.type.kind == Kind::object ? "`{...}`, as below" : default_text(field);
    out += "| `" + key + "` | " + type_text(field.type) + " | " + escaped(shown) + " | " +
           escaped(range_text(field.type)) + " | " + escaped(meaning) + " |\n";
    if (field.type.kind == Kind::object) add_rows(field.type.fields, key + ".", out);
    std::string const element = field.type.kind == Kind::map ? ".PATH." : "[].";
    if (has_elements) add_rows(field.type.element->fields, key + element, out);
  }
}

void add_variants(FieldSpec const& section, std::string& out) {
  out += "\nThe key `kind` picks one of:\n";
  for (FieldSpec const& variant : section.type.variants) {
    out += "\n**`" + variant.name + "`**\n\n" + std::string(table_head());
    add_rows(variant.type.fields, section.name + ".", out);
  }
}

std::string tables_of(FieldType const& type, std::string const& version_row) {
  std::string out = std::string(table_head()) + version_row;
  for (FieldSpec const& field : type.fields) {
    bool const is_section = field.type.kind == Kind::object || field.type.kind == Kind::variant;
    if (!is_section) add_rows({field}, "", out);
  }
  for (FieldSpec const& field : type.fields) {
    bool const is_section = field.type.kind == Kind::object || field.type.kind == Kind::variant;
    if (!is_section) continue;
    out += "\n### `" + field.name + "`: " + std::string(field.text) + "\n";
    if (field.type.kind == Kind::variant) {
      add_variants(field, out);
    } else {
      out += "\n" + std::string(table_head());
      add_rows(field.type.fields, field.name + ".", out);
    }
  }
  return out;
}

}  // namespace

std::string markdown_docs() {
  std::string const experiment_head =
      "| `nta_experiment` | integer | **required** | 1 | version of the file |\n"
      "| `extends` | string or list of string |  | no cycles | files this one builds on |\n";
  std::string const sweep_head =
      "| `nta_sweep` | integer | **required** | 1 | version of the file |\n";
  return "## Experiment file\n\n" + tables_of(experiment_type(), experiment_head) +
         "\n## Sweep file\n\n" + tables_of(sweep_type(), sweep_head);
}

}  // namespace nta
