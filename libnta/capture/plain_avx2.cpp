// The rows of plain frames by AVX2, eight frames at a time: their headers are turned into vectors
// of a field each, and the keys back. Compiled with -mavx2, called only where the machine has it;
// the twin of stage_plain_scalar.
#include "libnta/capture/packet_rows.hpp"
#include "libnta/capture/plain_ways.hpp"

#if defined(__x86_64__)
#include <bit>
#include <cstring>
#include <immintrin.h>

namespace nta {
namespace {

// Else vectors would go through memory from one step to the next.
#define NTA_INLINE [[gnu::always_inline]] inline

using V = __m256i;  // of 32-bit words, one of each frame, if nothing else is said
constexpr std::size_t kFrames = 8;
static_assert(RowBlock::kSlack >= kFrames && sizeof(PlainKey) == sizeof(V));

V load(void const* from) {
  return _mm256_loadu_si256(static_cast<V const*>(from));
}
void store(void* to, V v) {
  _mm256_storeu_si256(static_cast<V*>(to), v);
}
void store_half(void* to, V v) {
  _mm_storeu_si128(static_cast<__m128i*>(to), _mm256_castsi256_si128(v));
}
V all(std::uint32_t word) {
  return _mm256_set1_epi32(static_cast<int>(word));
}
V halves(void const* low, void const* high) {
  auto const half = [](void const* p) { return _mm_loadu_si128(static_cast<__m128i const*>(p)); };
  return _mm256_inserti128_si256(_mm256_castsi128_si256(half(low)), half(high), 1);
}
/// Bytes of each word, lowest first; 4: zero.
V bytes(V v, int b0, int b1, int b2, int b3) {
  auto const from = [](int byte, int word) {
    return static_cast<char>(byte == 4 ? -128 : 4 * word + byte);
  };
  __m128i const order =
      _mm_setr_epi8(from(b0, 0), from(b1, 0), from(b2, 0), from(b3, 0), from(b0, 1), from(b1, 1),
                    from(b2, 1), from(b3, 1), from(b0, 2), from(b1, 2), from(b2, 2), from(b3, 2),
                    from(b0, 3), from(b1, 3), from(b2, 3), from(b3, 3));
  return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}
/// Words 0 and 2 (kOdd: 1 and 3) of both, by halves: all of x and y if their halves interleave.
template <bool kOdd>
V every_other(V x, V y) {
  return _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(y),
                                               kOdd ? 0b11'01'11'01 : 0b10'00'10'00));
}
V in_order(V by_halves) {
  return _mm256_permute4x64_epi64(by_halves, 0b11'01'10'00);
}
V choose(V no, V yes, V mask) {
  return _mm256_blendv_epi8(no, yes, mask);
}
unsigned mask_of(V words) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(words)));
}

/// Four rows of four words in each half -> four columns.
struct Four {
  V v[4];
};
NTA_INLINE Four transposed(V a, V b, V c, V d) {
  V const ab_01 = _mm256_unpacklo_epi32(a, b), ab_23 = _mm256_unpackhi_epi32(a, b);
  V const cd_01 = _mm256_unpacklo_epi32(c, d), cd_23 = _mm256_unpackhi_epi32(c, d);
  return {_mm256_unpacklo_epi64(ab_01, cd_01), _mm256_unpackhi_epi64(ab_01, cd_01),
          _mm256_unpacklo_epi64(ab_23, cd_23), _mm256_unpackhi_epi64(ab_23, cd_23)};
}

using Data = std::uint8_t const* [kFrames];

/// The four words at an offset of the frames.
NTA_INLINE Four words_at(Data const& p, std::size_t at) {
  return transposed(halves(p[0] + at, p[4] + at), halves(p[1] + at, p[5] + at),
                    halves(p[2] + at, p[6] + at), halves(p[3] + at, p[7] + at));
}

/// What a frame holds, as its bytes lie there.
struct Fields {
  V target_mac_0, target_mac_4;    // bytes 0 to 3; 4 and 5 and two of the source's
  V source_mac_0, source_mac_4;    // the same, and the EtherType
  V version_tos_len, id_fragment;  //
  V ttl_protocol;                  // and the checksum
  V source, target, ports;         //
  V seq, ack, offset_flags_window;
};

