#include "libnta/config/issues.hpp"

#include <algorithm>

namespace nta {
namespace {

constexpr std::size_t kExcerptChars = 110;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Length of the well-formed UTF-8 character at `text[at]`, or 0.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  auto const lead = static_cast<unsigned char>(text[at]);
  std::size_t const n = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (n == 0 || at + n > text.size()) return 0;
  for (std::size_t i = 1; i < n; ++i) {
    if (!continues_character(text[at + i])) return 0;
  }
  return n;
}

std::size_t line_begin(std::string_view text, std::size_t offset) {
  std::size_t const before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  if (before != std::string_view::npos) return before + 1;
  return text.starts_with("\xEF\xBB\xBF") && offset >= 3 ? 3 : 0;  // a byte order mark is no column
}

/// Columns on the screen, tabs being one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

/// The line around `where` with a number in front, and a caret line under it.
std::string excerpt_of(SourceText const& source, Span where) {
  std::string_view const text = source.text;
  std::size_t begin = line_begin(text, where.begin);
  std::size_t end = std::min(text.find('\n', where.begin), text.size());
  if (end > begin && text[end - 1] == '\r') --end;
  std::size_t const at = std::min(where.begin, end);
  if (end - begin > kExcerptChars) {  // a long line: the part around the place
    begin = std::max(begin, at > kExcerptChars / 2 ? at - kExcerptChars / 2 : 0);
    end = std::min(end, begin + kExcerptChars);
    while (begin < at && continues_character(text[begin])) ++begin;
    while (end > at && end < text.size() && continues_character(text[end])) --end;
  }
  std::string const number = std::to_string(place_of(source, where.begin).line);
  std::string const margin(number.size() < 5 ? 5 - number.size() : 0, ' ');
  std::string const line = printable(text.substr(begin, end - begin), 2 * kExcerptChars);
  std::size_t const column = width(printable(text.substr(begin, at - begin), 2 * kExcerptChars));
  std::size_t const marked = std::min(std::max(where.end, at + 1), std::max(end, at + 1)) - at;
  std::size_t const length =
      std::max<std::size_t>(1, at < text.size() ? width(text.substr(at, marked)) : 1);
  return margin + number + " | " + line + "\n" + std::string(5, ' ') + " | " +
         std::string(column, ' ') + "^" + std::string(length - 1, '~') + "\n";
}

}  // namespace

Place place_of(SourceText const& source, std::size_t offset) {
  std::string_view const text = source.text;
  offset = std::min(offset, text.size());
  std::size_t const begin = line_begin(text, offset);
  auto const lines =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
  return {static_cast<int>(lines) + 1,
          static_cast<int>(width(text.substr(begin, offset - begin))) + 1};
}

std::string origin_text(Origin const& origin) {
  if (!origin.source) return "default";
  if (origin.source->is_override) return origin.source->name;
  bool const has_key = origin.key.end > origin.key.begin;
  Place const place = place_of(*origin.source, has_key ? origin.key.begin : origin.value.begin);
  return origin.source->name + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < limit;) {
    std::size_t const n = character_bytes(text, i);
    auto const byte = static_cast<unsigned char>(text[i]);
    bool const control = n == 1 && (byte < 0x20 || byte == 0x7F);
    bool const c1_control =
        n == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (control || n == 0 || c1_control) {
      out += byte == '\t' ? ' ' : '?';
      i += std::max<std::size_t>(n, 1);
    } else {
      out += text.substr(i, n);
      i += n;
    }
  }
  if (out.size() >= limit && out.size() < text.size()) out += "...";
  return out;
}

std::string to_text(ConfigIssue const& issue) {
  std::string text = issue.file;
  if (issue.line > 0) {
    text += ":" + std::to_string(issue.line) + ":" + std::to_string(issue.column);
  }
  text += ": error: ";
  if (!issue.pointer.empty()) text += issue.pointer + ": ";
  text += issue.message;
  if (!issue.hint.empty()) text += "; " + issue.hint;
  return text + "\n" + issue.excerpt;
}

namespace {
std::string all_texts(std::vector<ConfigIssue> const& issues) {
  std::string text;
  for (ConfigIssue const& issue : issues) text += to_text(issue);
  if (!text.empty()) text.pop_back();  // what() ends without a newline
  return text;
}
}  // namespace

ConfigErrors::ConfigErrors(std::vector<ConfigIssue> issues)
    : Error(ErrorKind::usage, all_texts(issues)), issues_(std::move(issues)) {}

void IssueList::at_key(Origin const& origin, std::string pointer, Remark remark) {
  bool const has_key = origin.key.end > origin.key.begin;
  at_bytes(origin.source, has_key ? origin.key : origin.value, std::move(pointer),
           std::move(remark));
}

void IssueList::at_value(Origin const& origin, std::string pointer, Remark remark) {
  at_bytes(origin.source, origin.value, std::move(pointer), std::move(remark));
}

void IssueList::at_bytes(std::shared_ptr<SourceText const> const& source, Span where,
                         std::string pointer, Remark remark) {
  if (!pointer.empty()) pointers_.insert(pointer);
  ConfigIssue issue;
  issue.pointer = printable(pointer);
  issue.message = printable(remark.message, 4000);
  issue.hint = printable(remark.hint, 4000);
  int order = 0;
  if (source) {
    order = source->order;
    issue.file = printable(source->name);
    if (!source->is_override) {
      Place const place = place_of(*source, where.begin);
      issue.line = place.line;
      issue.column = place.column;
      issue.excerpt = excerpt_of(*source, where);
    }
  }
  issues_.push_back({std::move(issue), order, where.begin});
}

bool IssueList::touches(std::string const& pointer) const {
  return std::any_of(pointers_.begin(), pointers_.end(), [&](std::string const& bad) {
    std::string const& shorter = bad.size() < pointer.size() ? bad : pointer;
    std::string const& longer = bad.size() < pointer.size() ? pointer : bad;
    return longer.starts_with(shorter) &&
           (longer.size() == shorter.size() || longer[shorter.size()] == '/');
  });
}

void IssueList::throw_if_any() const {
  if (issues_.empty()) return;
  std::vector<Entry> sorted = issues_;
  std::stable_sort(sorted.begin(), sorted.end(), [](Entry const& a, Entry const& b) {
    return std::pair(a.order, a.offset) < std::pair(b.order, b.offset);
  });
  std::vector<ConfigIssue> issues;
  for (Entry& entry : sorted) issues.push_back(std::move(entry.issue));
  throw ConfigErrors(std::move(issues));
}

}  // namespace nta
