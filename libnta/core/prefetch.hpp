// Memory that will be read soon, asked for early. The only spelling: g++ takes a function that does
// nothing but __builtin_prefetch for one without effects and drops calls of it, silently.
#pragma once

#include "libnta/core/host_device.hpp"

namespace nta {

/// The line that `address` is in, which need not be valid. Nothing on a device: other warps run.
NTA_HD inline void prefetch_line([[maybe_unused]] void const* address) {
#ifndef __CUDA_ARCH__
  __builtin_prefetch(address);
  asm volatile("");  // an effect
#endif
}

/// The same, to write to it.
inline void prefetch_to_write(void const* address) {
  __builtin_prefetch(address, 1);
  asm volatile("");
}

}  // namespace nta
