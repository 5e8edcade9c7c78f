// The CUDA devices that emulated_backend.cpp stands in for: what a test sets, what it may look at
// afterwards.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace nta::test {

struct EmulatedMachine {
  std::vector<std::size_t> free_bytes{std::size_t{1} << 40};  // of each device
  int broken = -1;                                            // every run on it fails

  std::mutex mutex;
  std::vector<int> places, runs;  // devices of all that were made, in order
  int live_places = 0;
  std::size_t most_bytes = 0;  // that one place has had at once
};

EmulatedMachine& emulated_machine();

/// A machine with these devices for the life of the object.
class WithDevices {
 public:
  explicit WithDevices(std::vector<std::size_t> free_bytes, int broken = -1) {
    set(std::move(free_bytes), broken);
  }
  WithDevices(WithDevices const&) = delete;
  WithDevices& operator=(WithDevices const&) = delete;
  ~WithDevices() { set({std::size_t{1} << 40}, -1); }

 private:
  static void set(std::vector<std::size_t> free_bytes, int broken) {
    auto& machine = emulated_machine();
    machine.free_bytes = std::move(free_bytes);
    machine.broken = broken;
    machine.places.clear(), machine.runs.clear();
    machine.most_bytes = 0;
  }
};

}  // namespace nta::test
