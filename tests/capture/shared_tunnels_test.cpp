// Real captures of tunnels and serial lines: as many inner rows, or used packets, as another
// dissector counts (tshark 4.0.17: frames whose chain of protocols has IP below the tunnel's).
#include "tests/capture/support.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

namespace nta::test {
namespace {

struct TunnelCapture {
  char const* path;
  TunnelKind kind;
  std::size_t n_inner;
};
constexpr TunnelCapture kTunnels[] = {
    {"ndpi-pcaps/pcap/4in4tunnel.pcap", TunnelKind::ipip, 5},
    {"ndpi-pcaps/pcap/4in6tunnel.pcap", TunnelKind::ipip, 4},
    {"ndpi-pcaps/pcap/6in6tunnel.pcap", TunnelKind::ipip, 2},
    {"ndpi-pcaps/pcap/gre.pcapng", TunnelKind::gre, 1},
    {"ndpi-pcaps/pcap/dtls.pcap", TunnelKind::gtp, 4},
    {"ndpi-pcaps/pcap/false_positives.pcapng", TunnelKind::gtp, 54},
    {"ndpi-pcaps/pcap/ipv6_in_gtp.pcap", TunnelKind::gtp, 2},
    {"ndpi-pcaps/pcap/ja3_lots_of_cipher_suites_2_anon.pcap", TunnelKind::gtp, 27},
    {"ndpi-pcaps/pcap/rtmp.pcap", TunnelKind::gtp, 34},
    {"ndpi-pcaps/pcap/tls_change_cipher.pcap", TunnelKind::gtp, 14},
    {"ndpi-pcaps/pcap/tls_invalid_reads.pcap", TunnelKind::gtp, 3},
    {"ndpi-pcaps/pcap/zoom.pcap", TunnelKind::gtp, 81},
    {"ndpi-pcaps/pcap/gtp_false_positive.pcapng", TunnelKind::gtp, 0},
    {"ndpi-pcaps/pcap/gtp_prime.pcapng", TunnelKind::gtp, 0},
    {"nfstream-oracle/pcap/gtp-u.pcap", TunnelKind::gtp, 102},
    {"ndpi-pcaps/pcap/teredo.pcap", TunnelKind::teredo, 24},
    {"ndpi-pcaps/pcap/capwap.pcap", TunnelKind::capwap, 11},
};

/// Rows directly below a tunnel of this kind.
std::size_t count_inner(Ingested const& all, TunnelKind kind) {
  std::size_t n = 0;
  for (auto const& table : all.tables) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      unsigned path = table.keys[table.key[i]].path;
      while (path > 0xF) path >>= 4;
      n += path == static_cast<unsigned>(kind) ? 1 : 0;
    }
  }
  return n;
}

TEST(SharedTunnels, GiveAsManyInnerRowsAsAnotherDissectorSees) {
  for (auto const& capture : kTunnels) {
    NTA_SHARED_OR_SKIP(path, capture.path);
    auto const all = ingest_all({.paths = {path.string()}});
    EXPECT_EQ(count_inner(all, capture.kind), capture.n_inner) << capture.path;
  }
}

struct LinkCapture {
  char const* path;
  std::uint64_t n_read, n_used;
};
constexpr LinkCapture kLinks[] = {
    {"ndpi-pcaps/pcap/BGP_Cisco_hdlc_slarp.pcap", 14, 14},  // link type 9
    {"ndpi-pcaps/pcap/BGP_redist.pcap", 2, 2},              // 104, one behind an MPLS label
    {"ndpi-pcaps/pcap/someip_sd_sample.pcap", 6, 6},        // PPI with Ethernet
};

TEST(SharedLinks, GiveAsManyIpPacketsAsAnotherDissectorSees) {
  for (auto const& capture : kLinks) {
    NTA_SHARED_OR_SKIP(path, capture.path);
    auto const all = ingest_all({.paths = {path.string()}});
    EXPECT_EQ(all.result.accounting.read, capture.n_read) << capture.path;
    EXPECT_EQ(all.result.accounting.used, capture.n_used) << capture.path;
  }
}

// Inner flows of both directions are one: 51 echo requests and their replies in tunnels whose ids
// differ by direction.
TEST(SharedTunnels, PingsThroughGtpAreOneFlowInBothDirections) {
  NTA_SHARED_OR_SKIP(path, "nfstream-oracle/pcap/gtp-u.pcap");
  auto const all = ingest_all({.paths = {path.string()}});
  ASSERT_EQ(all.tables.size(), 1U);
  auto const& table = all.tables[0];
  std::vector<std::uint32_t> keys;
  std::size_t n_back = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table.keys[table.key[i]].path == 0) continue;
    keys.push_back(table.key[i]);
    n_back += (table.bits[i] & kRowSide) != 0 ? 1 : 0;
  }
  EXPECT_EQ(keys.size(), 102U);
  EXPECT_EQ(n_back, 51U);
  EXPECT_EQ(std::count(keys.begin(), keys.end(), keys.at(0)), 102);
}

}  // namespace
}  // namespace nta::test
