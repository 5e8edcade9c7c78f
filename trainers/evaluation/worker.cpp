#include "trainers/evaluation/worker.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/exit_code.hpp"
#include "libnta/core/stop_flag.hpp"
#include "trainers/evaluation/train.hpp"
#include "trainers/evaluation/trial_cache.hpp"
#include "trainers/metrics/metric_list.hpp"
#include "trainers/training/run_facts.hpp"

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <unistd.h>

namespace nta {
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
namespace {

constexpr std::chrono::seconds kAlivePeriod{10};

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

/// What the sweep optimises: PART/METRIC of each validation, the best or the last of them.
struct Objective {
  std::string metric;
  bool maximize = false, take_best = true;
  std::optional<double> value;  // so far
  std::int64_t step = 0;        // of the value

  double of(EpochReport const& report) const {
    if (metric == report.monitor) {
      return report.monitor_value;
    }
    if (metric == "train/loss") {
      return report.train_loss.value_or(NAN);
    }
    for (auto const& [name, number] : report.validation) {
      if (metric == "validation/" + name) {
        return number;
      }
    }
    return NAN;
  }
  /// All validations that a run's folder records, so that a resumed trial counts as a whole.
  void take_run(std::filesystem::path const& run) {
    auto const slash = metric.find('/');
    bool const of_train = metric.substr(0, slash) == "train";
    auto const name = of_train ? "epoch_loss" : metric.substr(slash + 1);
    auto const path = run / "metrics.jsonl";
    if (!std::filesystem::exists(path)) {
      return;
    }
    for (auto const& line : read_json_lines(path)) {
      auto const& values = line.at("values");
      bool const wanted = line.at("kind") == (of_train ? "train" : "validation");
      if (!wanted || line.at("step") == 0 || !values.contains(name)) {
        continue;
      }
      if (values.at(name).is_number()) {
        take(values.at(name), line.at("step"));
      }
    }
  }

 private:
  void take(double number, std::int64_t at_step) {
    if (std::isnan(number)) {
      return;
    }
    bool const better = !value || (maximize ? number > *value : number < *value);
    if (better || !take_best) {
      value = number;
      step = at_step;
    }
  }
};

Objective objective_of(nlohmann::json const& trial, Experiment const& experiment) {
  Objective out;
  if (trial.contains("objective")) {
    auto const& given = trial.at("objective");
    given.at("metric").get_to(out.metric);
    out.maximize = given.at("direction") == "maximize";
    out.take_best = !given.contains("take") || given.at("take") == "best";
    return out;
  }
  Monitor const monitor(experiment.training);
  out.metric = monitor.full_name();
  out.maximize = monitor.maximize();
  return out;
}

/// Reports each validation, waits for the driver's word, and shows that the worker lives.
class ReportingObserver : public TrainObserver {
 public:
  ReportingObserver(WorkerChannel& channel, nlohmann::json id, Objective objective)
      : channel_(channel), id_(std::move(id)), objective_(std::move(objective)) {}

  void on_progress(TrainProgress const& progress) override {
    if (Clock::now() - spoken_at_ < kAlivePeriod) {
      return;
    }
    channel_.send({{"type", "alive"},
                   {"id", id_},
                   {"step", progress.step},
                   {"rows_per_s", progress.rows_per_s}});
    spoken_at_ = Clock::now();
  }

  bool should_prune(std::int64_t validation, EpochReport const& report) override {
    double const value = objective_.of(report);
    Json metrics = Json::object();
    for (auto const& [name, number] : report.validation) {
      metrics[name] = number_or_null(number);
    }
    channel_.send({{"type", "report"},
                   {"id", id_},
                   {"step", validation},
                   {"value", number_or_null(value)},
                   {"metrics", metrics}});
    spoken_at_ = Clock::now();
    auto const answer = channel_.receive();
    if (!answer || answer->at("type") == "shutdown") {
      // The driver ends, or a signal came: save at the next step boundary.
      shutdown_ = true;
      if (stop_requested() == 0) {
        request_stop(SIGTERM);
      }
      return false;
    }
    NTA_EXPECTS(answer->at("type") == "should_prune" && answer->contains("prune"), ErrorKind::usage,
                "expected should_prune, the driver sent {}", answer->dump());
    return answer->at("prune").get<bool>();
  }

  Objective const& objective() const { return objective_; }
  bool shutdown() const { return shutdown_; }

 private:
  WorkerChannel& channel_;
  nlohmann::json id_;
  Objective objective_;
  Clock::time_point spoken_at_ = Clock::now();
  bool shutdown_ = false;
};

class Worker {
 public:
  Worker(LoadedConfig const& base, WorkerChannel& channel, WorkerOptions const& options)
      : base_(base),
        channel_(channel),
        options_(options),
        cache_(base.experiment.seed, options.load_data) {
    if (options_.threads > 0) {
      base_.experiment.threads = options_.threads;
    }
  }

