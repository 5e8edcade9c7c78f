// An experiment file as one plain struct: what was written, completed by defaults, checked.
#pragma once

#include "libnta/config/rules.hpp"
#include "libnta/config/sections/data.hpp"
#include "libnta/config/sections/evaluation.hpp"
#include "libnta/config/sections/features.hpp"
#include "libnta/config/sections/model.hpp"
#include "libnta/config/sections/preparation.hpp"
#include "libnta/config/sections/training.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace nta {

enum class Task { classification, anomaly, regression };
constexpr auto names(Task) {
  using E = Task;
  return std::to_array<Named<E>>({{E::classification, "classification"},
                                  {E::anomaly, "anomaly"},
                                  {E::regression, "regression"}});
}

/// The version that this program writes and reads; older ones are migrated in memory.
inline constexpr int kExperimentVersion = 1;

struct Experiment {
  std::string name;
  Task task = Task::classification;
  std::int64_t seed = 1;
  std::string device = "auto";
  int threads = 0;
  DataConfig data;
  FeaturesConfig features;
  PreparationConfig preparation;
  ModelConfig model;
  TrainingConfig training;
  EvaluationConfig evaluation;

  template <class V>
  static void fields(V& v) {
    using S = Experiment;
    v("name", &S::name, Pattern{"[A-Za-z0-9._-]{1,80}", "1 to 80 of A-Z a-z 0-9 . _ -"},
      "names run folders and exports; default: the file's stem");
    v("task", &S::task, Any{}, "what is learned", Note{.required = true});
    v("seed", &S::seed, Range{0, 9007199254740991.0}, "root of all random streams");
    v("device", &S::device, Pattern{"auto|cpu|cuda(:[0-9]{1,3})?", "auto, cpu, cuda or cuda:N"},
      "where tensors live; auto: CUDA if usable");
    v("threads", &S::threads, Range{0, 1024}, "0: as many as the process may use");
    v("data", &S::data, Any{}, "rows, labels, split", Note{.required = true});
    v("features", &S::features, Any{}, "columns of a row");
    v("preparation", &S::preparation, Any{}, "from columns to model inputs");
    v("model", &S::model, Any{}, "what is trained", Note{.required = true});
    v("training", &S::training, Any{}, "how it is trained");
    v("evaluation", &S::evaluation, Any{}, "how it is judged");
  }
};

}  // namespace nta
