// All that is wrong with a configuration, at once, each with its place, cause and remedy.
#pragma once

#include "libnta/core/error.hpp"

#include <string>
#include <vector>

namespace nta {

struct ConfigIssue {
  std::string file;     ///< as the user named it; "--set #2" for an override
  int line = 0;         ///< from 1; 0: no place in a file
  int column = 0;       ///< from 1, in characters
  std::string pointer;  ///< JSON pointer of the value, "" = the whole file
  std::string message;  ///< what is wrong
  std::string hint;     ///< what to do; may be empty
  std::string excerpt;  ///< the source line and a caret line, or empty
};

/// "lab.json:14:7: error: /training/epochs: 0 is outside [1, 100000]" + excerpt lines.
std::string to_text(ConfigIssue const& issue);

/// Error(usage); what() is every issue's text, one under the other.
class ConfigErrors : public Error {
 public:
  explicit ConfigErrors(std::vector<ConfigIssue> issues);
  std::vector<ConfigIssue> const& issues() const noexcept { return issues_; }

 private:
  std::vector<ConfigIssue> issues_;
};

}  // namespace nta
