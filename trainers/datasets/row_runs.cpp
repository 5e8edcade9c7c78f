#include "trainers/datasets/row_runs.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/table_columns.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace nta {
namespace {

constexpr std::size_t kOutRows = 4096;

class TableSource : public RowSource {
 public:
  explicit TableSource(std::unique_ptr<FeatureTable> table) : table_(std::move(table)) {}
  FeatureTable* next() override {
    if (std::exchange(given_, true)) {
      table_.reset();  // its memory is somebody else's from now on
    }
    return table_.get();
  }

 private:
  std::unique_ptr<FeatureTable> table_;
  bool given_ = false;
};

class SpillSource : public RowSource {
 public:
  SpillSource(SpillFile const& file, RowRun const& run, FeatureTable const& model)
      : file_(file), at_(run.at), left_(run.rows), model_(model), row_bytes_(row_bytes(model)) {}
  FeatureTable* next() override {
    if (left_ == 0) {
      return nullptr;
    }
    auto const n = std::min(left_, kRunBlockRows);
    if (block_.size() != n) {
      block_ = rows_like(model_, n);
    }
    packed_.resize(n * row_bytes_);
    file_.read(at_, packed_);
    unpack_rows(block_, packed_.data());
    at_ += packed_.size();
    left_ -= n;
    return &block_;
  }

 private:
  SpillFile const& file_;
  std::uint64_t at_;
  std::size_t left_;
  FeatureTable const& model_;
  std::size_t row_bytes_;
  FeatureTable block_;
  std::vector<std::byte> packed_;
};

/// Where a source stands.
struct Cursor {
  RowSource* source = nullptr;
  FeatureTable* block = nullptr;
  std::vector<ValueColumn> columns;
  std::size_t row = 0;

  bool load() {
    block = source->next();
    row = 0;
    if (block != nullptr) {
      columns = value_columns(*block);
    }
    return block != nullptr;
  }
  bool at_end() const { return row == block->size(); }
  FlowPlace order() const { return order_of(block->identity, row); }
};

/// Packs what it is given behind each other into the spill file.
class SpillSink : public FeatureSink {
 public:
  explicit SpillSink(SpillFile& file) : file_(file) {}
  /// Blocks of the file are whole but for the last: rows wait here until one is full.
  void add(FeatureTable const& rows) override {
    if (rows.size() == 0) {
      return;
    }
    auto table = rows;
    auto const columns = value_columns(table);
    if (pending_.size() == 0) {
      pending_ = rows_like(table, kRunBlockRows);
      packed_.resize(kRunBlockRows * row_bytes(table));
    }
    for (std::size_t row = 0; row < table.size(); ++row) {
      places_.push_back({columns.data(), row});
      if (n_ + places_.size() == kRunBlockRows) {
        flush();
      }
    }
    keep();
  }
  void finish() override {
    if (n_ > 0) {
      pack_rows(pending_, 0, n_, packed_.data());
      append(n_);
    }
  }
  RowRun run() const { return {nullptr, at_, rows_}; }

 private:
  /// Moves the places' rows behind the n_ that wait.
  void keep() {
    if (places_.empty()) {
      return;
    }
    auto part = rows_like(pending_, places_.size());
    gather_rows(part, places_);
    auto const from = value_columns(part);
    auto const to = value_columns(pending_);
    for (std::size_t c = 0; c < to.size(); ++c) {
      std::copy_n(from[c].data, from[c].bytes * places_.size(), to[c].data + n_ * to[c].bytes);
    }
    n_ += places_.size();
    places_.clear();
  }
  void flush() {
    keep();
    pack_rows(pending_, 0, n_, packed_.data());
    append(n_);
    n_ = 0;
  }
  void append(std::size_t n) {
    auto const at = file_.append(std::span(packed_).first(packed_.size() / kRunBlockRows * n));
    at_ = rows_ == 0 ? at : at_;
    rows_ += n;
  }

