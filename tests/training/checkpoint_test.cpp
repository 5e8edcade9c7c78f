// Kill, full disk, damage: whatever happens to a checkpoint, it is complete or it is not used.
#include "trainers/training/checkpoint.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "tests/training/child.hpp"
#include "tests/training/compare_runs.hpp"
#include "trainers/models/weights_file.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace nta {
namespace {
namespace fs = std::filesystem;
using test::TempDir;

TEST(Child, DISABLED_Trains) {
  auto const* const folder = std::getenv("NTA_TEST_RUN");
  ASSERT_NE(folder, nullptr);
  auto experiment = test::small_experiment();
  if (std::getenv("NTA_TEST_EACH_STEP") != nullptr) {
    experiment.training.checkpoint.every_steps = 1;
    experiment.training.checkpoint.every_epochs.reset();
  }
  try {
    test::train_in(folder, experiment, test::child_data(), fs::exists(folder));
  } catch (Error const& error) {
    _exit(exit_code(error.kind()));
  }
  _exit(0);
}

class KilledAt : public testing::TestWithParam<char const*> {};

TEST_P(KilledAt, AndResumedItEndsWithTheSameBytes) {
  TempDir const dir;
  test::train_in(dir / "whole", test::small_experiment(), test::child_data());
  auto const status =
      test::train_in_child(dir / "run", std::string(GetParam()) + "=kill", /*each step=*/false);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  test::train_in(dir / "run", test::small_experiment(), test::child_data(), /*resume=*/true);
  test::expect_same_run(dir / "whole", dir / "run");
  for (auto const& entry : fs::directory_iterator(dir / "run" / "checkpoints")) {
    EXPECT_EQ(entry.path().extension(), "") << entry.path();  // no .tmp, no .del
  }
}

INSTANTIATE_TEST_SUITE_P(EachWrite, KilledAt,
                         testing::Values("run.write:1", "run.rename:3", "checkpoint.write:1",
                                         "checkpoint.write:8", "checkpoint.fsync:6",
                                         "checkpoint.rename:1", "checkpoint.rename:3",
                                         "pointer.write:1", "pointer.rename:4", "pointer.write:7",
                                         "pointer.write:8", "metrics.write:4", "metrics.fsync:2",
                                         "status.rename:2"));

class CutAfter : public testing::TestWithParam<int> {};

TEST_P(CutAfter, StepsTheResumedRunEndsWithTheSameBytes) {
  TempDir const dir;
  test::train_in(dir / "whole", test::small_experiment(), test::child_data());
  auto const point = fmt::format("checkpoint.rename:{}=kill", GetParam() + 1);
  auto const status = test::train_in_child(dir / "run", point, /*each step=*/true);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_FALSE(checkpoint_steps(dir / "run").empty());
  test::train_in(dir / "run", test::small_experiment(), test::child_data(), /*resume=*/true);
  test::expect_same_run(dir / "whole", dir / "run");
}

INSTANTIATE_TEST_SUITE_P(Steps, CutAfter, testing::Values(1, 5, 8, 19));

TEST(FullDisk, EndsWithItsCodeAndLosesNothing) {
  TempDir const dir;
  test::train_in(dir / "whole", test::small_experiment(), test::child_data());
  auto const status = test::train_in_child(dir / "run", "checkpoint.write:6=enospc", false);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 6);
  auto const told = read_status(dir / "run");
  EXPECT_EQ(told.state, RunState::failed);
  EXPECT_EQ(told.exit_code, 6);
  EXPECT_FALSE(fs::exists(dir / "run" / "reserve"));
  EXPECT_EQ(checkpoint_steps(dir / "run").size(), 1U);
  test::train_in(dir / "run", test::small_experiment(), test::child_data(), /*resume=*/true);
  EXPECT_TRUE(fs::exists(dir / "run" / "reserve"));
  test::expect_same_run(dir / "whole", dir / "run");
}

/// A finished run with two checkpoints, the newest of which the test damages.
class Damaged : public testing::Test {
 protected:
  void SetUp() override {
    test::train_in(dir_ / "run", test::small_experiment(), test::child_data());
    whole_ = test::comparable_metrics(dir_ / "run");
    auto const steps = checkpoint_steps(dir_ / "run");
    ASSERT_EQ(steps.size(), 2U);
    newest_ = checkpoint_folder(dir_ / "run", steps[0]);
    older_ = steps[1];
    more_ = test::small_experiment();
    more_.training.epochs = 5;  // so that a resume has something to do
  }

