// What a training promises: it learns, it stops when told, and a run that was killed, stopped or
// damaged and then resumed ends with the bytes of the undisturbed one.
#include "trainers/training/loop.hpp"

#include "libnta/config/metrics_log.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "tests/training/compare_runs.hpp"
#include "tests/training/synthetic.hpp"
#include "trainers/training/run_facts.hpp"

#include <gtest/gtest.h>

#include <csignal>
namespace nta {
namespace {
namespace fs = std::filesystem;
using test::expect_same_run;
using test::TempDir;
using test::train_in;
using test::weights_of;

double last_value(fs::path const& run, std::string const& kind, std::string const& name) {
  double out = NAN;
  for (auto const& line : read_json_lines(run / "metrics.jsonl")) {
    if (line["kind"] == kind && line["values"].contains(name)) {
      out = line["values"][name];
    }
  }
  return out;
}

/// Asks for a stop at the nth step boundary that it sees.
class StopAfter : public TrainObserver {
 public:
  explicit StopAfter(int epochs) : left_(epochs) {}
  void on_epoch(EpochReport const&) override {
    if (left_-- == 0) {
      request_stop(SIGTERM);
    }
  }

 private:
  int left_;
};

TEST(Training, OverfitsEightRows) {
  auto data = test::blobs(40, 3);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.part[i] == Part::train && kept++ >= 8) {
      data.part[i] = Part::unused;
    }
  }
  auto experiment = test::small_experiment();
  std::get<MlpConfig>(experiment.model).dropout = 0;
  experiment.training.epochs = 400;
  experiment.training.optimizer.lr = 0.05;
  experiment.training.optimizer.weight_decay = 0;
  experiment.training.early_stop.reset();
  experiment.training.validate_every = 400;
  experiment.training.checkpoint.every_epochs.reset();
  TempDir const dir;
  train_in(dir / "run", experiment, data);
  EXPECT_LT(last_value(dir / "run", "train", "loss"), 1e-3);
}

TEST(Training, LearnsToSeparateTheBlobs) {
  auto const data = test::blobs(600, 1);
  auto experiment = test::small_experiment();
  experiment.training.epochs = 25;
  TempDir const dir;
  auto const result = train_in(dir / "run", experiment, data);
  EXPECT_EQ(result.state, RunState::complete);
  EXPECT_GT(last_value(dir / "run", "validation", "macro_f1"), 0.85);
  EXPECT_EQ(read_status(dir / "run").state, RunState::complete);
}

TEST(Training, SequencesAreLearnt) {
  auto const data = test::sequences(200, 1);
  auto experiment = test::small_experiment();
  LstmConfig lstm;
  lstm.hidden = 8;
  experiment.model = lstm;
  experiment.training.epochs = 30;
  experiment.training.optimizer.lr = 0.02;
  TempDir const dir;
  train_in(dir / "run", experiment, data);
  EXPECT_GT(last_value(dir / "run", "validation", "accuracy"), 0.95);
}

TEST(Training, DetectorLearnsNormalRowsAlone) {
  auto const data = test::blobs(600, 5);
  auto experiment = test::small_experiment();
  experiment.task = Task::anomaly;
  AutoencoderConfig detector;
  detector.hidden = {8};
  detector.code = 2;
  detector.noise = 0.05;
  experiment.model = detector;
  experiment.training.epochs = 30;
  TempDir const dir;
  train_in(dir / "run", experiment, data);
  EXPECT_GT(last_value(dir / "run", "validation", "roc_auc"), 0.9);
}

TEST(Training, SameSeedSameBytesOtherSeedOtherWeights) {
  auto const data = test::blobs(200, 1);
  auto experiment = test::small_experiment();
  TempDir const dir;
  train_in(dir / "a", experiment, data);
  train_in(dir / "b", experiment, data);
  expect_same_run(dir / "a", dir / "b");
  experiment.seed = 2;
  train_in(dir / "c", experiment, data);
  EXPECT_NE(weights_of(dir / "a"), weights_of(dir / "c"));
}

TEST(Training, HowOftenItIsSavedChangesNothing) {
  auto const data = test::blobs(200, 1);
  auto experiment = test::small_experiment();
  TempDir const dir;
  train_in(dir / "seldom", experiment, data);
  experiment.training.checkpoint.every_steps = 1;
  train_in(dir / "often", experiment, data);
  expect_same_run(dir / "seldom", dir / "often");
}

TEST(Training, ASignalSavesAndTheResumedRunIsTheSame) {
  auto const data = test::blobs(200, 1);
  auto const experiment = test::small_experiment();
  TempDir const dir;
  train_in(dir / "whole", experiment, data);
  StopAfter observer(2);
  auto const stopped = train_in(dir / "run", experiment, data, false, &observer);
  request_stop(0);
  EXPECT_EQ(stopped.state, RunState::preempted);
  EXPECT_EQ(stopped.exit_code, 143);
  EXPECT_EQ(read_status(dir / "run").state, RunState::preempted);
  EXPECT_EQ(stopped.step, 16);
  auto const result = train_in(dir / "run", experiment, data, true);
  EXPECT_EQ(result.exit_code, 0);
  expect_same_run(dir / "whole", dir / "run");
  auto const attempts = read_json_lines(dir / "run" / "attempts.jsonl");
  ASSERT_EQ(attempts.size(), 4U);
  EXPECT_EQ(attempts[1]["reason"], "SIGTERM");
  EXPECT_EQ(attempts[2]["step"], 16);
}

