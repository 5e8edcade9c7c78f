// Which ports a later fragment belongs to: first fragments, in capture order, tell; at most 65,536
// are remembered, for 30 s of packet time (`flows.md` 1.3.5). Allocates only while it grows.
#pragma once

#include "libnta/capture/decode.hpp"

#include <cstdint>
#include <vector>

namespace nta {

class FragmentTable {
 public:
  static constexpr std::size_t kCapacity = 65'536;
  static constexpr std::int64_t kLifetimeNs = 30'000'000'000;

  /// Remembers a first fragment, or gives a later one its first one's protocol, ports and ICMP
  /// class; sets kRowFragmentUnresolved if there is none. Before `canonical`. `scope` tells apart
  /// what may not mix: the file, unless files are joined.
  void resolve(IpLayer& layer, std::uint32_t scope, std::int64_t time_ns);
  /// Forgets everything (packet time has changed its base).
  void clear();

 private:
  struct Entry {
    IpAddress source{}, destination{};
    std::uint32_t id = 0, scope = 0;
    std::int64_t time_ns = 0;
    std::uint32_t next = 0;  // in its bucket, + 1; 0: last
    std::uint16_t source_port = 0, destination_port = 0, icmp_class = 0;
    std::uint8_t fragment_protocol = 0, protocol = 0;
  };

  static std::uint32_t bucket_of(IpLayer const& layer, std::uint32_t scope) noexcept;
  static std::uint32_t bucket_of(Entry const& entry) noexcept;
  void remember(IpLayer const& layer, std::uint32_t scope, std::int64_t time_ns);
  Entry const* find(IpLayer const& layer, std::uint32_t scope, std::int64_t time_ns) const;
  void unlink(std::uint32_t place);

  std::vector<Entry> entries_;          // a ring once it is full
  std::vector<std::uint32_t> buckets_;  // newest entry + 1; empty until the first fragment
  std::uint32_t oldest_ = 0;
};

}  // namespace nta
