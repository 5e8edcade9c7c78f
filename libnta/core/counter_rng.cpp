#include "libnta/core/counter_rng.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

namespace nta {

std::uint64_t stream_key(std::uint64_t seed, std::string_view name, std::uint64_t i,
                         std::uint64_t j) {
  Sha256 hash;
  hash.update(fmt::format("{}/{}/{}/{}", seed, name, i, j));
  auto const digest = hash.digest();
  std::uint64_t key = 0;
  for (int byte = 0; byte < 8; ++byte) {
    key = key << 8 | digest[static_cast<std::size_t>(byte)];
  }
  return key;
}

}  // namespace nta
