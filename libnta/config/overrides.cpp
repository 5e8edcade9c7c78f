// --set path=value and --unset path: parsed with their number as origin, applied in order.
#include "libnta/config/check.hpp"
#include "libnta/config/compose.hpp"
#include "libnta/config/json_source.hpp"

#include <charconv>
#include <utility>

namespace nta {
namespace {

/// The '=' that ends the path: the first outside brackets and quotes.
std::size_t path_end(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == '[') {
      ++depth;
    } else if (!quoted && text[i] == ']') {
      --depth;
    } else if (!quoted && depth <= 0 && text[i] == '=') {
      return i;
    }
  }
  return std::string_view::npos;
}

/// JSON if it is JSON, else the text itself as a string.
ConfigValue value_of(std::shared_ptr<SourceText const> const& source, IssueList& issues) {
  IssueList syntax;
  std::optional<ConfigValue> value = parse_json(source, syntax);
  if (value) {
    if (!syntax.empty()) parse_json(source, issues);  // duplicate keys count
    return *std::move(value);
  }
  ConfigValue text;
  text.type = Json::value_t::string;
  text.scalar = source->text;
  text.origin = {source, {}, {0, source->text.size()}};
  return text;
}

std::optional<std::size_t> index_of(std::string const& key) {
  std::size_t index = 0;
  auto const [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return index;
}

class Editor {
 public:
  Editor(Edit& edit, IssueList& issues) : edit_(edit), issues_(issues) {}

  void apply(ConfigValue& root) {
    ConfigValue* parent = &root;
    for (std::size_t i = 0; i + 1 < edit_.path.size(); ++i) {
      parent = child(*parent, i);
      if (parent == nullptr) return;
    }
    if (edit_.value) {
      ConfigValue* const place = child(*parent, edit_.path.size() - 1);
      if (place != nullptr) *place = *std::move(edit_.value);
    } else {
      remove(*parent);
    }
  }

 private:
  void refuse(std::size_t depth, Remark remark) {
    KeyPath const at(edit_.path.begin(),
                     edit_.path.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
    issues_.at_bytes(edit_.source, edit_.where, to_pointer(at), std::move(remark));
  }

  /// The member or element, made if it is absent and may be; null after an issue.
  ConfigValue* child(ConfigValue& parent, std::size_t depth) {
    std::string const& key = edit_.path[depth];
    if (parent.is_array()) return element(parent, depth);
    if (parent.is_object()) {
      auto const [entry, is_fresh] = parent.members.try_emplace(key);
      if (is_fresh) make_object(entry->second);
      return &entry->second;
    }
    if (parent.is_null()) {
      make_object(parent);
      return child(parent, depth);
    }
    refuse(depth, {"cannot reach inside " + shown_value(parent)});
    return nullptr;
  }

  ConfigValue* element(ConfigValue& list, std::size_t depth) {
    std::optional<std::size_t> const index = index_of(edit_.path[depth]);
    std::size_t const n = list.items.size();
    if (index && *index < n) return &list.items[*index];
    if (index && *index == n && edit_.value) {  // one past the end: append
      make_object(list.items.emplace_back());
      return &list.items.back();
    }
    refuse(depth, {"the list there has " + std::to_string(n) + (n == 1 ? " element" : " elements"),
                   "use [0] to [" + std::to_string(n) + "]; the last appends"});
    return nullptr;
  }

  void make_object(ConfigValue& value) {
    value = {};
    value.type = Json::value_t::object;
    value.origin = {edit_.source, {}, edit_.where};
  }

  void remove(ConfigValue& parent) {
    std::string const& key = edit_.path.back();
    std::optional<std::size_t> const index = index_of(key);
    if (parent.members.erase(key) != 0) return;
    if (parent.is_array() && index && *index < parent.items.size()) {
      parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(*index));
      return;
    }
    refuse(edit_.path.size() - 1, {"nothing is set there", "its default applies already"});
  }

  Edit& edit_;
  IssueList& issues_;
};

}  // namespace

std::vector<Edit> parse_overrides(std::vector<Override> const& overrides, int first_order,
                                  IssueList& issues) {
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    bool const is_set = overrides[i].kind == Override::Kind::set;
    std::string const& text = overrides[i].text;
    auto source = std::make_shared<SourceText>();
    source->name = (is_set ? "--set #" : "--unset #") + std::to_string(i + 1);
    source->order = first_order + static_cast<int>(i);
    source->is_override = true;
    std::size_t const end = is_set ? path_end(text) : text.size();
    std::optional<KeyPath> path;
    if (end != std::string::npos) path = parse_path(std::string_view(text).substr(0, end));
    if (!path || path->empty()) {
      issues.at_bytes(
          source, {}, "",
          {"\"" + printable(text, 60) + "\" is no " + (is_set ? "PATH=VALUE" : "PATH"),
           is_set ? "for example training.optimizer.lr=0.01" : "for example training.clip.norm"});
      continue;
    }
    Edit edit{source, {}, *std::move(path), std::nullopt};
    if (is_set) {
      source->text = text.substr(end + 1);
      edit.value = value_of(source, issues);
    }
    edits.push_back(std::move(edit));
  }
  return edits;
}

void apply_edits(ConfigValue& root, std::vector<Edit> edits, IssueList& issues) {
  for (Edit& edit : edits) Editor(edit, issues).apply(root);
}

}  // namespace nta
