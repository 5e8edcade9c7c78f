// Any bytes as a packet: the first two are the link type, two more the wire length. A row or a
// reason, never both; a packet that is cut never shows another length than the whole one.
#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/decode.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

using nta::fuzz::require;

nta::Decoded decode_exact(std::uint32_t link_type, std::uint8_t const* data, std::uint32_t size,
                          std::uint32_t wire_len) {
  auto const exact = std::make_unique<std::uint8_t[]>(size);
  std::copy(data, data + size, exact.get());
  nta::Decoded out;
  nta::decode(nta::first_step(link_type), exact.get(), size, wire_len, out);
  require((out.n_layers == 0) == (out.reason != nta::SkipReason::none), "a row or a reason");
  for (int i = 0; i < out.n_layers; ++i) {
    nta::IpLayer& layer = out.layers[static_cast<std::size_t>(i)];
    require(layer.ip_hdr_bytes <= nta::kMaxIpHeaderBytes, "the header fits its column");
    require(layer.ip_hdr_bytes + layer.l4_hdr <= layer.ip_len, "headers fit the length");
    require((layer.bits >> nta::kRowNextShift != 0) == (i + 1 < out.n_layers) ||
                (layer.bits & nta::kRowInnerFailed) != 0,
            "a tunnel leads to a row or is marked as failed");
    nta::canonical(layer);
    require(layer.key.addr_a <= layer.key.addr_b, "endpoint a is the smaller one");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 4) return 0;
  std::uint32_t const link_type = nta::load_be16(data);
  std::uint32_t const wire_len = nta::load_be16(data + 2);
  auto const n = static_cast<std::uint32_t>(size - 4);
  auto const whole = decode_exact(link_type, data + 4, n, wire_len);
  auto const cut = decode_exact(link_type, data + 4, n / 2, wire_len);
  if (whole.reason == nta::SkipReason::none && cut.reason == nta::SkipReason::none) {
    require(whole.layers[0].ip_len == cut.layers[0].ip_len, "a cut does not change the length");
  }
  return 0;
}
