// Seeded packet tables with every column used: the input of the shard tests.
#pragma once

#include "libnta/capture/packet_table.hpp"
#include "libnta/core/counter_rng.hpp"
#include "libnta/shards/columns.hpp"

#include <filesystem>
#include <string>

namespace nta::test {

/// `records` records over `n_keys` keys; every fifth record has a second layer. Times go back now
/// and then. Record numbers start at `first_index`.
inline PacketTable random_table(std::size_t records, std::size_t n_keys, std::uint64_t seed,
                                std::uint64_t first_index = 0) {
  auto const rng = stream_key(seed, "random_table");
  std::uint64_t position = 0;
  auto const next = [&] { return random_bits(rng, position++); };
  PacketTable t;
  t.first_index = first_index;
  t.time_base_s = 1'600'000'000;
  for (std::size_t k = 0; k < n_keys; ++k) {
    PacketKey key;
    for (auto& byte : key.addr_a) {
      byte = static_cast<std::uint8_t>(next());
    }
    for (auto& byte : key.addr_b) {
      byte = static_cast<std::uint8_t>(next());
    }
    key.mac_a = next() >> 16U;
    key.mac_b = next() >> 16U;
    key.link = static_cast<std::uint32_t>(next() % 3);
    key.port_a = static_cast<std::uint16_t>(next());
    key.port_b = static_cast<std::uint16_t>(next());
    key.tunnel_id = static_cast<std::uint32_t>(k);  // keys are distinct
    key.vlan_outer = key.vlan_last = static_cast<std::uint16_t>(next() % 4096);
    key.shims = kShim8100;
    key.path = static_cast<std::uint16_t>(next() % 11);
    key.ip_version = 4;
    key.protocol = next() % 2 == 0 ? 6 : 17;
    t.keys.push_back(key);
  }
  std::int64_t now = 0;
  for (std::size_t record = 0; record < records; ++record) {
    now += static_cast<std::int64_t>(next() % 2'000'000) - 100'000;
    for (int layer = 0; layer < (record % 5 == 4 ? 2 : 1); ++layer) {
      visit_row_columns([&](ColumnInfo const&, auto member) {
        using T = typename std::remove_cvref_t<decltype(t.*member)>::value_type;
        (t.*member).push_back(static_cast<T>(next() & next() & next()));
      });
      // As in captures, keys appear in the order of their numbers.
      auto const seen = std::min(n_keys, 1 + record * 2);
      t.key.back() = static_cast<std::uint32_t>(next() % seen);
      t.index.back() = static_cast<std::uint32_t>(record);
      t.time_ns.back() = now;
      t.bits.back() = static_cast<std::uint16_t>(layer == 0 ? kRowPrimary : 0);
    }
  }
  return t;
}

/// Rows [first, last) of `t` as a table of their own, with all its keys.
inline PacketTable slice(PacketTable const& t, std::size_t first, std::size_t last) {
  PacketTable out;
  out.first_index = t.first_index;
  out.time_base_s = t.time_base_s;
  out.keys = t.keys;
  visit_row_columns([&](ColumnInfo const&, auto member) {
    (out.*member)
        .assign((t.*member).begin() + static_cast<std::ptrdiff_t>(first),
                (t.*member).begin() + static_cast<std::ptrdiff_t>(last));
  });
  return out;
}

/// A new empty folder for one test, removed at its end.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string const& name)
      : path_(std::filesystem::temp_directory_path() / ("nta-" + name + "-" + unique())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  std::filesystem::path operator/(std::string const& name) const { return path_ / name; }
  std::filesystem::path const& path() const { return path_; }

 private:
  static std::string unique();
  std::filesystem::path path_;
};

}  // namespace nta::test

#include <unistd.h>

inline std::string nta::test::ScratchFolder::unique() {
  return std::to_string(::getpid());
}
