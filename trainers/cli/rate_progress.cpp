#include "trainers/cli/rate_progress.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace nta::cli {

using Clock = std::chrono::steady_clock;

RateProgress::RateProgress(Common const& common, std::string what)
    : what_(std::move(what)), start_(Clock::now()), shown_(start_) {
  bool const terminal = isatty(STDERR_FILENO) != 0;
  auto const& how = common.progress;
  if (common.quiet || how == "none" || (how == "auto" && !terminal)) {
    return;
  }
  form_ = how == "json" ? Form::json : how == "bar" || how == "auto" ? Form::bar : Form::text;
  char const* const setting = std::getenv("NTA_PROGRESS_S");
  int const seconds = setting != nullptr ? std::atoi(setting) : (form_ == Form::json ? 1 : 30);
  pause_ = form_ == Form::bar ? std::chrono::milliseconds(200) : std::chrono::seconds(seconds);
}

void RateProgress::show(std::uint64_t packets, std::uint64_t total) {
  packets_ = packets;
  total_ = total;
  if (form_ == Form::none || Clock::now() - shown_ < pause_) {
    return;
  }
  print(false);
}

void RateProgress::finish() {
  if (form_ != Form::none && packets_ > 0) {
    print(true);
  }
}

void RateProgress::print(bool last) {
  shown_ = Clock::now();
  auto const seconds = std::chrono::duration<double>(shown_ - start_).count();
  auto const rate = seconds > 0 ? static_cast<double>(packets_) / seconds : 0.0;
  bool const known = total_ >= packets_ && total_ > 0 && rate > 0;
  auto const left = known ? static_cast<double>(total_ - packets_) / rate : 0.0;
  if (form_ == Form::json) {
    nlohmann::ordered_json line{{"progress", what_},     {"packets", packets_}, {"total", total_},
                                {"packets_per_s", rate}, {"eta_s", nullptr},    {"done", last}};
    if (known) {
      line["eta_s"] = left;
    }
    std::cerr << line.dump() << std::endl;
    return;
  }
  auto text =
      fmt::format("{}: {}{} packets, {}/s", what_, count_text(static_cast<double>(packets_)),
                  known ? " of " + count_text(static_cast<double>(total_)) : "", count_text(rate));
  text += known && !last ? fmt::format(", {:.0f} s left", left) : "";
  bool const bar = form_ == Form::bar;
  std::cerr << (bar ? "\r\033[K" : "") << text << (bar && !last ? "" : "\n") << std::flush;
}

std::string count_text(double n) {
  return n >= 1e9   ? fmt::format("{:.2f} G", n / 1e9)
         : n >= 1e6 ? fmt::format("{:.2f} M", n / 1e6)
         : n >= 1e4 ? fmt::format("{:.1f} k", n / 1e3)
                    : fmt::format("{:.0f}", n);
}

}  // namespace nta::cli
