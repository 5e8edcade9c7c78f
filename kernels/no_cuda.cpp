// Stands in for the CUDA back end where NTA_CUDA=OFF.
#include "kernels/backend.hpp"
#include "kernels/bulk_meter.hpp"
#include "kernels/device_place.hpp"
#include "libnta/core/error.hpp"

namespace nta {

int cuda_device_count() {
  return 0;
}

std::vector<DeviceSpace> device_spaces(Exec const& exec) {
  device_indices(exec, 0);  // says that there is none
  return {};
}

std::unique_ptr<DevicePlace> make_device_place(Exec const& exec, std::size_t) {
  device_indices(exec, 0);
  return nullptr;
}

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily, Rules const&, Exec const&) {
  fail(ErrorKind::device,
       "this program was built without CUDA; use --device cpu, or configure with -DNTA_CUDA=ON");
}

}  // namespace nta
