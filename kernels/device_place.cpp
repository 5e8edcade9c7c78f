#include "kernels/device_place.hpp"

#include "libnta/core/error.hpp"

#include <numeric>

namespace nta {

std::vector<int> device_indices(Exec const& exec, int n_devices) {
  NTA_EXPECTS(n_devices > 0, ErrorKind::device, "no CUDA device is there; use --device cpu");
  NTA_EXPECTS(exec.index < n_devices, ErrorKind::device,
              "--device cuda:{}: there are {} CUDA devices, and they count from 0", exec.index,
              n_devices);
  if (exec.index >= 0) {
    return {exec.index};
  }
  std::vector<int> all(static_cast<std::size_t>(n_devices));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace nta
