#include "libnta/capture/plain_ways.hpp"

#include "libnta/capture/packet_rows.hpp"
#include "libnta/core/instruction_set.hpp"

namespace nta {

namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;

/// Since the base; the frames of a run are near it, and anything else is no plain frame.
bool time_of(Frame const& frame, std::int64_t base_s, std::int64_t& time_ns) {
  std::int64_t apart_s = 0;
  bool const far = __builtin_sub_overflow(frame.time_s, base_s, &apart_s) ||
                   apart_s != static_cast<std::int32_t>(apart_s);
  time_ns = far ? 0 : apart_s * kNsPerS + frame.time_ns;
  return !far && frame.time_valid && !frame.no_timestamp;
}

void stage_fields(RowBlock& b, std::uint8_t const* data, std::size_t i) {
  using F = PlainFrame;
  // Which of the two it is changes too often for a branch: UDP has zeros where TCP has fields.
  std::uint32_t const tcp = data[F::kIp + 9] == F::kTcp ? UINT32_MAX : 0;
  b.status[i] = 0;
  b.ip_len[i] = load_be16(data + F::kIp + 2);
  b.ip_hdr[i] = F::kIpHeaderBytes / 4;
  b.ttl[i] = data[F::kIp + 8];
  b.tos[i] = data[F::kIp + 1];
  b.icmp[i] = 0;
  unsigned const tcp_bytes = (data[F::kL4 + 12] >> 4) * 4U;
  b.l4_hdr[i] = static_cast<std::uint8_t>(((tcp_bytes ^ 8) & tcp) ^ 8);
  b.tcp_flags[i] = static_cast<std::uint8_t>(data[F::kL4 + 13] & tcp);
  b.window[i] = static_cast<std::uint16_t>(load_be16(data + F::kL4 + 14) & tcp);
  b.seq[i] = load_be32(data + F::kL4 + 4) & tcp;
  b.ack[i] = load_be32(data + F::kL4 + 8) & tcp;
}

}  // namespace

std::size_t stage_plain_scalar(RowBlock& b, std::span<Frame const> frames, PlainRun& run) {
  std::size_t n = 0;
  for (; n < frames.size(); ++n) {
    Frame const& frame = frames[n];
    std::int64_t time_ns = 0;
    if (!is_plain_frame(frame.data, frame.cap_len) || !time_of(frame, run.time_base_s, time_ns)) {
      break;
    }
    std::size_t const i = run.row++;
    run.n_regressions += time_ns < run.before_ns ? 1 : 0;
    run.before_ns = time_ns;
    PlainEnds const ends = plain_ends(frame.data, run.link);
    bool const as_before = equal(ends.key, b.run_key[run.n_runs]);
    run.n_runs += as_before ? 0 : 1;
    b.run_key[run.n_runs] = ends.key;
    b.run[i] = static_cast<std::uint8_t>(run.n_runs - 1);
    b.index[i] = run.index++;
    b.time_ns[i] = time_ns;
    b.wire_len[i] = frame.wire_len;
    b.cap_len[i] = frame.cap_len;
    stage_fields(b, frame.data, i);
    std::uint32_t const end = PlainFrame::kIp + b.ip_len[i];
    unsigned const truncated = end > frame.cap_len ? 1 : 0;
    unsigned const beyond = end > frame.wire_len ? 1 : 0;
    run.n_truncated += truncated;
    run.n_beyond += beyond;
    b.bits[i] = static_cast<std::uint16_t>(kRowPrimary | truncated * kRowTruncated |
                                           beyond * kRowLengthBeyondFrame |
                                           (ends.source_is_b ? unsigned{kRowSide} : 0U));
  }
  return n;
}

std::vector<PlainWay> plain_ways() {
  std::vector<PlainWay> ways{{"scalar", &stage_plain_scalar}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) ways.push_back({"avx2", &stage_plain_avx2});
#endif
  return ways;
}

StagePlain best_plain_way() {
  static StagePlain const stage = best_way_of(plain_ways()).stage;
  return stage;
}

}  // namespace nta
