#include "libnta/config/check.hpp"

#include "libnta/config/suggest.hpp"

#include <algorithm>
#include <cmath>
#include <regex>

namespace nta {
namespace {

using Kind = FieldType::Kind;

std::string with_article(FieldType const& type) {
  if (type.kind == Kind::choice || type.kind == Kind::string) return "a string";
  if (type.kind == Kind::boolean) return "true or false";
  std::string const text = type_text(type);
  bool const vowel = std::string_view("aeiou").find(text.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + text;
}

std::vector<std::string> strings(std::vector<std::string_view> const& views) {
  return {views.begin(), views.end()};
}

std::vector<std::string> field_names(std::vector<FieldSpec> const& fields) {
  std::vector<std::string> keys;
  for (FieldSpec const& field : fields) keys.push_back(field.name);
  return keys;
}

std::string joined(std::vector<std::string> const& words) {
  std::string text;
  for (std::string const& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool in_range(double value, Range const& range) {
  bool const above = range.open_low ? value > range.low : value >= range.low;
  return above && (range.open_high ? value < range.high : value <= range.high);
}

KeyPath deeper(KeyPath path, std::string key) {
  path.push_back(std::move(key));
  return path;
}

class Checker {
 public:
  explicit Checker(CheckContext const& context) : context_(context) {}

  void check(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (value.is_null() && type.kind != Kind::any) {
      if (!type.nullable) refuse(value, at, {"may not be null", "expected " + with_article(type)});
      return;
    }
    switch (type.kind) {
      case Kind::any:
        return;
      case Kind::boolean:
        return check_boolean(value, type, at);
      case Kind::integer:
      case Kind::number:
        return check_number(value, type, at);
      case Kind::string:
        return check_string(value, type, at);
      case Kind::choice:
        return check_choice(value, type, at);
      case Kind::object:
        return check_object(value, type.fields, at);
      case Kind::variant:
        return check_variant(value, type, at);
      case Kind::list:
        return check_list(value, type, at);
      case Kind::map:
        return check_map(value, type, at);
    }
  }

 private:
  void refuse(ConfigValue const& value, KeyPath const& at, Remark remark) {
    context_.issues.at_value(value.origin, to_pointer(at), std::move(remark));
  }

  void wrong_type(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    std::string hint;
    if (type.kind == Kind::choice) hint = "one of " + range_text(type);
    refuse(value, at, {"expected " + with_article(type) + ", found " + shown_value(value), hint});
  }

  void check_boolean(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (value.type != Json::value_t::boolean) wrong_type(value, type, at);
  }

  void check_number(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (!value.scalar.is_number()) return wrong_type(value, type, at);
    double const number = value.scalar.get<double>();
    bool const is_float = value.type == Json::value_t::number_float;
    if (type.kind == Kind::integer && is_float && number != std::floor(number)) {
      refuse(value, at, {shown_value(value) + " is not an integer"});
    } else if (type.range && !in_range(number, *type.range)) {
      refuse(value, at, {shown_value(value) + " is outside " + interval_text(*type.range)});
    }
  }

  void check_string(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (!value.is_string()) return wrong_type(value, type, at);
    std::string const& text = value.text();
    if (text.find('\0') != std::string::npos) {
      return refuse(value, at, {"contains a zero byte"});
    }
    if (type.path && text.empty()) return refuse(value, at, {"an empty path"});
    if (type.pattern && (text.size() > 200 ||
                         !std::regex_match(text, std::regex(type.pattern->expression.begin(),
                                                            type.pattern->expression.end())))) {
      refuse(value, at, {shown_value(value) + " is not " + std::string(type.pattern->text)});
    }
    if (type.name) check_name(value, *type.name, at);
  }

  void check_choice(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (!value.is_string()) return wrong_type(value, type, at);
    std::vector<std::string> const choices = strings(type.choices);
    if (std::find(choices.begin(), choices.end(), value.text()) != choices.end()) return;
    refuse(value, at,
           {shown_value(value) + " is none of " + joined(choices),
            did_you_mean(value.text(), choices)});
  }

  void check_object(ConfigValue const& value, std::vector<FieldSpec> const& fields,
                    KeyPath const& at) {
    if (!value.is_object()) {
      return refuse(value, at,
                    {"expected an object, found " + shown_value(value),
                     "the keys are " + joined(field_names(fields))});
    }
    check_members(value, fields, at, "");
  }

  /// `extra` is a key that the object may have besides its fields.
  void check_members(ConfigValue const& value, std::vector<FieldSpec> const& fields,
                     KeyPath const& at, std::string const& extra) {
    for (auto const& [key, member] : value.members) {
      if (key == extra) continue;
      auto field = fields.begin();  // a loop: clang 14 captures no structured bindings
      while (field != fields.end() && field->name != key) ++field;
      if (field != fields.end()) {
        check(member, field->type, deeper(at, key));
      } else {
        std::vector<std::string> siblings = field_names(fields);
        if (!extra.empty()) siblings.insert(siblings.begin(), extra);
        KeyAdvice advice = advise_key(key, siblings, context_.root);
        context_.issues.at_key(member.origin, to_pointer(deeper(at, key)),
                               {std::move(advice.message), std::move(advice.hint)});
      }
    }
    for (FieldSpec const& field : fields) {
      if (!field.note.required || value.find(field.name) != nullptr) continue;
      std::string const choices = range_text(field.type);
      refuse(value, deeper(at, field.name),
             {"required key is missing",
              field.type.kind == Kind::choice ? "one of " + choices : std::string(field.text)});
    }
  }

  void check_variant(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    std::string const kinds = joined(field_names(type.variants));
    if (!value.is_object()) {
      return refuse(
          value, at,
          {"expected an object, found " + shown_value(value), "its \"kind\" is one of " + kinds});
    }
    ConfigValue const* const kind = value.find("kind");
    if (kind == nullptr) {
      for (auto const& [key, member] : value.members) {
        if (synonym_of(key) != "kind" && nearest(key, {"kind"}).empty()) continue;
        return context_.issues.at_key(member.origin, to_pointer(deeper(at, key)),
                                      {"unknown key", "did you mean \"kind\"?"});
      }
      return refuse(value, deeper(at, "kind"), {"required key is missing", "one of " + kinds});
    }
    KeyPath const kind_path = deeper(at, "kind");
    if (!kind->is_string()) {
      return refuse(*kind, kind_path,
                    {"expected a string, found " + shown_value(*kind), "one of " + kinds});
    }
    FieldSpec const* const alternative = type.find_variant(kind->text());
    if (alternative == nullptr) {
      return refuse(*kind, kind_path,
                    {shown_value(*kind) + " is none of " + kinds,
                     did_you_mean(kind->text(), field_names(type.variants))});
    }
    check_variant_members(value, type, *alternative, at);
  }

  /// Keys of another kind get their own message; all others as in any object.
  void check_variant_members(ConfigValue const& value, FieldType const& type,
                             FieldSpec const& alternative, KeyPath const& at) {
    ConfigValue rest = value;
    for (auto const& [key, member] : value.members) {
      if (key == "kind" || alternative.type.find_field(key) != nullptr) continue;
      std::vector<std::string> owners;
      for (FieldSpec const& other : type.variants) {
        if (other.type.find_field(key) != nullptr) owners.push_back(other.name);
      }
      if (owners.empty()) continue;
      context_.issues.at_key(
          member.origin, to_pointer(deeper(at, key)),
          {"unknown key for kind \"" + alternative.name + "\"", "it belongs to " + joined(owners)});
      rest.members.erase(key);
    }
    check_members(rest, alternative.type.fields, at, "kind");
  }

  void check_length(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    std::size_t const n = value.items.size() + value.members.size();
    if (!type.length || (n >= type.length->min && n <= type.length->max)) return;
    std::string const wanted =
        type.length->min == type.length->max
            ? std::to_string(type.length->min)
            : std::to_string(type.length->min) + " to " + std::to_string(type.length->max);
    refuse(
        value, at,
        {"has " + std::to_string(n) + (n == 1 ? " element" : " elements") + ", needs " + wanted});
  }

  void check_list(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (!value.is_array()) return wrong_type(value, type, at);
    check_length(value, type, at);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      KeyPath const here = deeper(at, std::to_string(i));
      check(value.items[i], *type.element, here);
      bool const repeated =
          type.element->kind == Kind::choice &&
          std::any_of(value.items.begin(), value.items.begin() + static_cast<std::ptrdiff_t>(i),
                      [&](ConfigValue const& other) {
                        return other.is_string() && value.items[i].is_string() &&
                               other.text() == value.items[i].text();
                      });
      if (repeated) refuse(value.items[i], here, {shown_value(value.items[i]) + " is there twice"});
    }
  }

  void check_map(ConfigValue const& value, FieldType const& type, KeyPath const& at) {
    if (!value.is_object()) return wrong_type(value, type, at);
    check_length(value, type, at);
    for (auto const& [key, member] : value.members) check(member, *type.element, deeper(at, key));
  }

  void check_name(ConfigValue const& value, NameKind kind, KeyPath const& at) {
    Vocabulary const& known = context_.vocabulary;
    switch (kind) {
      case NameKind::feature_glob:
        return check_feature(value, at, true);
      case NameKind::feature:
        return check_feature(value, at, false);
      case NameKind::feature_set:
        return check_listed(value, known.feature_sets, "feature set", at);
      case NameKind::profile:
        if (value.text().ends_with(".json")) return;
        return check_listed(value, known.profiles, "profile", at);
      case NameKind::metric:
        return check_metric(value, at);
    }
  }

  void check_listed(ConfigValue const& value, std::vector<std::string> const& known,
                    std::string const& what, KeyPath const& at) {
    if (known.empty() || std::find(known.begin(), known.end(), value.text()) != known.end()) return;
    std::string hint = did_you_mean(value.text(), known);
    if (hint.empty()) hint = "there are " + joined(known);
    refuse(value, at, {shown_value(value) + " is no known " + what, std::move(hint)});
  }

  void check_feature(ConfigValue const& value, KeyPath const& at, bool is_glob) {
    std::vector<std::string> const& known = context_.vocabulary.features;
    bool const found =
        known.empty() || std::any_of(known.begin(), known.end(), [&](std::string const& name) {
          return is_glob ? glob_matches(value.text(), name) : value.text() == name;
        });
    if (found) return;
    std::string hint = did_you_mean(value.text(), known);
    if (hint.empty()) hint = "nta features --list shows all";
    refuse(value, at,
           {shown_value(value) + (is_glob ? " matches no feature" : " is no feature"),
            std::move(hint)});
  }

  void check_metric(ConfigValue const& value, KeyPath const& at) {
    std::string const& text = value.text();
    std::size_t const slash = text.find('/');
    std::string const part = text.substr(0, slash);
    std::string const name = slash == std::string::npos ? "" : text.substr(slash + 1);
    if (part == "test") {
      return refuse(value, at,
                    {"nothing may be chosen by the test part",
                     "use \"validation/" + (name.empty() ? "loss" : name) + "\""});
    }
    if (name.empty() || (part != "validation" && part != "train")) {
      return refuse(value, at,
                    {shown_value(value) + " is no PART/METRIC",
                     "for example \"validation/loss\" or \"train/loss\""});
    }
    if (part == "train" && name != "loss") {
      return refuse(value, at,
                    {"the training part has no metric but \"train/loss\"",
                     "use \"validation/" + name + "\""});
    }
    if (!is_known_metric(name, context_.vocabulary)) {
      std::string hint = did_you_mean(name, context_.vocabulary.metrics);
      if (hint.empty()) hint = "there are " + joined(context_.vocabulary.metrics);
      refuse(value, at, {"\"" + name + "\" is no known metric", std::move(hint)});
    }
  }

  CheckContext const& context_;
};

}  // namespace

void check_value(ConfigValue const& value, FieldType const& type, KeyPath const& at,
                 CheckContext const& context) {
  Checker(context).check(value, type, at);
}

bool is_known_metric(std::string_view name, Vocabulary const& vocabulary) {
  return vocabulary.metrics.empty() || name == "loss" ||
         std::any_of(vocabulary.metrics.begin(), vocabulary.metrics.end(),
                     [&](std::string const& known) { return glob_matches(known, name); });
}

std::string shown_value(ConfigValue const& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "\"" + printable(value.text(), 60) + "\"";
  if (value.scalar.is_number() && value.origin.source) {  // as written: 1e9, not 1000000000.0
    Span const& at = value.origin.value;
    return printable(value.origin.source->text.substr(at.begin, at.end - at.begin), 60);
  }
  return value.scalar.dump();
}

}  // namespace nta
