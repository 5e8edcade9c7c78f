// Collects what is wrong while a configuration is read; turns origins into file:line:column, the
// source line and a caret.
#pragma once

#include "libnta/config/config_errors.hpp"
#include "libnta/config/config_value.hpp"

#include <set>
#include <string>
#include <vector>

namespace nta {

/// Line and column (in characters), both from 1.
struct Place {
  int line = 1;
  int column = 1;
};
Place place_of(SourceText const& source, std::size_t offset);

/// "lab.json:14:7", "--set #2", or "default".
std::string origin_text(Origin const& origin);

/// Text that is safe to print on one line: control and invalid bytes become '?', long text is cut.
std::string printable(std::string_view text, std::size_t limit = 200);

struct Remark {
  std::string message;
  std::string hint = "";
};

class IssueList {
 public:
  /// At the key of a value (unknown keys), at the value itself, or at any bytes of a text.
  void at_key(Origin const& origin, std::string pointer, Remark remark);
  void at_value(Origin const& origin, std::string pointer, Remark remark);
  void at_bytes(std::shared_ptr<SourceText const> const& source, Span where, std::string pointer,
                Remark remark);

  bool empty() const { return issues_.empty(); }
  std::size_t size() const { return issues_.size(); }
  /// Was something wrong at this pointer, above it or below it?
  bool touches(std::string const& pointer) const;
  bool at(std::string const& pointer) const { return pointers_.contains(pointer); }

  /// Throws ConfigErrors with all issues by position, if there are any.
  void throw_if_any() const;

 private:
  struct Entry {
    ConfigIssue issue;
    int order;
    std::size_t offset;
  };
  std::vector<Entry> issues_;
  std::set<std::string> pointers_;
};

}  // namespace nta