  /// Notes of a resume of the damaged run in a copy.
  std::vector<std::string> resume_copy() {
    auto const copy = dir_ / "copy";
    fs::remove_all(copy);
    fs::copy(dir_ / "run", copy, fs::copy_options::recursive);
    test::NoteTaker observer;
    auto const result = test::train_in(copy, more_, test::child_data(), true, &observer);
    EXPECT_EQ(result.step, 40);
    EXPECT_EQ(test::comparable_metrics(copy).substr(0, whole_.size() / 2),
              whole_.substr(0, whole_.size() / 2));
    return observer.notes;
  }

  TempDir dir_;
  std::string whole_;
  fs::path newest_;
  std::int64_t older_ = 0;
  Experiment more_;
};

TEST_F(Damaged, ATruncatedFileOfTheNewestMakesTheOlderOneBeUsed) {
  for (auto const* name :
       {"weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"}) {
    auto const text = read_file(newest_ / name);
    for (std::size_t const keep : {std::size_t{0}, text.size() / 2, text.size() - 1}) {
      write_file_atomic(newest_ / name, text.substr(0, keep));
      auto const notes = resume_copy();
      ASSERT_EQ(notes.size(), 1U) << name << keep;
      EXPECT_NE(notes[0].find(name), std::string::npos) << notes[0];
    }
    write_file_atomic(newest_ / name, text);
  }
  EXPECT_TRUE(resume_copy().empty());  // and the whole one is used
}

TEST_F(Damaged, AFlippedBitIsNeverUsed) {
  auto const key = stream_key(11, "flip");
  std::uint64_t draw = 0;
  auto const identity = checkpoint_identity(
      nlohmann::json::parse(test::resolved_text(test::small_experiment())),
      prepare_training(test::small_experiment(), test::child_data()).preparation);
  Checkpoint expected;  // whole: names, types and shapes of its own
  expected.weights = parse_weights(read_file(newest_ / "weights.safetensors")).tensors;
  expected.optimizer = parse_weights(read_file(newest_ / "optimizer.safetensors")).tensors;
  EXPECT_NO_THROW(read_checkpoint(newest_, identity, expected));
  for (auto const* name :
       {"weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"}) {
    auto const text = read_file(newest_ / name);
    for (int i = 0; i < 75; ++i) {
      auto broken = text;
      auto const bit = random_bits(key, draw++) % (8 * text.size());
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
      write_file_atomic(newest_ / name, broken);
      EXPECT_THROW(read_checkpoint(newest_, identity, expected), Error) << name << " bit " << bit;
    }
    write_file_atomic(newest_ / name, text);
  }
}

TEST_F(Damaged, WithoutAnyWholeCheckpointTheRunIsRefused) {
  for (auto const step : {40, 32, 24, 16, 8}) {
    auto const path = checkpoint_folder(dir_ / "run", step) / "manifest.json";
    if (fs::exists(path)) {
      write_file_atomic(path, "{}");
    }
  }
  try {
    test::train_in(dir_ / "run", more_, test::child_data(), true);
    ADD_FAILURE() << "resumed from nothing";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
  }
}

TEST_F(Damaged, PointersAreHints) {
  write_file_atomic(dir_ / "run" / "last.json", "{\"step\":");
  fs::remove(dir_ / "run" / "best.json");
  EXPECT_FALSE(read_pointer(dir_ / "run", "last"));
  EXPECT_EQ(chosen_checkpoint(dir_ / "run", more_.training, "last"), newest_);
  EXPECT_TRUE(resume_copy().empty());
}

TEST(TrainState, ComesBackBitForBit) {
  TrainState state;
  state.step = 7;
  state.epoch_loss = {0.1 + 0.2, 3};
  state.line_loss = {NAN, INFINITY};
  state.best = {{-0.0, 3}, {5e-324, 1}};
  state.gain_reference = 1.0 / 3;
  state.stopped_early = true;
  auto const text = to_json(state).dump();
  EXPECT_EQ(to_json(train_state_from_json(nlohmann::json::parse(text))).dump(), text);
  EXPECT_THROW(train_state_from_json(nlohmann::json::parse(R"({"step":1})")), Error);
}

}  // namespace
}  // namespace nta
