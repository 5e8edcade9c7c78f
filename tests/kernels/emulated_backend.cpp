// Stands in for the CUDA back end in nta_test_..._emulated: every test that would run on a CUDA
// device runs on its emulation there, and those of the emulated machine; the others not again. The
// linker takes these functions before the library's.
#include "kernels/backend.hpp"
#include "kernels/bulk_meter.hpp"
#include "kernels/device_place.hpp"
#include "libnta/core/error.hpp"
#include "tests/kernels/emulated_device.hpp"
#include "tests/kernels/emulated_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace nta {
namespace test {

EmulatedMachine& emulated_machine() {
  static EmulatedMachine machine;
  return machine;
}

namespace {

class EmulatedPlace final : public DevicePlace {
 public:
  explicit EmulatedPlace(int device) : device_(device) {
    auto& machine = emulated_machine();
    std::lock_guard const lock(machine.mutex);
    machine.places.push_back(device);
    ++machine.live_places;
  }
  ~EmulatedPlace() override {
    EXPECT_EQ(thread_, std::this_thread::get_id());
    EXPECT_EQ(use_.live, 0U) << "device memory was not given back";
    auto& machine = emulated_machine();
    std::lock_guard const lock(machine.mutex);
    machine.most_bytes = std::max(machine.most_bytes, use_.peak);
    --machine.live_places;
  }
  Exec exec(Exec base) override {
    base.place = this;
    base.index = device_;
    return base;
  }
  MemoryUse* begin_run() {
    EXPECT_EQ(thread_, std::this_thread::get_id());
    auto& machine = emulated_machine();
    std::lock_guard const lock(machine.mutex);
    machine.runs.push_back(device_);
    NTA_EXPECTS(device_ != machine.broken, ErrorKind::device, "device {} is broken", device_);
    return &use_;
  }

 private:
  int device_;
  std::thread::id thread_ = std::this_thread::get_id();
  MemoryUse use_;
};

}  // namespace
}  // namespace test

int cuda_device_count() {
  return static_cast<int>(test::emulated_machine().free_bytes.size());
}

std::vector<DeviceSpace> device_spaces(Exec const& exec) {
  std::vector<DeviceSpace> spaces;
  for (auto const index : device_indices(exec, cuda_device_count())) {
    spaces.push_back({index, test::emulated_machine().free_bytes[static_cast<std::size_t>(index)]});
  }
  return spaces;
}

std::unique_ptr<DevicePlace> make_device_place(Exec const& exec, std::size_t) {
  return std::make_unique<test::EmulatedPlace>(device_indices(exec, cuda_device_count()).front());
}

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily family, Rules const& rules,
                                               Exec const& exec) {
  using Device = test::EmulatedDevice<false>;
  auto* const memory = static_cast<test::EmulatedPlace*>(exec.place)->begin_run();
  return visit_set(family, [&]<class Set>(Set) -> std::unique_ptr<BulkBackend> {
    return std::make_unique<DeviceBackendOf<Set, Device>>(rules, Device(nullptr, memory));
  });
}

}  // namespace nta

/// The others run in the binaries without the emulation.
int main(int argc, char** argv) {
  GTEST_FLAG_SET(filter, "*/cuda:Emulated*");
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