TEST(Training, ResumingWhatIsCompleteDoesNothingAndMoreEpochsGoOn) {
  auto const data = test::blobs(200, 1);
  auto experiment = test::small_experiment();
  TempDir const dir;
  train_in(dir / "run", experiment, data);
  auto const before = read_file(dir / "run" / "metrics.jsonl");
  auto const again = train_in(dir / "run", experiment, data, true);
  EXPECT_TRUE(again.was_complete);
  EXPECT_EQ(read_file(dir / "run" / "metrics.jsonl"), before);
  experiment.training.epochs = 6;
  auto const more = train_in(dir / "run", experiment, data, true);
  EXPECT_FALSE(more.was_complete);
  EXPECT_EQ(more.step, 48);
}

TEST(Training, OtherConfigurationOrDataAreRefused) {
  auto data = test::blobs(200, 1);
  auto experiment = test::small_experiment();
  TempDir const dir;
  train_in(dir / "run", experiment, data);
  auto const kind_of_error = [&](Experiment const& e, Dataset const& d) {
    try {
      train_in(dir / "run", e, d, true);
    } catch (Error const& error) {
      return std::pair(error.kind(), std::string(error.what()));
    }
    return std::pair(ErrorKind::absent, std::string("no error"));
  };
  auto other = experiment;
  other.training.optimizer.lr = 0.5;
  auto const [kind, text] = kind_of_error(other, data);
  EXPECT_EQ(kind, ErrorKind::usage);
  EXPECT_NE(text.find("/training/lr"), std::string::npos) << text;
  data.x.values[0] += 1;
  EXPECT_EQ(kind_of_error(experiment, data).first, ErrorKind::data);
}

TEST(Training, NumbersThatAreNotFiniteEndItAndItStaysEnded) {
  auto const data = test::blobs(200, 1);
  auto experiment = test::small_experiment();
  experiment.task = Task::classification;
  experiment.training.optimizer.kind = OptimizerKind::sgd;
  experiment.training.optimizer.lr = 10;
  experiment.training.schedule.kind = ScheduleKind::constant;
  MlpConfig mlp;
  mlp.hidden = {64, 64, 64, 64};
  experiment.model = mlp;
  experiment.training.loss.kind = LossKind::cross_entropy;
  experiment.training.epochs = 200;
  experiment.training.early_stop.reset();
  TempDir const dir;
  for (bool const resume : {false, true}) {
    try {
      train_in(dir / "run", experiment, data, resume);
      ADD_FAILURE() << "it did not diverge";
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::diverged) << error.what();
    }
    EXPECT_EQ(read_status(dir / "run").state, RunState::diverged);
  }
}

class PruneAt : public TrainObserver {
 public:
  bool should_prune(std::int64_t validation, EpochReport const& report) override {
    EXPECT_FALSE(report.validation.empty());
    return validation == 2;
  }
};

TEST(Training, APrunedTrialEndsAfterThatValidation) {
  TempDir const dir;
  PruneAt observer;
  auto const result =
      train_in(dir / "run", test::small_experiment(), test::blobs(200, 1), false, &observer);
  EXPECT_EQ(result.reason, "pruned");
  EXPECT_EQ(result.step, 16);
}

TEST(Training, EarlyStopWaitsForItsPatience) {
  auto experiment = test::small_experiment();
  experiment.training.epochs = 50;
  experiment.training.optimizer.lr = 1e-8;  // no gain above min_delta ever again
  experiment.training.early_stop->patience = 3;
  experiment.training.early_stop->min_delta = 0.5;
  TempDir const dir;
  auto const result = train_in(dir / "run", experiment, test::blobs(200, 1));
  EXPECT_EQ(result.reason, "early stop");
  EXPECT_EQ(result.step, 4 * 8);  // the first value is a gain, three are none
}

TEST(Training, SmallStepsTakeOneThreadAndASettingIsObeyed) {
  auto experiment = test::small_experiment();
  ModelShape const shape{78, 2, 0};
  experiment.threads = 0;
  EXPECT_EQ(step_threads(experiment, shape), 1);
  experiment.threads = 3;
  EXPECT_EQ(step_threads(experiment, shape), 3);
  experiment.threads = 0;
  std::get<MlpConfig>(experiment.model).hidden = {4096, 4096};  // 17 M weights
  experiment.training.batch_size = 4096;
  EXPECT_EQ(step_threads(experiment, shape), thread_count(experiment));
}

TEST(Training, AskingForCudaIsRefusedAsLongAsItIsNotBuilt) {
  auto experiment = test::small_experiment();
  experiment.device = "cuda";
  TempDir const dir;
  EXPECT_THROW(train_in(dir / "run", experiment, test::blobs(200, 1)), Error);
}

}  // namespace
}  // namespace nta
