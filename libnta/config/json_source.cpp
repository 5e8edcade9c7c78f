// nlohmann's SAX parser decides what is valid; it reports tokens in order but without places. A
// cursor walks the same text token by token, so that the n-th event is the n-th token.
#include "libnta/config/json_source.hpp"

#include <algorithm>
#include <string_view>

namespace nta {
namespace {

/// Start and end of each token of a text that the parser has accepted so far.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  /// Where the next token starts: past space, comments, commas and colons.
  std::size_t peek() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n,:").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        std::size_t const close = text_.find("*/", at_ + 2);
        if (close == std::string_view::npos) break;  // the parser will complain here
        at_ = close + 2;
      } else {
        break;
      }
    }
    return at_;
  }

  Span next() {
    Span token{peek(), 0};
    if (at_ >= text_.size()) return {text_.size(), text_.size()};
    char const first = text_[at_];
    if (first == '"') {
      skip_string();
    } else if (std::string_view("{}[]").find(first) != std::string_view::npos) {
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:{}[]/\"", at_ + 1), text_.size());
    }
    token.end = at_;
    return token;
  }

 private:
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// "[json.exception...] parse error at line 3, column 5: syntax error while ... - unexpected x;
/// last read: 'y'; expected z" -> "unexpected x; expected z": place and text are shown by the
/// excerpt.
std::string short_reason(std::string reason) {
  if (std::size_t const at = reason.find(" - "); at != std::string::npos) {
    reason.erase(0, at + 3);
  } else if (std::size_t const bracket = reason.find("] "); bracket != std::string::npos) {
    reason.erase(0, bracket + 2);
  }
  if (std::size_t const read = reason.find("; last read: '"); read != std::string::npos) {
    std::size_t const rest = reason.rfind("'; expected ");
    reason = reason.substr(0, read) +
             (rest == std::string::npos || rest < read ? "" : reason.substr(rest + 1));
  }
  return reason;
}

class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(std::shared_ptr<SourceText const> const& source, IssueList& issues)
      : source_(source), issues_(issues), cursor_(source->text) {}

  ConfigValue root;

  bool null() override { return scalar(Json()); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override { return scalar(value); }
  bool number_unsigned(std::uint64_t value) override { return scalar(value); }
  bool number_float(double value, std::string const&) override { return scalar(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::value_t::object); }
  bool start_array(std::size_t) override { return open(Json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    Span const where = cursor_.next();
    ConfigValue& parent = *open_.back();
    path_.back() = name;
    auto const [entry, is_first] = parent.members.try_emplace(name);
    if (is_first) {
      entry->second.origin.key = where;
      slot_ = &entry->second;
      return true;
    }
    Place const first = place_of(*source_, entry->second.origin.key.begin);
    issues_.at_bytes(
        source_, where, to_pointer(path_),
        {"duplicate key", "first given at " + source_->name + ":" + std::to_string(first.line) +
                              ":" + std::to_string(first.column)});
    duplicates_.emplace_back(std::make_unique<ConfigValue>());
    slot_ = duplicates_.back().get();  // parsed on, for its own errors, then dropped
    return true;
  }

  bool parse_error(std::size_t position, std::string const&,
                   nlohmann::json::exception const& error) override {
    std::string_view const text = source_->text;
    std::size_t at = cursor_.peek();
    std::size_t const last = position > 0 ? position - 1 : 0;
    if (last < text.size() &&
        std::string_view("{}[],:").find(text[last]) != std::string_view::npos) {
      at = last;  // a single sign that is out of place
    }
    std::string const reason =
        error.id == 406 ? "number is too large for a double" : short_reason(error.what());
    issues_.at_bytes(source_, {at, at + 1}, "", {"not valid JSON: " + reason});
    return false;
  }

 private:
  ConfigValue& place_value() {
    if (open_.empty()) return root;
    ConfigValue& parent = *open_.back();
    if (parent.is_object()) return *slot_;
    path_.back() = std::to_string(parent.items.size());
    return parent.items.emplace_back();
  }

  bool scalar(Json value) {
    ConfigValue& out = place_value();
    out.type = value.type();
    out.scalar = std::move(value);
    out.origin.source = source_;
    out.origin.value = cursor_.next();
    return true;
  }

  bool open(Json::value_t type) {
    ConfigValue& out = place_value();
    out.type = type;
    out.origin.source = source_;
    out.origin.value = cursor_.next();
    if (open_.size() >= static_cast<std::size_t>(kMaxJsonDepth)) {
      issues_.at_bytes(source_, out.origin.value, "",
                       {"nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"});
      return false;
    }
    open_.push_back(&out);
    path_.emplace_back();
    return true;
  }

  bool close() {
    cursor_.next();
    open_.pop_back();
    path_.pop_back();
    return true;
  }

  std::shared_ptr<SourceText const> source_;
  IssueList& issues_;
  TokenCursor cursor_;
  std::vector<ConfigValue*> open_;
  ConfigValue* slot_ = nullptr;
  KeyPath path_;
  std::vector<std::unique_ptr<ConfigValue>> duplicates_;
};

}  // namespace

std::optional<ConfigValue> parse_json(std::shared_ptr<SourceText const> const& source,
                                      IssueList& issues) {
  TreeBuilder builder(source, issues);
  bool const ok = Json::sax_parse(source->text, &builder, Json::input_format_t::json, true, true);
  if (!ok) return std::nullopt;
  return std::move(builder.root);
}

}  // namespace nta
