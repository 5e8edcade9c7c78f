#include "libnta/capture/fragments.hpp"

#include "libnta/capture/byte_cursor.hpp"

namespace nta {

namespace {

constexpr std::uint32_t kBuckets = 2 * FragmentTable::kCapacity;

std::uint32_t bucket(IpAddress const& source, IpAddress const& destination, std::uint32_t id,
                     std::uint32_t scope_and_protocol) noexcept {
  std::uint64_t hash = 0;
  for (std::uint64_t const word :
       {load_be64(source.data()), load_be64(source.data() + 8), load_be64(destination.data()),
        load_be64(destination.data() + 8), std::uint64_t{id} << 32 | scope_and_protocol}) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash % kBuckets);
}

}  // namespace

std::uint32_t FragmentTable::bucket_of(IpLayer const& layer, std::uint32_t scope) noexcept {
  return bucket(layer.key.addr_a, layer.key.addr_b, layer.fragment_id,
                scope << 8 | layer.fragment_protocol);
}
std::uint32_t FragmentTable::bucket_of(Entry const& entry) noexcept {
  return bucket(entry.source, entry.destination, entry.id,
                entry.scope << 8 | entry.fragment_protocol);
}

void FragmentTable::resolve(IpLayer& layer, std::uint32_t scope, std::int64_t time_ns) {
  if ((layer.bits & kRowFragmentMask) == kRowFragmentFirst) {
    if ((layer.bits & kRowL4Missing) == 0) remember(layer, scope, time_ns);
    return;
  }
  Entry const* const first = find(layer, scope, time_ns);
  if (first == nullptr) {
    layer.bits |= kRowFragmentUnresolved;
    return;
  }
  layer.key.protocol = first->protocol;
  layer.key.port_a = first->source_port;
  layer.key.port_b = first->destination_port;
  layer.key.icmp_class = first->icmp_class;
}

void FragmentTable::clear() {
  entries_.clear();
  buckets_.clear();
  oldest_ = 0;
}

void FragmentTable::remember(IpLayer const& layer, std::uint32_t scope, std::int64_t time_ns) {
  if (buckets_.empty()) buckets_.resize(kBuckets);
  std::uint32_t place = oldest_;
  if (entries_.size() < kCapacity) {
    place = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    unlink(place);
    oldest_ = (oldest_ + 1) % kCapacity;
  }
  std::uint32_t& newest = buckets_[bucket_of(layer, scope)];
  Entry& entry = entries_[place];
  entry.source = layer.key.addr_a;
  entry.destination = layer.key.addr_b;
  entry.id = layer.fragment_id;
  entry.scope = scope;
  entry.time_ns = time_ns;
  entry.next = newest;
  entry.source_port = layer.key.port_a;
  entry.destination_port = layer.key.port_b;
  entry.icmp_class = layer.key.icmp_class;
  entry.fragment_protocol = layer.fragment_protocol;
  entry.protocol = layer.key.protocol;
  newest = place + 1;
}

FragmentTable::Entry const* FragmentTable::find(IpLayer const& layer, std::uint32_t scope,
                                                std::int64_t time_ns) const {
  if (buckets_.empty()) return nullptr;
  for (std::uint32_t i = buckets_[bucket_of(layer, scope)]; i != 0; i = entries_[i - 1].next) {
    Entry const& entry = entries_[i - 1];
    if (entry.id == layer.fragment_id && entry.scope == scope &&
        entry.fragment_protocol == layer.fragment_protocol && entry.source == layer.key.addr_a &&
        entry.destination == layer.key.addr_b) {
      // The newest with this id decides: an older one belongs to a packet of long ago.
      return time_ns - entry.time_ns <= kLifetimeNs ? &entry : nullptr;
    }
  }
  return nullptr;
}

void FragmentTable::unlink(std::uint32_t place) {
  std::uint32_t* link = &buckets_[bucket_of(entries_[place])];
  while (*link != place + 1) {
    link = &entries_[*link - 1].next;
  }
  *link = entries_[place].next;
}

}  // namespace nta