NTA_INLINE Fields fields_of(Data const& p) {
  auto const two = [](void const* low, void const* high) {
    return _mm_castps_si128(
        _mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64(static_cast<__m128i const*>(low))),
                     static_cast<__m64 const*>(high)));
  };
  auto const four = [&](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(two(p[a], p[b])), two(p[c], p[d]), 1);
  };
  V const x = four(0, 1, 4, 5), y = four(2, 3, 6, 7);
  // Overlapping, so that nothing behind the 54th byte is read.
  Four const link = words_at(p, 6), ip = words_at(p, 22), tcp = words_at(p, 38);
  return {every_other<false>(x, y),
          every_other<true>(x, y),
          link.v[0],
          link.v[1],
          link.v[2],
          link.v[3],
          ip.v[0],
          ip.v[1],
          ip.v[2],
          ip.v[3],
          tcp.v[0],
          tcp.v[1],
          tcp.v[2]};
}

/// What a Frame says beside its bytes.
struct Record {
  V cap_len, wire_len;
  V time_ns[2];  // of 64 bits, since the base
  V near;        // all bits: the time is known and near the base
};

NTA_INLINE Record record_of(Frame const* frames, std::int64_t base_s) {
  static_assert(offsetof(Frame, cap_len) == 8 && offsetof(Frame, wire_len) == 12 &&
                offsetof(Frame, time_s) == 16 && offsetof(Frame, time_ns) == 24 &&
                offsetof(Frame, time_valid) == 28 && offsetof(Frame, no_timestamp) == 29);
  Record out;
  V lengths[2], near[2];
  V const base = _mm256_set1_epi64x(base_s);
  for (int i = 0; i < 2; ++i) {
    Frame const* const four = frames + 4 * i;
    V const a = load(four), b = load(four + 1), c = load(four + 2), d = load(four + 3);
    V const ab_0 = _mm256_unpacklo_epi64(a, b), ab_1 = _mm256_unpackhi_epi64(a, b);
    V const cd_0 = _mm256_unpacklo_epi64(c, d), cd_1 = _mm256_unpackhi_epi64(c, d);
    lengths[i] = _mm256_permute2x128_si256(ab_1, cd_1, 0x20);
    V const time_s = _mm256_permute2x128_si256(ab_0, cd_0, 0x31);
    V const ns_and_flags = _mm256_permute2x128_si256(ab_1, cd_1, 0x31);
    V const apart_s = _mm256_sub_epi64(time_s, base);
    V const ns = _mm256_and_si256(ns_and_flags, _mm256_set1_epi64x(0xFFFFFFFF));
    out.time_ns[i] =
        _mm256_add_epi64(_mm256_mul_epi32(apart_s, _mm256_set1_epi64x(1'000'000'000)), ns);
    // Seconds of 32 bits with a sign: 2^31 more have no upper half. Valid is 1, no time stamp 0.
    V const above =
        _mm256_srli_epi64(_mm256_add_epi64(apart_s, _mm256_set1_epi64x(std::int64_t{1} << 31)), 32);
    V const flags =
        _mm256_and_si256(_mm256_srli_epi64(ns_and_flags, 32), _mm256_set1_epi64x(0xFFFF));
    near[i] = _mm256_cmpeq_epi64(_mm256_or_si256(_mm256_slli_epi64(above, 16), flags),
                                 _mm256_set1_epi64x(1));
  }
  out.cap_len = in_order(every_other<false>(lengths[0], lengths[1]));
  out.wire_len = in_order(every_other<true>(lengths[0], lengths[1]));
  out.near = in_order(every_other<false>(near[0], near[1]));
  return out;
}

NTA_INLINE V is_tunnel_port(V ports) {
  // Both ports as they lie in the frame, cut down to the bits that the list has.
  constexpr unsigned kMask = (1U << PortBits::kLowBits) - 1;
  V const low = _mm256_and_si256(bytes(ports, 1, 0, 3, 2), all(kMask << 16 | kMask));
  V any = _mm256_setzero_si256();
  for (std::uint16_t const port : kUdpTunnelPorts.low) {
    any = _mm256_or_si256(
        any, _mm256_cmpeq_epi16(low, _mm256_set1_epi16(static_cast<std::int16_t>(port))));
  }
  return _mm256_xor_si256(_mm256_cmpeq_epi32(any, _mm256_setzero_si256()), all(UINT32_MAX));
}

/// What the fields say, once it is known that they are those of plain frames.
struct Numbers {
  V is_tcp, ip_len, l4_hdr;
};
NTA_INLINE Numbers numbers_of(Fields const& f) {
  V const is_tcp =
      _mm256_cmpeq_epi32(_mm256_and_si256(f.ttl_protocol, all(0xFF00)), all(PlainFrame::kTcp << 8));
  V const tcp_bytes = _mm256_and_si256(_mm256_srli_epi32(f.offset_flags_window, 2), all(0x3C));
  return {is_tcp, bytes(f.version_tos_len, 3, 2, 4, 4), choose(all(8), tcp_bytes, is_tcp)};
}

NTA_INLINE V is_plain(Fields const& f, Numbers const& n) {
  auto const masked_is = [](V v, std::uint32_t mask, std::uint32_t value) {
    return _mm256_cmpeq_epi32(_mm256_and_si256(v, all(mask)), all(value));
  };
  V const ipv4 = _mm256_and_si256(masked_is(f.source_mac_4, 0xFFFF0000, 0x00080000),
                                  masked_is(f.version_tos_len, 0xFF, 0x45));
  V const whole = masked_is(f.id_fragment, 0xFF3F0000, 0);
  V const tcp = _mm256_and_si256(n.is_tcp, _mm256_cmpgt_epi32(n.l4_hdr, all(19)));
  V const udp = _mm256_andnot_si256(is_tunnel_port(f.ports),
                                    masked_is(f.ttl_protocol, 0xFF00, PlainFrame::kUdp << 8));
  V const fits =
      _mm256_cmpgt_epi32(n.ip_len, _mm256_add_epi32(n.l4_hdr, all(PlainFrame::kIpHeaderBytes - 1)));
  return _mm256_and_si256(_mm256_and_si256(ipv4, whole),
                          _mm256_and_si256(fits, _mm256_or_si256(tcp, udp)));
}

/// The words of the keys, and whether the source is endpoint b.
struct Keys {
  Four front, back;
  V swap;
};
NTA_INLINE Keys keys_of(Fields const& f, std::uint32_t link) {
  V const source = bytes(f.source, 3, 2, 1, 0), target = bytes(f.target, 3, 2, 1, 0);
  V const ports = bytes(f.ports, 1, 0, 3, 2);  // the source's in the lower half
  V const same = _mm256_cmpeq_epi32(source, target);
  V const not_less = _mm256_cmpeq_epi32(_mm256_max_epu32(source, target), source);
  V const larger_port =
      _mm256_cmpgt_epi32(_mm256_and_si256(ports, all(0xFFFF)), _mm256_srli_epi32(ports, 16));
  V const swap = choose(not_less, larger_port, same);
  V const mac_ends =
      _mm256_blend_epi16(f.source_mac_4, _mm256_slli_epi32(f.target_mac_4, 16), 0xAA);
  V const tail = _mm256_or_si256(bytes(f.ttl_protocol, 1, 4, 4, 4), all(link << 8));
  return {{{choose(source, target, swap), choose(target, source, swap),
            choose(ports, bytes(ports, 2, 3, 0, 1), swap),
            choose(mac_ends, bytes(mac_ends, 2, 3, 0, 1), swap)}},
          {{choose(f.source_mac_0, f.target_mac_0, swap),
            choose(f.target_mac_0, f.source_mac_0, swap), tail, _mm256_setzero_si256()}},
          swap};
}

/// The keys by runs: written in any case, counted if they are others than before.
NTA_INLINE void stage_keys(RowBlock& b, Keys const& keys, std::size_t row, std::size_t n_runs) {
  auto const& f = keys.front.v;
  auto const& k = keys.back.v;
  Four const front = transposed(f[0], f[1], f[2], f[3]), back = transposed(k[0], k[1], k[2], k[3]);
  V key[kFrames];
  for (int i = 0; i < 4; ++i) {
    key[i] = _mm256_permute2x128_si256(front.v[i], back.v[i], 0x20);
    key[i + 4] = _mm256_permute2x128_si256(front.v[i], back.v[i], 0x31);
  }
  PlainKey* const to = b.run_key.data();
  std::uint8_t* const run = b.run.data() + row;
  V before = load(to + n_runs);
  for (std::size_t i = 0; i < kFrames; ++i) {
    constexpr unsigned kWords = 0x7F;  // all but the padding
    unsigned const equal_words = mask_of(_mm256_cmpeq_epi32(key[i], before)) & kWords;
    n_runs += equal_words == kWords ? 0 : 1;
    store(to + n_runs, key[i]);
    run[i] = static_cast<std::uint8_t>(n_runs - 1);
    before = key[i];
  }
}

NTA_INLINE void stage_fields(RowBlock& b, Fields const& f, Numbers const& n, std::size_t i) {
  auto const swapped = [&](V v) { return _mm256_and_si256(bytes(v, 3, 2, 1, 0), n.is_tcp); };
  store(&b.ip_len[i], n.ip_len);
  store(&b.seq[i], swapped(f.seq));
  store(&b.ack[i], swapped(f.ack));
  V const tcp_bytes = _mm256_and_si256(f.offset_flags_window, n.is_tcp);
  V const l4_and_flags = _mm256_or_si256(n.l4_hdr, _mm256_and_si256(tcp_bytes, all(0xFF00)));
  V const upper = choose(_mm256_slli_epi32(f.ttl_protocol, 16),
                         _mm256_slli_epi32(f.version_tos_len, 16), all(0xFF000000));
  V const four = _mm256_blend_epi16(l4_and_flags, upper, 0xAA);
  // Bytes of a kind together, first in the halves, then in all.
  V const by_kind =
      _mm256_shuffle_epi8(four, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                    0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)));
  V const columns = _mm256_permutevar8x32_epi32(by_kind, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  auto const store_eight = [](std::uint8_t* low, std::uint8_t* high, __m128i v) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(low), v);
    _mm_storeh_pi(reinterpret_cast<__m64*>(high), _mm_castsi128_ps(v));
  };
  store_eight(&b.l4_hdr[i], &b.tcp_flags[i], _mm256_castsi256_si128(columns));
  store_eight(&b.ttl[i], &b.tos[i], _mm256_extracti128_si256(columns, 1));
  constexpr std::uint64_t kIpWords = PlainFrame::kIpHeaderBytes / 4 * 0x0101010101010101ULL;
  store_eight(&b.ip_hdr[i], &b.status[i], _mm_set_epi64x(0, static_cast<std::int64_t>(kIpWords)));
}

