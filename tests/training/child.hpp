// A training in a process of its own, so that it may be killed: this test binary again, running
// only the test Child.DISABLED_Trains. A fail point is read once per process, hence no plain fork.
#pragma once

#include "tests/training/synthetic.hpp"

#include <filesystem>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace nta::test {

/// What all children train, and what they are compared with.
inline Dataset child_data() {
  return blobs(200, 1);
}  // 120 training rows: 8 steps an epoch

/// Wait status of a child that trains (or resumes) in `folder`.
inline int train_in_child(std::filesystem::path const& folder, std::string const& fail_point,
                          bool save_each_step) {
  std::vector<std::string> words{"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                 "--gtest_filter=Child.DISABLED_Trains"};
  std::vector<std::string> settings{"NTA_TEST_RUN=" + folder.string(),
                                    "NTA_FAILPOINT=" + fail_point};
  if (save_each_step) {
    settings.emplace_back("NTA_TEST_EACH_STEP=1");
  }
  std::vector<char*> argv, environment;
  for (auto& word : words) {
    argv.push_back(word.data());
  }
  for (auto& setting : settings) {
    environment.push_back(setting.data());
  }
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1 /* write only */, 0);
  pid_t child = 0;
  int status = -1;
  if (::posix_spawn(&child, argv[0], &quiet, nullptr, argv.data(), environment.data()) == 0) {
    ::waitpid(child, &status, 0);
  }
  posix_spawn_file_actions_destroy(&quiet);
  return status;
}

}  // namespace nta::test
