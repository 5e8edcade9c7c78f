// The ShuffleSteps that are compiled for one instruction set each; present on x86-64 only.
#pragma once

#include <cstddef>

namespace nta {

std::size_t shuffle_avx2(std::byte const* from, std::size_t n, std::byte* const* to,
                         std::size_t bytes);
std::size_t unshuffle_avx2(std::byte const* from, std::size_t n, std::byte* to, std::size_t bytes);
std::size_t shuffle_avx512(std::byte const* from, std::size_t n, std::byte* const* to,
                           std::size_t bytes);
std::size_t unshuffle_avx512(std::byte const* from, std::size_t n, std::byte* to,
                             std::size_t bytes);

std::size_t differ_avx2(std::byte const* from, std::size_t n_bytes, std::byte const* pattern,
                        std::byte* differs);
std::size_t differ_avx512(std::byte const* from, std::size_t n_bytes, std::byte const* pattern,
                          std::byte* differs);

}  // namespace nta
