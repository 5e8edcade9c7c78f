// One test body for every device: TEST_P(OnEachDevice, ...) with exec(); CUDA is skipped loudly
// where there is none.
#pragma once

#include "kernels/bulk_meter.hpp"
#include "libnta/core/exec.hpp"

#include <gtest/gtest.h>

namespace nta::test {

class OnEachDevice : public testing::TestWithParam<Exec::Device> {
 protected:
  void SetUp() override {
    if (GetParam() == Exec::Device::cuda && !cuda_available()) {
      GTEST_SKIP() << "no CUDA device";
    }
  }
  static Exec exec(int threads = 1) { return {.device = GetParam(), .threads = threads}; }
};

}  // namespace nta::test

#define NTA_ON_EACH_DEVICE(Suite)                                             \
  INSTANTIATE_TEST_SUITE_P(                                                   \
      Devices, Suite, testing::Values(Exec::Device::cpu, Exec::Device::cuda), \
      [](auto const& p) { return p.param == Exec::Device::cpu ? "cpu" : "cuda"; })