  int run() {
    say_hello();
    while (auto const message = channel_.receive()) {
      auto const type = message->at("type").get<std::string>();
      if (type == "shutdown") {
        break;
      }
      NTA_EXPECTS(type == "trial", ErrorKind::usage,
                  "message type \"{}\" is not of worker protocol {}", type, kWorkerProtocol);
      run_trial_message(*message);
      if (ending_ || stop_requested() != 0) {
        break;
      }
    }
    int const signal_number = stop_requested();
    if (signal_number != 0 && !ending_) {
      return stop_exit_code(signal_number);
    }
    try {
      channel_.send({{"type", "bye"}});
    } catch (Error const&) {  // the driver is gone; nobody is left to tell
    }
    return 0;
  }

 private:
  void say_hello() {
    auto const data = cache_.dataset(base_);
    channel_.send({{"type", "hello"},
                   {"v", kWorkerProtocol},
                   {"nta", options_.nta_version},
                   {"pid", ::getpid()},
                   {"device", "cpu"},
                   {"threads", thread_count(base_.experiment)},
                   {"experiment_hash", base_.hash},
                   {"data_hash", data->hash},
                   {"rows", data->built.data.size()},
                   {"batchable", Json::array()}});
  }

  /// Whatever goes wrong inside a trial is the trial's end, not the worker's.
  void run_trial_message(nlohmann::json const& message) {
    auto const id = message.contains("id") ? message.at("id") : nlohmann::json();
    auto const report_error = [&](ErrorKind kind, std::string const& text,
                                  std::string const& pointer) {
      Json out{{"type", "error"}, {"id", id}, {"exit_code", exit_code(kind)}, {"message", text}};
      if (!pointer.empty()) {
        out["pointer"] = pointer;
      }
      channel_.send(out);
    };
    try {
      run_one(message, id);
    } catch (ConfigErrors const& errors) {
      auto const& first = errors.issues().front();
      report_error(errors.kind(), errors.what(), first.pointer);
    } catch (Error const& error) {
      report_error(error.kind(), error.what(), "");
    } catch (nlohmann::json::exception const& error) {
      report_error(ErrorKind::usage, fmt::format("bad trial message: {}", error.what()), "");
    }
  }

  LoadedConfig trial_config(nlohmann::json const& message) const {
    std::vector<Override> overrides;
    for (auto const& [path, value] : message.at("set").items()) {
      overrides.push_back({Override::Kind::set, fmt::format("{}={}", path, value.dump())});
    }
    if (message.contains("seed") && !message.at("seed").is_null()) {
      overrides.push_back({Override::Kind::set, "seed=" + message.at("seed").dump()});
    }
    auto trial = load_trial(base_, overrides, options_.load);
    if (options_.threads > 0) {
      trial.experiment.threads = options_.threads;
    }
    return trial;
  }

  void run_one(nlohmann::json const& message, nlohmann::json const& id) {
    auto const begun = Clock::now();
    auto const trial = trial_config(message);
    auto const dataset = cache_.dataset(trial);
    auto const data = cache_.training_data(trial);
    auto request = trial_request(trial);
    request.folder = message.at("run_dir").get<std::string>();
    request.resume = true;  // sent again after a worker's death: the folder is taken up
    request.facts["split_seed"] = cache_.split_seed();
    if (message.contains("number")) {
      request.facts["trial"] = message.at("number");
    }
    if (message.contains("resume_from") && message.at("resume_from").is_string()) {
      request.resume_from = message.at("resume_from").get<std::string>();
    }
    ReportingObserver observer(channel_, id, objective_of(message, trial.experiment));
    std::string state = "diverged";
    std::int64_t best_step = 0;
    try {
      auto const outcome =
          train_on(request, dataset->built, {dataset->built.data, dataset->hash, *data}, observer);
      state = outcome.result.reason == "pruned" ? "pruned" : name_of(outcome.result.state);
      best_step = outcome.result.best ? outcome.result.best->step : 0;
    } catch (Error const& error) {
      if (error.kind() != ErrorKind::diverged) {
        throw;
      }
    }
    ending_ = observer.shutdown();
    auto objective = observer.objective();
    if (request.resume_from) {
      objective.take_run(*request.resume_from);
    }
    objective.take_run(request.folder);
    channel_.send(
        {{"type", "result"},
         {"id", id},
         {"state", state},
         {"values", Json::array({objective.value ? number_or_null(*objective.value) : Json()})},
         {"best_step", objective.value ? objective.step : best_step},
         {"seconds", std::chrono::duration<double>(Clock::now() - begun).count()}});
  }

  LoadedConfig base_;
  WorkerChannel& channel_;
  WorkerOptions const& options_;
  TrialCache cache_;
  bool ending_ = false;
};

}  // namespace

int run_worker(LoadedConfig const& base, WorkerChannel& channel, WorkerOptions const& options) {
  StopSignals const signals;
  return Worker(base, channel, options).run();
}

}  // namespace nta
