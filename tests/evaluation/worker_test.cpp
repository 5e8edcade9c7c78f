// The worker's side of protocol 1, spoken to over a socket pair as the driver does.
#include "trainers/evaluation/worker.hpp"

#include "libnta/config/run_dir.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "tests/evaluation/evaluation_support.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace nta {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;
using test::TempDir;

class WorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
    config_ = test::small_config(dir_, "classification");
    thread_ = std::thread([this] {
      WorkerChannel channel(ends_[1], ends_[1]);
      WorkerOptions options;
      options.nta_version = "test";
      options.load.check_files = false;
      options.load_data = [this](Experiment const&) {
        ++loads_;
        return test::built(test::blobs(200, 1));
      };
      try {
        exit_code_ = run_worker(config_, channel, options);
      } catch (Error const& error) {
        error_ = error.what();
      }
      ::shutdown(ends_[1], SHUT_WR);
    });
  }

  void TearDown() override {
    ::shutdown(ends_[0], SHUT_WR);
    thread_.join();
    ::close(ends_[0]);
    ::close(ends_[1]);
    request_stop(0);
  }

  json next() {
    auto const message = driver_->receive();
    return message ? *message : json{{"type", "end"}};
  }

  /// Sends a trial and answers its reports; the message that ends it.
  json run_trial_to_end(json trial, int prune_at = 0) {
    driver_->send(trial);
    for (;;) {
      auto const message = next();
      if (message["type"] == "alive") {
        continue;
      }
      if (message["type"] != "report") {
        return message;
      }
      reports_.push_back(message);
      driver_->send({{"type", "should_prune"},
                     {"id", message["id"]},
                     {"step", message["step"]},
                     {"prune", message["step"] == prune_at}});
    }
  }

  json trial(int number, json set = json::object()) {
    return {{"type", "trial"},
            {"id", number},
            {"number", number},
            {"run_dir", (dir_ / fmt::format("{:05}", number)).string()},
            {"set", std::move(set)},
            {"objective", {{"metric", "validation/macro_f1"}, {"direction", "maximize"}}}};
  }

  TempDir dir_;
  LoadedConfig config_;
  int ends_[2] = {-1, -1};
  std::thread thread_;
  int loads_ = 0, exit_code_ = -1;
  std::string error_;
  std::vector<json> reports_;
  std::unique_ptr<WorkerChannel> driver_ = nullptr;

  void connect() { driver_ = std::make_unique<WorkerChannel>(ends_[0], ends_[0]); }
};

TEST_F(WorkerTest, TrialsShareTheDataAndEndAsRunFolders) {
  connect();
  auto const hello = next();
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["v"], 1);
  EXPECT_EQ(hello["rows"], 200);
  auto const first = run_trial_to_end(trial(0, {{"training.optimizer.lr", 0.01}}));
  EXPECT_EQ(first["type"], "result") << first.dump();
  EXPECT_EQ(first["state"], "complete");
  ASSERT_EQ(reports_.size(), 6U);  // one an epoch
  EXPECT_EQ(reports_[0]["step"], 1);
  double best = 0;
  for (auto const& report : reports_) {
    best = std::max(best, report["value"].get<double>());
  }
  EXPECT_EQ(first["values"][0], best);
  EXPECT_EQ(run_trial_to_end(trial(1, {{"model.hidden", {4}}}))["state"], "complete");
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(read_status(dir_ / "00001").state, RunState::complete);
  // Sent again, as after a death between the end and its report: the same answer, no training.
  reports_.clear();
  auto const again = run_trial_to_end(trial(0, {{"training.optimizer.lr", 0.01}}));
  EXPECT_EQ(again["values"], first["values"]);
  EXPECT_TRUE(reports_.empty());
  driver_->send({{"type", "shutdown"}});
  EXPECT_EQ(next()["type"], "bye");
}

TEST_F(WorkerTest, ABadTrialIsAnErrorAndTheWorkerLivesOn) {
  connect();
  next();
  auto const wrong = run_trial_to_end(trial(0, {{"training.optimizer.rate", 1}}));
  EXPECT_EQ(wrong["type"], "error");
  EXPECT_EQ(wrong["exit_code"], 2);
  EXPECT_EQ(wrong["id"], 0);
  EXPECT_FALSE(fs::exists(dir_ / "00000"));
  EXPECT_EQ(run_trial_to_end(trial(1))["state"], "complete");
}

TEST_F(WorkerTest, APrunedTrialSaysSo) {
  connect();
  next();
  auto const ended = run_trial_to_end(trial(0), /*prune_at=*/2);
  EXPECT_EQ(ended["state"], "pruned");
  EXPECT_EQ(reports_.size(), 2U);
}

TEST_F(WorkerTest, ShutdownInsideATrialSavesItAndARetryGoesOn) {
  connect();
  next();
  driver_->send(trial(0));
  EXPECT_EQ(next()["type"], "report");
  driver_->send({{"type", "shutdown"}});
  auto const ended = next();
  EXPECT_EQ(ended["type"], "result") << ended.dump();
  EXPECT_EQ(ended["state"], "preempted");
  EXPECT_EQ(next()["type"], "bye");
  EXPECT_EQ(read_status(dir_ / "00000").state, RunState::preempted);
}

TEST_F(WorkerTest, AMessageOfAnotherProtocolEndsIt) {
  connect();
  next();
  driver_->send({{"type", "trial_batch"}});
  EXPECT_EQ(next()["type"], "end");
  ::shutdown(ends_[0], SHUT_WR);
}

}  // namespace
}  // namespace nta
