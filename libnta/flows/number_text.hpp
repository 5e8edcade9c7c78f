// Numbers as the text forms of tables have them: the shortest text that reads back to the same
// value, whatever the locale.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <type_traits>

namespace nta {

/// Doubles that are no numbers: `NaN`, `Infinity`, `-Infinity`.
template <class Number>
void append_number_text(Number value, std::string& line) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) {
      line += std::isnan(value) ? "NaN" : (value > 0 ? "Infinity" : "-Infinity");
      return;
    }
  }
  char buffer[64];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, value);
  line.append(buffer, end.ptr);
}

}  // namespace nta
