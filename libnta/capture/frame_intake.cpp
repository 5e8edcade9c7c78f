#include "libnta/capture/frame_intake.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

namespace nta {

namespace {

constexpr std::uint32_t kUnknown = UINT32_MAX;  // interface and link type of an unknown interface
constexpr std::int64_t kMaxDistanceNs = std::int64_t{1} << 62;
constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr unsigned kNoNoteBits = kRowSide | kRowPrimary | 0xFU << kRowNextShift;

/// The names of the row bits, as notes of the accounting; the two fragment kinds share two bits.
constexpr std::array<std::string_view, 12> kNoteNames{"",
                                                      "fragment_first",
                                                      "fragment_later",
                                                      "no_total_length",
                                                      "truncated",
                                                      "l4_missing",
                                                      "l4_malformed",
                                                      "frag_unresolved",
                                                      "inner_failed",
                                                      "length_beyond_frame",
                                                      "no_timestamp",
                                                      ""};

std::string non_ip_name(std::uint32_t value) {
  constexpr std::string_view kKinds[] = {"0x{:04x}", "llc 0x{:02x}", "ppp 0x{:04x}", "family {}"};
  return fmt::format(fmt::runtime(kKinds[value >> 16]), value & 0xFFFF);
}

}  // namespace

std::size_t FrameIntake::add_plain(std::span<Frame const> frames) {
  // Not before a frame has shown that its link is Ethernet and set the time base.
  CaptureInterface const* const interface = frames[0].interface;
  if (interface == nullptr || interface->link != plain_link_) return 0;
  if (time_base_s_ > PlainRun::kMostBaseS || time_base_s_ < -PlainRun::kMostBaseS) return 0;
  PlainRun run{
      .link = plain_link_, .time_base_s = time_base_s_, .before_ns = predecessor_apart_ns_};
  std::size_t const n = builder_.append_plain(stage_plain_, frames, n_records_, run);
  if (n == 0) return 0;
  n_records_ += n;
  n_by_status_[0] += n;
  n_regressions_ += run.n_regressions;
  n_by_bit_[std::countr_zero(unsigned{kRowTruncated})] += run.n_truncated;
  n_by_bit_[std::countr_zero(unsigned{kRowLengthBeyondFrame})] += run.n_beyond;
  has_predecessor_ = true;
  predecessor_s_ = frames[n - 1].time_s;
  predecessor_ns_ = frames[n - 1].time_ns;
  last_time_ns_ = predecessor_apart_ns_ = run.before_ns;
  return n;
}

void FrameIntake::note_predecessor() {
  std::int64_t apart_s = 0;
  if (has_predecessor_ && is_near_base(predecessor_s_, apart_s)) {
    predecessor_apart_ns_ = apart_s * kNsPerS + predecessor_ns_;
  } else {  // before or behind all that is near
    bool const is_later = has_predecessor_ && predecessor_s_ > time_base_s_;
    predecessor_apart_ns_ = is_later ? INT64_MAX : INT64_MIN;
  }
}

void FrameIntake::add(std::span<Frame const> frames, std::uint32_t file) {
  while (!frames.empty()) {
    std::size_t n_alike = 1;
    while (n_alike < frames.size() && frames[n_alike].interface == frames[0].interface) ++n_alike;
    auto alike = frames.first(n_alike);
    frames = frames.subspan(n_alike);
    while (!alike.empty()) {
      std::size_t n = add_plain(alike);
      if (n == 0) {
        add_any(alike[0], file);
        n = 1;
      }
      alike = alike.subspan(n);
    }
  }
}

void FrameIntake::add_any(Frame const& frame, std::uint32_t file) {
  std::uint32_t const link = link_of(frame, file);
  SkipReason status = decode_any(frame, link);
  std::int64_t time_ns = last_time_ns_;
  if (!place_time(frame, time_ns) && status == SkipReason::none) {
    status = SkipReason::time_out_of_range;
  }
  last_time_ns_ = time_ns;
  count_order(frame);
  ++n_by_status_[static_cast<std::size_t>(status)];
  if (n_time_bases_ != 0 && first_steps_[link].run == ethernet_.run && link <= PlainKey::kMaxLink) {
    plain_link_ = link;
  }
  note_predecessor();

  TableBuilder::Record const record{n_records_++, time_ns, frame.wire_len, frame.cap_len, status};
  unsigned const time_bit = frame.no_timestamp ? unsigned{kRowNoTimestamp} : 0U;
  if (status == SkipReason::none) [[likely]] {
    add_layers(record, link, file, time_bit);
  } else {
    add_skipped(record, link, time_bit);
  }
}

SkipReason FrameIntake::decode_any(Frame const& frame, std::uint32_t link) {
  decode(first_steps_[link], frame.data, frame.cap_len, frame.wire_len, decoded_);
  SkipReason const reason = decoded_.reason;
  if (reason == SkipReason::non_ip) ++n_by_non_ip_value_[decoded_.non_ip_value];
  bool const unknown = frame.interface == nullptr && reason != SkipReason::empty_record;
  return unknown ? SkipReason::unknown_interface : reason;
}

void FrameIntake::add_skipped(TableBuilder::Record const& record, std::uint32_t link,
                              unsigned time_bit) {
  IpLayer row;
  row.key.link = link;
  row.bits = static_cast<std::uint16_t>(kRowPrimary | time_bit);
  builder_.begin(record, 1);
  builder_.append(record, row);
}

void FrameIntake::add_layers(TableBuilder::Record const& record, std::uint32_t link,
                             std::uint32_t file, unsigned time_bit) {
  builder_.begin(record, decoded_.n_layers);
  unsigned all_bits = 0;
  for (int i = 0; i < decoded_.n_layers; ++i) {
    IpLayer& layer = decoded_.layers[static_cast<std::size_t>(i)];
    layer.key.link = link;
    // The layer behind AH shows the same IP header, and with it the same fragment, once more.
    bool const is_ah =
        i > 0 && layer.key.path >> (4 * (i - 1)) == static_cast<unsigned>(TunnelKind::ah);
    if ((layer.bits & kRowFragmentMask) != 0 && !is_ah) [[unlikely]] {
      fragments_.resolve(layer, join_ ? 0 : file, record.time_ns);
    }
    canonical(layer);
    layer.bits = static_cast<std::uint16_t>(layer.bits | time_bit);
    all_bits |= layer.bits;
    builder_.append(record, layer);
  }
  if ((all_bits & ~kNoNoteBits) != 0) count_notes(all_bits & ~kNoNoteBits);
}

void FrameIntake::count_notes(unsigned bits) {
  for (; bits != 0; bits &= bits - 1) {
    ++n_by_bit_[static_cast<std::size_t>(std::countr_zero(bits))];
  }
}

bool FrameIntake::place_time(Frame const& frame, std::int64_t& time_ns) {
  if (!frame.time_valid) return false;
  std::int64_t apart_s = 0;
  if (n_time_bases_ != 0 && is_near_base(frame.time_s, apart_s)) [[likely]] {
    time_ns = apart_s * kNsPerS + frame.time_ns;
    return true;
  }
  if (n_time_bases_ == 0) {
    n_time_bases_ = 1;
    time_base_s_ = frame.time_s;
    builder_.set_time_base(time_base_s_);
  }
  std::int64_t distance_s = 0;
  std::int64_t distance_ns = 0;
  bool const overflow =
      __builtin_sub_overflow(frame.time_s, time_base_s_, &distance_s) ||
      __builtin_mul_overflow(distance_s, kNsPerS, &distance_ns) ||
      __builtin_add_overflow(distance_ns, std::int64_t{frame.time_ns}, &distance_ns);
  if (!overflow && distance_ns <= kMaxDistanceNs && distance_ns >= -kMaxDistanceNs) {
    time_ns = distance_ns;
    return true;
  }
  if (n_time_bases_ > kMaxTimeBases) return false;  // the first base and 16 new ones
  builder_.flush();
  fragments_.clear();
  ++n_time_bases_;
  time_base_s_ = frame.time_s;
  builder_.set_time_base(time_base_s_);
  time_ns = frame.time_ns;
  return true;
}

void FrameIntake::count_order(Frame const& frame) {
  if (!frame.time_valid || frame.no_timestamp) return;
  bool const is_earlier = frame.time_s < predecessor_s_ ||
                          (frame.time_s == predecessor_s_ && frame.time_ns < predecessor_ns_);
  if (has_predecessor_ && is_earlier) ++n_regressions_;
  has_predecessor_ = true;
  predecessor_s_ = frame.time_s;
  predecessor_ns_ = frame.time_ns;
}

std::uint32_t FrameIntake::link_of(Frame const& frame, std::uint32_t file) {
  if (frame.interface != nullptr && frame.interface->link != CaptureInterface::kNoLink) [[likely]] {
    return frame.interface->link;
  }
  CaptureLink link{file, kUnknown, kUnknown, 0, "", "not described in the file"};
  if (frame.interface != nullptr) {
    CaptureInterface const& own = *frame.interface;
    link = {file, own.number, own.link_type, own.snaplen, own.scale.text(), own.name};
  }
  // Joined files share the links that look alike; else a link is the same only within its file.
  LinkIdentity const identity{join_ ? 0 : file,
                              link.interface,
                              link.link_type,
                              join_ ? 0 : link.snaplen,
                              join_ ? "" : link.resolution,
                              join_ ? "" : link.name};
  auto const next = static_cast<std::uint32_t>(links_.size());
  auto const [place, is_new] = link_numbers_.emplace(identity, next);
  if (is_new) {
    first_steps_.push_back(first_step(link.link_type));
    links_.push_back(std::move(link));
  }
  if (frame.interface != nullptr) frame.interface->link = place->second;
  return place->second;
}

void FrameIntake::finish(IngestResult& result) {
  builder_.flush();
  result.links = std::move(links_);
  result.regressions = n_regressions_;
  Accounting& accounting = result.accounting;
  accounting.used = n_by_status_[0];
  std::uint64_t n_skipped = 0;
  for (auto const& row : kSkipReasons) {
    std::uint64_t const n = n_by_status_[static_cast<std::size_t>(row.reason)];
    if (row.reason == SkipReason::none || n == 0) continue;
    accounting.skipped.emplace(row.name, n);
    n_skipped += n;
  }
  for (std::size_t bit = 0; bit < kNoteNames.size(); ++bit) {
    if (n_by_bit_[bit] != 0) accounting.notes.emplace(kNoteNames[bit], n_by_bit_[bit]);
  }
  for (auto const& [value, n] : n_by_non_ip_value_) {
    accounting.ethertypes.emplace(non_ip_name(value), n);
  }
  for (auto const& input : result.inputs) accounting.read += input.packets;
  NTA_EXPECTS(accounting.read == accounting.used + n_skipped, ErrorKind::failed,
              "internal error: {} packets read, but {} used and {} skipped; please report this",
              accounting.read, accounting.used, n_skipped);
}

}  // namespace nta
