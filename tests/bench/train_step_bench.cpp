// CPU time of one optimiser step as a training takes it: gather 256 of 4096 rows, forward, loss,
// backward, AdamW; MLP 78-64-32-2, one thread. Prints microseconds a step; argument: steps.
#include "trainers/models/make_model.hpp"
#include "trainers/training/row_order.hpp"
#include "trainers/training/step.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
  using namespace nta;
  long const steps = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1000;
  at::set_num_threads(1);
  at::manual_seed(1);
  TrainingData data;
  data.shape = {78, 2, 0};
  data.x = at::randn({4096, 78});
  data.target = at::randint(2, {4096}, at::kLong);
  data.class_counts = {2048, 2048};
  for (std::int64_t row = 0; row < 4096; ++row) {
    data.train_rows.push_back(row);
  }
  Experiment experiment;
  experiment.model = MlpConfig{};
  experiment.training.batch_size = 256;
  auto const model = make_model(experiment.model, data.shape, 1);
  TrainStep step(experiment, data, *model);
  RowOrder const order(Sampler::shuffle, 1, 4096, {});
  std::vector<std::int64_t> rows(256);
  LossWindow loss;
  LossWindow* const windows[] = {&loss};
  auto const run = [&](long n) {
    for (long i = 0; i < n; ++i) {
      order.fill(static_cast<std::uint64_t>(i / 16), i % 16 * 256, rows);
      step.run(rows, 1e-3, windows);
    }
  };
  run(50);
  auto const begin = std::clock();
  run(steps);
  auto const seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%.2f\n", seconds / static_cast<double>(steps) * 1e6);
  return 0;
}
