// One spelling for functions that run on the host and in kernels. The only place that asks which
// compiler is at work.
#pragma once

#ifdef __CUDACC__
#define NTA_HD __host__ __device__
#else
#define NTA_HD
#endif