struct Bits {
  V window_and_bits;
  unsigned truncated, beyond;  // a bit each
};
NTA_INLINE Bits bits_of(Fields const& f, Numbers const& n, Record const& r, V swap) {
  V const end = _mm256_add_epi32(n.ip_len, all(PlainFrame::kIp));
  auto const is_within = [&](V length) {
    return _mm256_cmpeq_epi32(_mm256_max_epu32(length, end), length);
  };
  V const captured = is_within(r.cap_len), within = is_within(r.wire_len);
  V const bits = _mm256_or_si256(
      _mm256_or_si256(_mm256_and_si256(swap, all(kRowSide)),
                      _mm256_andnot_si256(captured, all(kRowTruncated))),
      _mm256_or_si256(all(kRowPrimary), _mm256_andnot_si256(within, all(kRowLengthBeyondFrame))));
  V const window = _mm256_and_si256(bytes(f.offset_flags_window, 3, 2, 4, 4), n.is_tcp);
  return {_mm256_or_si256(window, _mm256_slli_epi32(bits, 16)), ~mask_of(captured),
          ~mask_of(within)};
}

/// Frames whose time is before the one of the frame in front, a bit each.
NTA_INLINE unsigned regressions(Record const& r, std::int64_t before_ns) {
  auto const mask = [](V now, V before) {
    return static_cast<unsigned>(
        _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(before, now))));
  };
  auto const behind = [](V v, V first) {
    return _mm256_blend_epi32(_mm256_permute4x64_epi64(v, 0b10'01'00'11), first, 3);
  };
  V const last = _mm256_permute4x64_epi64(r.time_ns[0], 0b11'11'11'11);
  return mask(r.time_ns[0], behind(r.time_ns[0], _mm256_set1_epi64x(before_ns))) |
         mask(r.time_ns[1], behind(r.time_ns[1], last)) << 4;
}

/// Of these eight, how many from the first on are plain; the rows of all are written.
std::size_t stage_eight(RowBlock& b, Frame const* frames, PlainRun& run) {
  static constexpr std::uint8_t kNoFrame[PlainFrame::kTcpEnd] = {};
  Record const record = record_of(frames, run.time_base_s);
  Data data;
  for (std::size_t k = 0; k < kFrames; ++k) data[k] = frames[k].data;
  V const too_short = _mm256_cmpgt_epi32(all(PlainFrame::kTcpEnd), record.cap_len);
  for (unsigned left = mask_of(too_short); left != 0; left &= left - 1) {
    data[std::countr_zero(left)] = kNoFrame;
  }
  Fields const fields = fields_of(data);
  Numbers const numbers = numbers_of(fields);
  unsigned const plain = mask_of(_mm256_and_si256(is_plain(fields, numbers), record.near));
  auto const n = static_cast<std::size_t>(std::countr_one(plain));
  if (n == 0) return 0;

  std::size_t const i = run.row;
  unsigned const counted = (1U << n) - 1;
  run.n_regressions +=
      static_cast<unsigned>(std::popcount(regressions(record, run.before_ns) & counted));
  Keys const keys = keys_of(fields, run.link);
  stage_keys(b, keys, i, run.n_runs);
  run.n_runs = b.run[i + n - 1] + std::size_t{1};
  stage_fields(b, fields, numbers, i);
  Bits const bits = bits_of(fields, numbers, record, keys.swap);
  run.n_truncated += static_cast<unsigned>(std::popcount(bits.truncated & counted));
  run.n_beyond += static_cast<unsigned>(std::popcount(bits.beyond & counted));
  V const words = in_order(_mm256_shuffle_epi8(
      bits.window_and_bits, _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2,
                                                                      3, 6, 7, 10, 11, 14, 15))));
  store_half(&b.window[i], words);
  store_half(&b.bits[i], _mm256_permute2x128_si256(words, words, 1));
  store_half(&b.icmp[i], _mm256_setzero_si256());
  store(&b.index[i], _mm256_add_epi32(all(run.index), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
  store(&b.wire_len[i], record.wire_len);
  store(&b.cap_len[i], record.cap_len);
  store(&b.time_ns[i], record.time_ns[0]);
  store(&b.time_ns[i + 4], record.time_ns[1]);
  run.before_ns = b.time_ns[i + n - 1];
  run.row += n;
  run.index += static_cast<std::uint32_t>(n);
  return n;
}

}  // namespace

std::size_t stage_plain_avx2(RowBlock& block, std::span<Frame const> frames, PlainRun& run) {
  std::size_t n = 0;
  for (; n + kFrames <= frames.size(); n += kFrames) {
    std::size_t const n_plain = stage_eight(block, frames.data() + n, run);
    if (n_plain < kFrames) return n + n_plain;
  }
  if (n == frames.size()) return n;
  // Copied, as only these may be read. Where there is no frame any more, one that is not plain.
  static constexpr Frame kNone;
  alignas(V) unsigned char rest[kFrames * sizeof(Frame)];
  for (std::size_t k = 0; k < kFrames; ++k) {
    void const* const from = n + k < frames.size() ? &frames[n + k] : &kNone;
    std::memcpy(rest + k * sizeof(Frame), from, sizeof(Frame));
  }
  return n + stage_eight(block, reinterpret_cast<Frame const*>(rest), run);
}

}  // namespace nta
#endif
