// CRC-32C (Castagnoli polynomial, as in iSCSI, RFC 3720): finds every single flipped bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nta {

/// Of `bytes`, going on from `before` (0: start). The CRC of "123456789" is E3069283.
std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before = 0) noexcept;

/// The same by table, for processors without the instruction.
std::uint32_t crc32c_table(std::span<std::byte const> bytes, std::uint32_t before = 0) noexcept;

}  // namespace nta
