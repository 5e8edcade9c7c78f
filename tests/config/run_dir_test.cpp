#include "libnta/config/run_dir.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nta {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;

class RunDirTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "nta-run-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path root_;
};

template <class F>
std::string error_of(F&& f, ErrorKind kind) {
  try {
    f();
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

RunRecord record() {
  return {"{/* as given */}", R"({"seed":1})", {{"host", "h"}}};
}

TEST_F(RunDirTest, NewRunIsNotOverwrittenButMayBeResumed) {
  auto const folder = root_ / "a";
  {
    RunDir run(folder, false);
    EXPECT_FALSE(run.exists());
    run.create(record());
    EXPECT_TRUE(run.exists());
    EXPECT_EQ(run.resolved_config(), json({{"seed", 1}}));
    EXPECT_EQ(fs::file_size(folder / "reserve"), 1U << 20);
    EXPECT_EQ(read_status(folder).state, RunState::created);
  }
  auto const text = error_of([&] { RunDir(folder, false); }, ErrorKind::usage);
  EXPECT_NE(text.find("--resume"), std::string::npos) << text;
  RunDir again(folder, true);
  EXPECT_TRUE(again.exists());
}

TEST_F(RunDirTest, FolderOfSomethingElseIsRefusedEvenForResume) {
  write_file_atomic(root_ / "thesis.txt", "years of work");
  error_of([&] { RunDir(root_, true); }, ErrorKind::usage);
  error_of([&] { RunDir(root_, false); }, ErrorKind::usage);
  EXPECT_FALSE(fs::exists(root_ / "lock"));
}

TEST_F(RunDirTest, SecondWriterLearnsWhoHoldsTheLock) {
  RunDir const first(root_ / "a", false);
  auto const text = error_of([&] { RunDir(root_ / "a", true); }, ErrorKind::usage);
  EXPECT_NE(text.find(fmt::format("pid {} on ", ::getpid())), std::string::npos) << text;
}

TEST_F(RunDirTest, OfEightProcessesOneWritesAndAKillFreesTheLock) {
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    pid_t const child = ::fork();
    if (child == 0) {
      ::close(go[1]);
      char outcome = 'x', byte = 0;
      try {
        RunDir run(root_ / "a", true);
        outcome = 'w';
        [[maybe_unused]] auto const told = ::write(ready[1], &outcome, 1);
        [[maybe_unused]] auto const waited = ::read(go[0], &byte, 1);  // until killed
        _exit(0);
      } catch (Error const& error) {
        outcome = error.kind() == ErrorKind::usage ? 'r' : 'x';
      }
      [[maybe_unused]] auto const told = ::write(ready[1], &outcome, 1);
      _exit(0);
    }
    children.push_back(child);
  }
  std::string outcomes(8, ' ');
  for (auto& outcome : outcomes) {
    ASSERT_EQ(::read(ready[0], &outcome, 1), 1);
  }
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), 'w'), 1) << outcomes;
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), 'r'), 7) << outcomes;
  for (auto const child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  RunDir const mine(root_ / "a", true);
}

TEST_F(RunDirTest, AnExecutedChildDoesNotKeepTheLock) {
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  pid_t child = 0;
  {
    RunDir const run(root_ / "a", false);
    child = ::fork();
    if (child == 0) {
      ::dup2(gate[0], 0);
      ::close(gate[1]);
      ::execlp("cat", "cat", nullptr);  // lives until the gate closes
      _exit(127);
    }
    ::close(gate[0]);
    // The child has executed `cat` when its descriptors close on exec; ask the kernel for it.
    while (fs::read_symlink(fmt::format("/proc/{}/exe", child)) ==
           fs::read_symlink("/proc/self/exe")) {
    }
  }
  EXPECT_NO_THROW(RunLock(root_ / "a"));
  ::close(gate[1]);
  ::waitpid(child, nullptr, 0);
}

TEST_F(RunDirTest, StatusComesBackWithItsBest) {
  RunDir run(root_ / "a", false);
  RunStatus status;
  status.state = RunState::preempted;
  status.reason = "SIGTERM";
  status.exit_code = 143;
  status.step = 12;
  status.best = BestSoFar{"validation/loss", 0.1, 10};
  run.set_status(status);
  auto const back = read_status(root_ / "a");
  EXPECT_EQ(back.state, RunState::preempted);
  EXPECT_EQ(back.exit_code, 143);
  EXPECT_EQ(back.step, 12);
  EXPECT_EQ(back.best->value, 0.1);
  EXPECT_EQ(back.pid, ::getpid());
}

