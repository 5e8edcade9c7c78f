// One packet's bytes -> its IP layers, or the reason why there is none. Pure: no state, no
// allocation, no throw, whatever the bytes are. Fragments are only recognised here; what their
// ports are is fragments.hpp.
#pragma once

#include "libnta/capture/packet_key.hpp"
#include "libnta/capture/packet_rows.hpp"
#include "libnta/capture/skip_reason.hpp"

#include <array>
#include <cstdint>

namespace nta {

/// Kinds of tunnels, as in `bits` and in PacketKey::path (`flows.md` 1.2).
enum class TunnelKind : std::uint8_t {
  none = 0,
  ipip,
  gre,
  erspan,
  vxlan,
  geneve,
  gtp,
  teredo,
  capwap,
  tzsp,
  ah
};

inline constexpr int kMaxTunnels = 4;
inline constexpr int kMaxHeaders = 16;  // tags, labels, extension headers of a frame
inline constexpr std::uint32_t kMaxIpHeaderBytes = 255 * 4;  // what the column ip_hdr can hold

/// One IP header with what stands before it and the transport header behind it: a row to be.
struct IpLayer {
  PacketKey key;  // a = source, b = destination until `canonical`; link is not set here
  std::uint32_t ip_len = 0;
  std::uint32_t ip_hdr_bytes = 0;  // with extensions
  std::uint32_t seq = 0, ack = 0;
  std::uint32_t fragment_id = 0;
  std::uint16_t window = 0;
  std::uint16_t icmp = 0;
  std::uint16_t bits = 0;              // RowBit
  std::uint8_t fragment_protocol = 0;  // as the header with the fragment's id names it
  std::uint8_t l4_hdr = 0;
  std::uint8_t tcp_flags = 0, ttl = 0, tos = 0;
};

struct Decoded {
  std::array<IpLayer, 1 + kMaxTunnels> layers;
  int n_layers = 0;  // 0 exactly if skipped
  SkipReason reason = SkipReason::none;
  /// For non_ip: EtherType, or 0x10000 + LLC address, 0x20000 + PPP protocol, 0x30000 + family.
  std::uint32_t non_ip_value = 0;
};

struct Walk;
/// One step of a decoder: reads a header, says which step is next; null: done.
struct Step {
  Step (*run)(Walk&) noexcept = nullptr;
};

/// The first step for a link type; never null (unsupported ones get a step that says so).
Step first_step(std::uint32_t link_type) noexcept;

/// Walks the `cap_len` bytes of a frame of `wire_len` bytes. `out` is overwritten.
void decode(Step first, std::uint8_t const* data, std::uint32_t cap_len, std::uint32_t wire_len,
            Decoded& out) noexcept;

/// Orders the endpoints (a = the smaller address and port) and sets kRowSide; ports must be known.
void canonical(IpLayer& layer) noexcept;

}  // namespace nta
