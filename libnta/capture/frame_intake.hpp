// Frames -> rows and accounting: decodes, gives fragments their ports, places the time, names the
// link, counts. Knows no files; ingest.hpp drives it.
#pragma once

#include "libnta/capture/fragments.hpp"
#include "libnta/capture/frame.hpp"
#include "libnta/capture/ingest.hpp"
#include "libnta/capture/table_builder.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace nta {

class FrameIntake {
 public:
  FrameIntake(IngestOptions const& options, PacketSink const& sink)
      : join_(options.join), builder_(options.rows_per_table, sink) {}

  /// A record of the file'th input, in capture order.
  void add(Frame const& frame, std::uint32_t file) { add({&frame, 1}, file); }
  /// Several that follow each other; their bytes are there until this returns.
  void add(std::span<Frame const> frames, std::uint32_t file);
  /// Records so far; the next one gets this number.
  std::uint64_t n_records() const { return n_records_; }
  /// What keys of the tables so far name.
  std::vector<CaptureLink> const& links() const { return links_; }
  /// Hands over the last table and puts links, accounting and regressions into the result.
  void finish(IngestResult& result);

 private:
  static constexpr int kMaxTimeBases = 16;

  std::uint32_t link_of(Frame const& frame, std::uint32_t file);
  bool place_time(Frame const& frame, std::int64_t& time_ns);
  /// Nearly always within some 100 years of the base, where ns cannot overflow.
  bool is_near_base(std::int64_t time_s, std::int64_t& apart_s) const noexcept {
    constexpr std::int64_t kNearS = 4'000'000'000;
    return !__builtin_sub_overflow(time_s, time_base_s_, &apart_s) && apart_s > -kNearS &&
           apart_s < kNearS;
  }
  void count_order(Frame const& frame);
  SkipReason decode_any(Frame const& frame, std::uint32_t link);
  /// As many plain frames as come first, all of one interface; 0 also where nothing is known about
  /// their link yet.
  std::size_t add_plain(std::span<Frame const> frames);
  /// Ditto, for the next call: after what it does not see.
  void note_predecessor();
  void add_any(Frame const& frame, std::uint32_t file);
  void add_skipped(TableBuilder::Record const& record, std::uint32_t link, unsigned time_bit);
  void add_layers(TableBuilder::Record const& record, std::uint32_t link, std::uint32_t file,
                  unsigned time_bit);
  void count_notes(unsigned bits);

  bool join_;
  TableBuilder builder_;
  FragmentTable fragments_;
  Decoded decoded_;

  /// File, interface, link type, snapshot length, resolution, name.
  using LinkIdentity = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t,
                                  std::string, std::string>;
  std::map<LinkIdentity, std::uint32_t> link_numbers_;
  std::vector<CaptureLink> links_;
  std::vector<Step> first_steps_;  // of each link
  Step ethernet_ = first_step(1);
  StagePlain stage_plain_ = best_plain_way();
  static constexpr std::uint32_t kNone = CaptureInterface::kNoLink - 1;
  std::uint32_t plain_link_ = kNone;  // the last one whose frames may be plain

  int n_time_bases_ = 0;
  std::int64_t time_base_s_ = 0;
  std::int64_t last_time_ns_ = 0;  // of the last row, for records whose own time is unusable
  bool has_predecessor_ = false;
  std::int64_t predecessor_s_ = 0;
  std::uint32_t predecessor_ns_ = 0;
  std::int64_t predecessor_apart_ns_ = INT64_MIN;  // the same from the base, for plain frames

  std::uint64_t n_records_ = 0;
  std::uint64_t n_regressions_ = 0;
  std::array<std::uint64_t, kSkipReasonCount> n_by_status_{};
  std::array<std::uint64_t, 16> n_by_bit_{};
  std::unordered_map<std::uint32_t, std::uint64_t> n_by_non_ip_value_;
};

}  // namespace nta
