// Where one worker runs on a device: the device chosen for its thread, a stream, a pool of device
// memory, two pinned buffers. Kept from run to run, as making them would stop the other workers.
#pragma once

#include "libnta/core/exec.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace nta {

struct DeviceSpace {
  int index = 0;
  std::size_t free_bytes = 0;
};

/// The devices that exec.index means, of so many. Error(device) if there is none, or not that one.
std::vector<int> device_indices(Exec const& exec, int n_devices);

/// Those that are here.
std::vector<DeviceSpace> device_spaces(Exec const& exec);

class DevicePlace {
 public:
  DevicePlace() = default;
  DevicePlace(DevicePlace const&) = delete;
  DevicePlace& operator=(DevicePlace const&) = delete;
  virtual ~DevicePlace() = default;  // on the thread that made it
  /// `base` here; its stream and memory hook stay where it has them.
  virtual Exec exec(Exec base) = 0;
};

/// On the thread that will use it: exec.index, or the first, becomes that thread's device for the
/// place's life.
/// Of device memory about `keeps_bytes` stay with the place between runs.
std::unique_ptr<DevicePlace> make_device_place(Exec const& exec, std::size_t keeps_bytes);

/// Device memory that a run over so many packets takes, whatever their flows are, beside the rows
/// that it is asked for at once: tests/kernels/device_memory_test.cpp counts it.
constexpr std::size_t device_bytes(std::size_t packets) {
  // 32 B of a packet, 8 its sorted key, 1 its mark, 4 where its flow starts; and then either 28 to
  // sort, or 24 to describe a flow, or states of long flows' parts.
  constexpr std::size_t kPacketBytes = 72, kFixedBytes = std::size_t{256} << 10U;
  return kFixedBytes + packets * kPacketBytes;
}

}  // namespace nta
