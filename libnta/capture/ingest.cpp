#include "libnta/capture/ingest.hpp"

#include "libnta/capture/capture_file.hpp"
#include "libnta/capture/frame_intake.hpp"
#include "libnta/core/error.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <queue>
#include <span>
#include <tuple>

namespace nta {

namespace {

// A merge may hold many files open at once; a smaller buffer each keeps the memory bounded.
constexpr std::size_t kMergeBufferBytes = std::size_t{1} << 16;
constexpr std::size_t kMaxNamedBlocks = 256;
constexpr std::size_t kBlockFrames = 64;  // few enough to stay in the nearest cache

class Ingestion {
 public:
  Ingestion(IngestOptions const& options, LinkedSink const& sink)
      : by_time_(options.file_order == IngestOptions::FileOrder::time),
        sink_([this, &sink](PacketTable&& table) { sink(std::move(table), intake_.links()); }),
        intake_(options, sink_) {
    NTA_EXPECTS(options.rows_per_table > 0, ErrorKind::usage, "rows per table: 0; name at least 1");
    auto const paths = find_captures(options.paths);
    // One file in order of time is one file in its own order.
    by_time_ = by_time_ && paths.size() > 1;
    reading_ = {by_time_ ? kMergeBufferBytes : kReadBufferBytes, !by_time_ && options.threads > 1,
                options.hash};
    for (auto const& path : paths) {
      inputs_.emplace_back();
      result_.inputs.push_back({path, 0, 0, 0, {}, ""});
    }
  }

  IngestResult run() {
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) check(i);
    if (by_time_) {
      merge();
    } else {
      for (std::uint32_t i = 0; i < inputs_.size(); ++i) read_whole(i);
    }
    intake_.finish(result_);
    return std::move(result_);
  }

 private:
  struct Input {
    std::unique_ptr<CaptureFile> file;  // a frame points into it, so it must not move
    Frame head;                         // in a merge: read, not yet taken in
    bool has_head = false;
  };

  void open(std::uint32_t i) {
    inputs_[i].file =
        std::make_unique<CaptureFile>(CaptureFile::open(result_.inputs[i].path, reading_));
  }

  /// Fails before anything is handed over. Regular files are closed again, as there may be more
  /// of them than a process may hold open; what cannot be read twice stays open.
  void check(std::uint32_t i) {
    Input& input = inputs_[i];
    open(i);
    if (by_time_) read_head(i);
    std::error_code ignored;
    if (input.file != nullptr && inputs_.size() > 1 &&
        std::filesystem::is_regular_file(result_.inputs[i].path, ignored)) {
      input.file.reset();
    }
  }

  void read_head(std::uint32_t i) {
    Input& input = inputs_[i];
    input.has_head = input.file->next(input.head) == ReadStatus::frame;
    if (!input.has_head) close(i);
  }

  void take(std::uint32_t i, Frame const& frame) {
    CaptureInput& told = result_.inputs[i];
    if (told.packets == 0) told.first_index = intake_.n_records();
    ++told.packets;
    intake_.add(frame, i);
  }

  void read_whole(std::uint32_t i) {
    if (inputs_[i].file == nullptr) open(i);
    CaptureFile& file = *inputs_[i].file;
    CaptureInput& told = result_.inputs[i];
    told.first_index = intake_.n_records();
    std::array<Frame, kBlockFrames> frames;
    while (std::size_t const n = file.next_block(frames)) {
      told.packets += n;
      intake_.add(std::span(frames).first(n), i);
    }
    close(i);
  }

  /// Always the file whose next packet is the earliest; ties go to the earlier argument.
  void merge() {
    using Place = std::tuple<std::int64_t, std::uint32_t, std::uint32_t>;
    auto const place = [this](std::uint32_t i) {
      return Place{inputs_[i].head.time_s, inputs_[i].head.time_ns, i};
    };
    std::priority_queue<Place, std::vector<Place>, std::greater<>> queue;
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].has_head) queue.push(place(i));
    }
    while (!queue.empty()) {
      std::uint32_t const i = std::get<2>(queue.top());
      queue.pop();
      if (inputs_[i].file == nullptr) {
        open(i);
        read_head(i);
      }
      while (inputs_[i].has_head && (queue.empty() || place(i) < queue.top())) {
        take(i, inputs_[i].head);
        read_head(i);
      }
      if (inputs_[i].has_head) queue.push(place(i));
    }
  }

  void close(std::uint32_t i) {
    CaptureFile& file = *inputs_[i].file;
    CaptureInput& told = result_.inputs[i];
    told.bytes = file.stored_bytes();
    ReadFault const& fault = file.fault();
    if (fault.kind != FaultKind::none) {
      std::string const detail = fault.text.empty() ? "" : " (" + fault.text + ")";
      told.faults.push_back(
          {std::string(info(fault.kind).name), told.path, fault.offset, told.packets,
           fmt::format("{}: {} at byte {}{}; the {} packets before it are used", file.name(),
                       info(fault.kind).text, fault.offset, detail, told.packets)});
    }
    auto& blocks = result_.accounting.blocks;
    for (auto const& [type, n] : file.skipped_blocks()) {
      std::string const name = type == UINT32_MAX ? "other" : fmt::format("0x{:08x}", type);
      blocks[blocks.size() < kMaxNamedBlocks || blocks.contains(name) ? name : "other"] += n;
    }
    told.sha256 = file.stored_sha256();
    inputs_[i].file.reset();
  }

  bool by_time_;
  PacketSink sink_;
  FrameIntake intake_;
  Reading reading_;
  std::vector<Input> inputs_;
  IngestResult result_;
};

}  // namespace

IngestResult ingest(IngestOptions const& options, PacketSink const& sink) {
  return ingest_linked(options, [&sink](PacketTable&& table, std::span<CaptureLink const>) {
    sink(std::move(table));
  });
}

IngestResult ingest_linked(IngestOptions const& options, LinkedSink const& sink) {
  return Ingestion(options, sink).run();
}

}  // namespace nta
