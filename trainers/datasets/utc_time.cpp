// RFC 3339 text -> UtcTime.
#include "trainers/datasets/utc_time.hpp"

#include <charconv>
#include <chrono>

namespace nta {

namespace {

/// Takes exactly `digits` digits from the front of `text`; -1 if they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  int value = -1;
  if (text.size() < digits || text.front() == '-') {
    return -1;
  }
  auto const [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits) {
    return -1;
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// ".5" -> 500,000,000 ns; nothing taken without a point; -1 on nonsense.
std::int64_t take_fraction_ns(std::string_view& text) {
  if (!take_char(text, '.')) {
    return 0;
  }
  std::int64_t ns = 0;
  std::size_t n_digits = 0;
  while (n_digits < text.size() && text[n_digits] >= '0' && text[n_digits] <= '9') {
    ns = ns * 10 + (text[n_digits] - '0');
    if (++n_digits > 9) {
      return -1;
    }
  }
  if (n_digits == 0) {
    return -1;
  }
  text.remove_prefix(n_digits);
  for (std::size_t i = n_digits; i < 9; ++i) {
    ns *= 10;
  }
  return ns;
}

/// Seconds east of Greenwich; "Z" is 0. Must end the text.
std::optional<std::int64_t> zone_s(std::string_view text) {
  if (text == "Z") {
    return 0;
  }
  bool const west = !text.empty() && text.front() == '-';
  if (!west && (text.empty() || text.front() != '+')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  int const hours = take_number(text, 2);
  take_char(text, ':');
  int const minutes = take_number(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) {
    return std::nullopt;
  }
  std::int64_t const seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<UtcTime> parse_utc(std::string_view text) {
  int const year = take_number(text, 4);
  bool ok = year >= 0 && take_char(text, '-');
  int const month = take_number(text, 2);
  ok = ok && month >= 0 && take_char(text, '-');
  int const day = take_number(text, 2);
  ok = ok && day >= 0 && take_char(text, 'T');
  int const hour = take_number(text, 2);
  ok = ok && hour >= 0 && hour < 24 && take_char(text, ':');
  int const minute = take_number(text, 2);
  ok = ok && minute >= 0 && minute < 60 && take_char(text, ':');
  int const second = take_number(text, 2);
  if (!ok || second < 0 || second > 60) {
    return std::nullopt;
  }
  std::int64_t const ns = take_fraction_ns(text);
  auto const zone = zone_s(text);
  std::chrono::year_month_day const date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (ns < 0 || !zone || !date.ok()) {
    return std::nullopt;
  }
  std::int64_t const days = std::chrono::sys_days(date).time_since_epoch().count();
  return UtcTime{days * 86'400 + hour * 3600 + minute * 60 + second - *zone,
                 static_cast<std::uint32_t>(ns)};
}

}  // namespace nta
