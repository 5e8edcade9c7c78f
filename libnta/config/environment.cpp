// ${env:NAME} and ${env:NAME:-default} in strings. The written string is kept beside the filled
// one, so that saved configurations hold the expression and never a value from the environment.
#include "libnta/config/compose.hpp"

#include <cstdlib>

namespace nta {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

class Filler {
 public:
  Filler(LoadOptions const& options, IssueList& issues) : options_(options), issues_(issues) {}

  void fill(ConfigValue& value, KeyPath& at) {
    if (value.is_string()) fill_string(value, at);
    for (auto& [key, member] : value.members) {
      at.push_back(key);
      fill(member, at);
      at.pop_back();
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      at.push_back(std::to_string(i));
      fill(value.items[i], at);
      at.pop_back();
    }
  }

 private:
  void fill_string(ConfigValue& value, KeyPath const& at) {
    auto const& written = value.scalar.get_ref<std::string const&>();
    std::string out;
    std::size_t from = 0;
    for (std::size_t open = written.find("${"); open != std::string::npos;
         open = written.find("${", from)) {
      out += written.substr(from, open - from);
      std::size_t const close = written.find('}', open);
      if (close == std::string::npos) {
        return issues_.at_value(value.origin, to_pointer(at), {"\"${\" is never closed by \"}\""});
      }
      std::optional<std::string> filled =
          evaluate(std::string_view(written).substr(open + 2, close - open - 2), value, at);
      if (!filled) return;
      out += *filled;
      from = close + 1;
    }
    if (from == 0) return;
    value.filled = out + written.substr(from);
  }

  std::optional<std::string> evaluate(std::string_view expression, ConfigValue const& value,
                                      KeyPath const& at) {
    std::string_view name = expression;
    std::optional<std::string> fallback;
    if (name.starts_with("env:")) name.remove_prefix(4);
    if (std::size_t const dash = name.find(":-"); dash != std::string_view::npos) {
      fallback = name.substr(dash + 2);
      name = name.substr(0, dash);
    }
    if (!expression.starts_with("env:") || !is_name(name)) {
      issues_.at_value(value.origin, to_pointer(at),
                       {"\"${" + printable(expression, 60) + "}\" is no expression",
                        "there are ${env:NAME} and ${env:NAME:-default}"});
      return std::nullopt;
    }
    std::string const key(name);
    char const* const found =
        options_.environment ? options_.environment(key) : std::getenv(key.c_str());
    if (found != nullptr && (*found != '\0' || !fallback))
      return found;  // as the shell: empty = unset
    if (fallback) return fallback;
    issues_.at_value(
        value.origin, to_pointer(at),
        {"the environment has no " + key, "set it, or write ${env:" + key + ":-default}"});
    return std::nullopt;
  }

  LoadOptions const& options_;
  IssueList& issues_;
};

}  // namespace

void fill_environment(ConfigValue& root, LoadOptions const& options, IssueList& issues) {
  KeyPath at;
  Filler(options, issues).fill(root, at);
}

}  // namespace nta
