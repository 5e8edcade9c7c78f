// Stands in for the CUDA back end in nta_test_kernels_emulated: every test that would run on a CUDA
// device runs on its emulation there, the others not again. The linker takes these two functions
// before the library's.
#include "kernels/backend.hpp"
#include "kernels/bulk_meter.hpp"
#include "tests/kernels/emulated_device.hpp"

#include <gtest/gtest.h>

namespace nta {
bool cuda_available() {
  return true;
}

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily family, Rules const& rules, Exec const&) {
  using Device = test::EmulatedDevice<false>;
  return visit_set(family, [&]<class Set>(Set) -> std::unique_ptr<BulkBackend> {
    return std::make_unique<DeviceBackendOf<Set, Device>>(rules, Device());
  });
}

}  // namespace nta

/// The others run in nta_test_kernels.
int main(int argc, char** argv) {
  GTEST_FLAG_SET(filter, "*/cuda");
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