TEST(ForbiddenChanges, NameThePathsButForTheAllowedOnes) {
  auto const saved = json::parse(
      R"({"seed":1,"training":{"epochs":5,"max_steps":10,"log_every":50,"optimizer":{"lr":0.1},
          "checkpoint":{"keep_last":2},"max_seconds":null}})");
  auto now = saved;
  EXPECT_TRUE(forbidden_changes(saved, now).empty());
  now["training"]["epochs"] = 6;
  now["training"]["max_steps"] = nullptr;
  now["training"]["log_every"] = 1;
  now["training"]["max_seconds"] = 3.5;
  now["training"]["checkpoint"]["keep_last"] = 7;
  EXPECT_TRUE(forbidden_changes(saved, now).empty());
  now["training"]["epochs"] = 4;
  now["training"]["optimizer"]["lr"] = 0.2;
  now["seed"] = 2;
  EXPECT_EQ(forbidden_changes(saved, now),
            (std::vector<std::string>{"/seed", "/training/epochs", "/training/optimizer/lr"}));
}

TEST(MetricsLine, KeepsDoublesExactAndNamesWhatIsNotFinite) {
  MetricsLine const line{"train", 1200, 3, {{"loss", 0.1}, {"lr", 1e-300}, {"gap", NAN}}};
  EXPECT_EQ(metrics_line(line, "T"),
            R"({"v":1,"t":"T","kind":"train","step":1200,"epoch":3,"values":)"
            R"({"loss":0.1,"lr":1e-300,"gap":null},"nonfinite":["gap"]})");
  for (double const value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e22, -0.0}) {
    EXPECT_EQ(std::strtod(shortest_number(value).c_str(), nullptr), value);
  }
}

TEST_F(RunDirTest, MetricsAreCutToTheGivenLengthAndTornLinesVanish) {
  auto const path = root_ / "metrics.jsonl";
  std::uint64_t kept = 0;
  {
    MetricsLog log(path, 0);
    log.append({"train", 1, 0, {{"loss", 1}}});
    kept = log.length();
    log.append({"train", 2, 0, {{"loss", 2}}});
    EXPECT_EQ(log.length(), fs::file_size(path));
  }
  auto const whole = read_file(path);
  write_file_atomic(path, whole + R"({"v":1,"t":"2026)");  // as a kill in a write leaves it
  EXPECT_EQ(read_json_lines(path).size(), 2U);
  EXPECT_EQ(MetricsLog(path, UINT64_MAX).length(), whole.size());
  EXPECT_EQ(MetricsLog(path, kept).length(), kept);
  EXPECT_EQ(read_file(path), whole.substr(0, kept));
  MetricsLog(path, kept).append({"train", 3, 0, {}});
  EXPECT_EQ(read_json_lines(path).back()["step"], 3);
}

TEST_F(RunDirTest, DamageInsideMetricsIsNamed) {
  write_file_atomic(root_ / "m", "{}\n{\n{}\n");
  auto const text = error_of([&] { read_json_lines(root_ / "m"); }, ErrorKind::data);
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
}

TEST_F(RunDirTest, AWriteThatDoesNotFitLeavesNoTornLine) {
  auto const path = root_ / "metrics.jsonl";
  pid_t const child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    MetricsLog log(path, 0);
    log.append_text("{}");
    rlimit const limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      log.append_text(R"({"longer":"than ten bytes"})");
    } catch (Error const& error) {
      _exit(error.kind() == ErrorKind::storage && log.length() == 3 ? 0 : 2);
    }
    _exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(path), "{}\n");
}

TEST_F(RunDirTest, DefaultFolderIsFreshAndCarriesName) {
  auto const path = default_run_folder(root_, "lab-mlp");
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(testing::internal::RE::FullMatch(path.filename().string(),
                                               "lab-mlp-[0-9]+T[0-9]+Z-[0-9a-f]+"));
}

}  // namespace
}  // namespace nta
