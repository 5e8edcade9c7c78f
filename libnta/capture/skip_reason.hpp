// THE tables of what can go wrong with a packet and with a file: number, name, text. Accounting,
// manifests, messages and documents are fed from here. Numbers are stored in shards: never reuse
// one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nta {

/// Why a packet is no row of a flow; the value is the row's `status`.
enum class SkipReason : std::uint8_t {
  none = 0,
  empty_record,
  unsupported_link_type,
  link_header_truncated,
  header_depth,
  arp,
  non_ip,
  wlan_no_data,
  encrypted_80211,
  ip_version,
  ip_header_truncated,
  ip_header_length,
  ip_total_length,
  unknown_interface,
  time_out_of_range
};

struct SkipReasonInfo {
  SkipReason reason;
  std::string_view name;
  std::string_view text;
};

inline constexpr std::array<SkipReasonInfo, 15> kSkipReasons{{
    {SkipReason::none, "used", "decoded"},
    {SkipReason::empty_record, "empty_record", "the record holds no bytes"},
    {SkipReason::unsupported_link_type, "unsupported_link_type",
     "the interface's link type is not decoded"},
    {SkipReason::link_header_truncated, "link_header_truncated",
     "the record ends inside the headers in front of IP"},
    {SkipReason::header_depth, "header_depth",
     "more than 16 tags, labels or extension headers, or more than 1020 bytes of IP header"},
    {SkipReason::arp, "arp", "ARP"},
    {SkipReason::non_ip, "non_ip", "neither IPv4, IPv6 nor ARP"},
    {SkipReason::wlan_no_data, "wlan_no_data", "802.11 frame without data"},
    {SkipReason::encrypted_80211, "encrypted_80211", "802.11 data, encrypted"},
    {SkipReason::ip_version, "ip_version", "the IP version is not the one announced"},
    {SkipReason::ip_header_truncated, "ip_header_truncated",
     "the record ends inside the IP header or its extensions"},
    {SkipReason::ip_header_length, "ip_header_length", "IPv4 header length below 20 bytes"},
    {SkipReason::ip_total_length, "ip_total_length",
     "the IP length is shorter than the IP header with its extensions"},
    {SkipReason::unknown_interface, "unknown_interface",
     "the record names an interface that the file does not describe"},
    {SkipReason::time_out_of_range, "time_out_of_range",
     "more than 2^62 ns from the time base, after 16 bases, or beyond 64-bit seconds"},
}};
inline constexpr std::size_t kSkipReasonCount = kSkipReasons.size();

constexpr SkipReasonInfo const& info(SkipReason reason) {
  return kSkipReasons[static_cast<std::size_t>(reason)];
}

/// Why a capture file ends before its end.
enum class FaultKind : std::uint8_t {
  none = 0,
  bad_magic,
  torn_record,
  record_too_large,
  bad_block,
  read_error,
  decompress_error
};

struct FaultInfo {
  FaultKind kind;
  std::string_view name;
  std::string_view text;
};

inline constexpr std::array<FaultInfo, 7> kFaults{{
    {FaultKind::none, "none", "no fault"},
    {FaultKind::bad_magic, "bad_magic", "is no capture"},
    {FaultKind::torn_record, "torn_record", "ends in the middle of a record"},
    {FaultKind::record_too_large, "record_too_large", "a record claims more than 16 MiB"},
    {FaultKind::bad_block, "bad_block", "a block's lengths or contents contradict each other"},
    {FaultKind::read_error, "read_error", "cannot be read on"},
    {FaultKind::decompress_error, "decompress_error", "cannot be decompressed on"},
}};

constexpr FaultInfo const& info(FaultKind kind) {
  return kFaults[static_cast<std::size_t>(kind)];
}

static_assert([] {
  for (std::size_t i = 0; i < kSkipReasons.size(); ++i) {
    if (static_cast<std::size_t>(kSkipReasons[i].reason) != i) return false;
  }
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    if (static_cast<std::size_t>(kFaults[i].kind) != i) return false;
  }
  return true;
}());  // a row's place in its table is its number

}  // namespace nta