  SpillFile& file_;
  FeatureTable pending_;
  std::size_t n_ = 0;
  std::vector<TableRow> places_;
  std::vector<std::byte> packed_;
  std::uint64_t at_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace

std::uint64_t merge_rows(std::vector<std::unique_ptr<RowSource>> sources, FeatureTable const& model,
                         FeatureSink& out) {
  std::vector<Cursor> cursors;
  for (auto const& source : sources) {
    Cursor cursor{source.get(), nullptr, {}, 0};
    if (cursor.load()) {
      cursors.push_back(std::move(cursor));
    }
  }
  auto const later = [&](std::size_t x, std::size_t y) {
    return cursors[y].order() < cursors[x].order();
  };
  std::vector<std::size_t> heap(cursors.size());
  for (std::size_t i = 0; i < heap.size(); ++i) {
    heap[i] = i;
  }
  std::make_heap(heap.begin(), heap.end(), later);
  std::uint64_t rows = 0;
  FeatureTable block;
  std::vector<TableRow> places;
  auto const flush = [&] {
    if (places.empty() && rows > 0) {
      return;
    }
    if (block.size() != places.size() || rows == 0) {
      block = rows_like(model, places.size());
    }
    gather_rows(block, places);
    out.add(block);
    rows += places.size();
    places.clear();
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    auto& cursor = cursors[heap.back()];
    places.push_back({cursor.columns.data(), cursor.row++});
    bool const spent = cursor.at_end();
    if (spent || places.size() == kOutRows) {
      flush();  // places name rows of blocks that load() overwrites
    }
    if (spent && !cursor.load()) {
      heap.pop_back();
      continue;
    }
    std::push_heap(heap.begin(), heap.end(), later);
  }
  flush();
  return rows;
}

RowRuns::RowRuns(std::filesystem::path folder, std::size_t memory_bytes)
    : memory_bytes_(memory_bytes), spill_(std::move(folder)) {}

void RowRuns::settle(FeatureTable& table) {
  if (settled_ && (model_.size() > 0 || table.size() == 0)) {
    return;
  }
  settled_ = true;
  model_ = rows_like(table, std::min<std::size_t>(table.size(), 1));
}

RowRun RowRuns::hold(FeatureTable&& table) {
  RowRun run;
  run.rows = table.size();
  auto const bytes = row_bytes(table) * table.size();
  bool fits = false;
  {
    std::lock_guard const lock(mutex_);
    settle(table);
    fits = held_bytes_ + bytes <= memory_bytes_;
    held_bytes_ += fits ? bytes : 0;
  }
  if (fits) {
    run.table = std::make_unique<FeatureTable>(std::move(table));
    return run;
  }
  std::vector<std::byte> packed;
  packed.reserve(bytes);
  for (std::size_t first = 0; first < table.size(); first += kRunBlockRows) {
    auto const n = std::min(kRunBlockRows, table.size() - first);
    auto const before = packed.size();
    packed.resize(before + n * row_bytes(table));
    pack_rows(table, first, n, packed.data() + before);
  }
  run.at = spill_.append(packed);
  return run;
}

void RowRuns::commit(std::vector<RowRun>&& runs) {
  std::lock_guard const lock(mutex_);
  for (auto& run : runs) {
    if (run.rows > 0) {
      runs_.push_back(std::move(run));
    }
  }
}

void RowRuns::drop(std::vector<RowRun>&& runs) {
  std::lock_guard const lock(mutex_);
  for (auto const& run : runs) {
    held_bytes_ -= run.table ? row_bytes(*run.table) * run.rows : 0;
  }
}

std::unique_ptr<RowSource> RowRuns::source_of(RowRun&& run) {
  if (run.table) {
    return std::make_unique<TableSource>(std::move(run.table));
  }
  return std::make_unique<SpillSource>(spill_, run, model_);
}

RowRun RowRuns::merge_to_spill(std::vector<RowRun>&& runs) {
  std::vector<std::unique_ptr<RowSource>> sources;
  for (auto& run : runs) {
    sources.push_back(source_of(std::move(run)));
  }
  SpillSink sink(spill_);
  merge_rows(std::move(sources), model_, sink);
  sink.finish();
  return sink.run();
}

std::uint64_t RowRuns::merge(FeatureProvenance const& provenance, FeatureSink& sink) {
  NTA_EXPECTS(settled_, ErrorKind::failed, "no table came, so nothing tells what the columns are");
  if (runs_.size() == 1 && runs_.front().table) {  // nothing to merge, nothing to copy
    auto table = std::move(*runs_.front().table);
    runs_.clear();
    table.provenance = provenance;
    sink.add(table);
    return table.size();
  }
  // A spilled run needs a block, packed and unpacked, at a time.
  auto const block_bytes = 2 * kRunBlockRows * std::max<std::size_t>(row_bytes(model_), 1);
  auto const most = std::max<std::size_t>(memory_bytes_ / block_bytes, 8);
  auto const spilled = [](RowRun const& run) { return !run.table; };
  std::stable_partition(runs_.begin(), runs_.end(), spilled);
  auto n_spilled = static_cast<std::size_t>(std::count_if(runs_.begin(), runs_.end(), spilled));
  while (n_spilled > most) {
    auto const end = runs_.begin() + static_cast<std::ptrdiff_t>(most);
    std::vector<RowRun> part(std::make_move_iterator(runs_.begin()), std::make_move_iterator(end));
    runs_.erase(runs_.begin(), end);
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(n_spilled - most),
                 merge_to_spill(std::move(part)));
    n_spilled -= most - 1;
  }
  model_.provenance = provenance;
  std::vector<std::unique_ptr<RowSource>> sources;
  for (auto& run : runs_) {
    sources.push_back(source_of(std::move(run)));
  }
  runs_.clear();
  return merge_rows(std::move(sources), model_, sink);
}

}  // namespace nta
