// How far a run over packets is, how fast, and when it will be done: on stderr.
#pragma once

#include "trainers/cli/command.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace nta::cli {

/// With --progress auto only on a terminal; text (lines): a line now and then (NTA_PROGRESS_S);
/// json: an object a line.
class RateProgress {
 public:
  RateProgress(Common const& common, std::string what);
  /// `total` 0: not known.
  void show(std::uint64_t packets, std::uint64_t total);
  /// Once, when all is done.
  void finish();

 private:
  enum class Form { none, bar, text, json };
  void print(bool last);

  Form form_ = Form::none;
  std::string what_;
  std::chrono::steady_clock::time_point start_, shown_;
  std::chrono::milliseconds pause_{0};
  std::uint64_t packets_ = 0, total_ = 0;
  bool any_ = false;
};

/// "2.50 M", "999": for people.
std::string count_text(double n);

}  // namespace nta::cli
