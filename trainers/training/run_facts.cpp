#include "trainers/training/run_facts.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "trainers/models/model_graphs.hpp"

#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <regex>
#include <sched.h>
#include <set>
#include <sys/utsname.h>

namespace nta {
namespace {

constexpr std::int64_t kWorkPerThread = 10'000'000;  // multiplications, about a millisecond
constexpr std::array<char const*, 3> kPartNames{"train", "validation", "test"};

nlohmann::json data_files(Dataset const& data) {
  auto out = nlohmann::json::array();
  std::vector<std::int64_t> rows(data.captures.size(), 0);
  for (auto const capture : data.identity.capture) {
    ++rows[capture];
  }
  for (std::size_t i = 0; i < data.captures.size(); ++i) {
    out.push_back({{"file", data.captures[i]},
                   {"sha256", i < data.capture_sha256.size() ? data.capture_sha256[i] : ""},
                   {"rows", rows[i]}});
  }
  return out;
}

nlohmann::json rows_per_part(TrialData const& trial) {
  auto out = nlohmann::json::object();
  auto const& dataset = trial.dataset;
  for (std::size_t part = 0; part < kPartNames.size(); ++part) {
    auto classes = nlohmann::json::object();
    for (auto const row : trial.data.part_rows[part]) {
      auto const target =
          dataset.target.empty() ? -1 : dataset.target[static_cast<std::size_t>(row)];
      auto const name = target < 0 ? std::string("unlabelled")
                                   : dataset.classes[static_cast<std::size_t>(target)];
      classes[name] = classes.contains(name) ? classes[name].get<int>() + 1 : 1;
    }
    out[kPartNames[part]] = {{"rows", trial.data.part_rows[part].size()}, {"classes", classes}};
  }
  return out;
}

/// Names only: values of the environment may be secret.
nlohmann::json environment_names(std::string const& config) {
  static std::regex const expression(R"(\$\{env:([A-Za-z_][A-Za-z0-9_]*))");
  std::set<std::string> names;
  for (std::sregex_iterator it(config.begin(), config.end(), expression), end; it != end; ++it) {
    names.insert((*it)[1].str());
  }
  return names;
}

nlohmann::json versions() {
  return {{"torch", TORCH_VERSION},
          {"compiler", __VERSION__},
          {"checkpoint", 1},
          {"experiment", kExperimentVersion}};
}

}  // namespace

int thread_count(Experiment const& experiment) {
  if (experiment.threads > 0) {
    return experiment.threads;
  }
  cpu_set_t mask;
  CPU_ZERO(&mask);
  return ::sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
}

int step_threads(Experiment const& experiment, ModelShape const& shape) {
  if (experiment.threads > 0) {
    return experiment.threads;
  }
  std::int64_t n_parameters = 0;
  for (auto const& spec : tensor_specs(layer_graph(experiment.model, shape))) {
    n_parameters +=
        std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  // Forward and two backward products a weight and row. Time steps come one after the other: they
  // make a step longer, not wider.
  auto const work = 3 * n_parameters * experiment.training.batch_size;
  auto const useful = std::max<std::int64_t>(work / kWorkPerThread, 1);
  return static_cast<int>(std::min<std::int64_t>(thread_count(experiment), useful));
}

nlohmann::json run_facts(TrialRequest const& request, TrialData const& trial, int threads) {
  struct utsname machine {};
  ::uname(&machine);
  auto const& dataset = trial.dataset;
  nlohmann::json out{{"nta_run", 1},
                     {"name", request.experiment.name},
                     {"created_at", utc_now()},
                     {"versions", versions()},
                     {"host", machine.nodename},
                     {"kernel", machine.release},
                     {"cpu_capability", at::get_cpu_capability()},
                     {"threads", threads},
                     {"seed", request.experiment.seed},
                     {"environment", environment_names(request.config_resolved)},
                     {"data", data_files(dataset)},
                     {"data_hash", trial.dataset_hash},
                     {"profile_json", dataset.profile_json},
                     {"profile_hash", dataset.profile_sha256},
                     {"feature_units", dataset.feature_units},
                     {"feature_set", dataset.set_name},
                     {"feature_set_hash", dataset.set_sha256},
                     {"split_hash", sha256_hex({reinterpret_cast<char const*>(dataset.part.data()),
                                                dataset.part.size()})},
                     {"preparation_hash", preparation_sha256(trial.data.preparation)},
                     {"classes", dataset.classes},
                     {"output_classes", trial.data.output_classes},
                     {"features", trial.data.preparation.inputs},
                     {"shape",
                      {{"n_features", trial.data.shape.n_features},
                       {"n_classes", trial.data.shape.n_classes},
                       {"n_steps", trial.data.shape.n_steps}}},
                     {"split_seed", request.experiment.seed},
                     {"rows", rows_per_part(trial)}};
  out.update(request.facts);
  return out;
}

std::string bit_exactness_note(nlohmann::json const& facts) {
  std::string out;
  auto const compare = [&](std::string const& what, nlohmann::json const& then,
                           nlohmann::json const& now) {
    if (then != now) {
      out += fmt::format("; {} {} is now {}", what, then.dump(), now.dump());
    }
  };
  compare("CPU capability", facts.at("cpu_capability"), at::get_cpu_capability());
  auto const now = versions();
  for (auto const& [name, value] : now.items()) {
    auto const& then = facts.at("versions");
    compare(name, then.contains(name) ? then.at(name) : nlohmann::json(), value);
  }
  return out.empty() ? out : "not bit-exact: " + out.substr(2);
}

}  // namespace nta
