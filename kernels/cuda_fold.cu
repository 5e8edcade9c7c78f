// Folding and finishing on a CUDA device: device_finish.hpp for every family of feature sets. No
// Thrust here: its launch would choose the threads of a block and their registers.
#include "kernels/cuda_device.cuh"
#include "kernels/device_finish.hpp"

#include <memory>

namespace nta {

extern template std::vector<FlowCut> DeviceRun<CudaDevice>::cut(SelectedPackets const&);

template void DeviceRun<CudaDevice>::finish<NtaSet>(FlowOutput const&);
template void DeviceRun<CudaDevice>::finish<Cic76Set>(FlowOutput const&);
template void DeviceRun<CudaDevice>::finish<NfstreamSet>(FlowOutput const&);

std::unique_ptr<BulkBackend> make_cuda_backend(SetFamily family, Rules const& rules,
                                               Exec const& exec) {
  return visit_set(family, [&]<class Set>(Set) -> std::unique_ptr<BulkBackend> {
    return std::make_unique<DeviceBackendOf<Set, CudaDevice>>(rules, CudaDevice(exec));
  });
}

}  // namespace nta
