// Two run folders are the same training if their weights and metrics are the same bytes; only times
// and lines about speed may differ.
#pragma once

#include "libnta/config/metrics_log.hpp"
#include "libnta/core/atomic_file.hpp"
#include "tests/training/synthetic.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nta::test {

inline std::string comparable_metrics(std::filesystem::path const& run) {
  std::string out;
  for (auto line : read_json_lines(run / "metrics.jsonl")) {
    if (line["kind"] == "system") {
      continue;
    }
    line.erase("t");
    out += line.dump() + "\n";
  }
  return out;
}

inline std::string weights_of(std::filesystem::path const& run, std::string const& which = "last") {
  return read_file(chosen_checkpoint(run, small_experiment().training, which) /
                   "weights.safetensors");
}

inline void expect_same_run(std::filesystem::path const& a, std::filesystem::path const& b) {
  EXPECT_EQ(comparable_metrics(a), comparable_metrics(b));
  EXPECT_EQ(weights_of(a), weights_of(b));
  EXPECT_EQ(weights_of(a, "best"), weights_of(b, "best"));
}

class NoteTaker : public TrainObserver {
 public:
  void on_note(std::string const& text) override { notes.push_back(text); }
  std::vector<std::string> notes;
};

}  // namespace nta::test
