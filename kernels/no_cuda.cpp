// Stands in for the CUDA back end where NTA_CUDA=OFF.
#include "kernels/backend.hpp"
#include "kernels/bulk_meter.hpp"
#include "libnta/core/error.hpp"

namespace nta {

bool cuda_available() {
  return false;
}

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily, Rules const&, Exec const&) {
  fail(ErrorKind::device,
       "this program was built without CUDA; use --device cpu, or configure with -DNTA_CUDA=ON");
}

}  // namespace nta
