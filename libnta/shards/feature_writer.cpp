// Blocks of rows -> one feature file: groups of 65,536 flows, each group's chunks column by column.
#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/plane_chunk.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace nta {
namespace {

using nlohmann::json;

constexpr char kLabelColumn[] = "labels/code";

json describe(std::vector<FeatureColumn> const& features) {
  json out = json::array();
  for (auto const& feature : features) {
    bool const integer = std::holds_alternative<std::vector<std::int64_t>>(feature.values);
    out.push_back(
        {{"name", feature.name}, {"unit", feature.unit}, {"type", integer ? "i64" : "f64"}});
  }
  return out;
}

std::string dump(json const& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Are the blocks of one file? Not asked through texts: blocks are many and may be short.
bool same_shape(FeatureTable const& x, FeatureTable const& y) {
  auto const same_feature = [](FeatureColumn const& a, FeatureColumn const& b) {
    return a.name == b.name && a.unit == b.unit && a.values.index() == b.values.index();
  };
  auto const& p = x.provenance;
  auto const& q = y.provenance;
  auto const& s = x.sequence;
  auto const& t = y.sequence;
  return std::equal(x.features.begin(), x.features.end(), y.features.begin(), y.features.end(),
                    same_feature) &&
         s.n == t.n && s.packets == t.packets && s.size_basis == t.size_basis &&
         p.profile_sha256 == q.profile_sha256 && p.part == q.part && p.set_name == q.set_name &&
         p.set_sha256 == q.set_sha256 && p.captures == q.captures &&
         p.capture_sha256 == q.capture_sha256;
}

/// Columns of `table` that have values: fields of the sequences that were not asked for have none.
template <class Table, class Visitor>
void visit_present(Table& table, Visitor&& v) {
  visit_columns(table, [&](std::string const& name, auto& column, std::size_t per_flow) {
    if (!column.empty() || !name.starts_with("sequence/")) {
      v(name, column, per_flow);
    }
  });
}

/// Which columns that may be left out have values. Not by name: blocks are many.
std::vector<bool> present_in(FeatureTable const& table) {
  std::vector<bool> present{!table.labels.empty()};
  visit_sequence(table.sequence, [&](char const*, auto const& column, std::size_t) {
    present.push_back(!column.empty());
  });
  return present;
}

void check_lengths(FeatureTable const& table) {
  visit_present(table, [&](std::string const& name, auto const& column, std::size_t per_flow) {
    NTA_EXPECTS(column.size() == table.size() * per_flow, ErrorKind::failed,
                "column {} has {} values instead of {}", name, column.size(),
                table.size() * per_flow);
  });
  NTA_EXPECTS(table.labels.empty() || table.labels.size() == table.size(), ErrorKind::failed,
              "{} labels for {} flows", table.labels.size(), table.size());
}

/// The columns of `table`, without rows, and all that is not a row.
FeatureTable head_of(FeatureTable const& table) {
  FeatureTable head;
  for (auto const& feature : table.features) {
    std::visit(
        [&](auto const& values) {
          head.features.push_back(
              {feature.name, feature.unit, std::remove_cvref_t<decltype(values)>{}});
        },
        feature.values);
  }
  head.sequence.n = table.sequence.n;
  head.sequence.packets = table.sequence.packets;
  head.sequence.size_basis = table.sequence.size_basis;
  head.provenance = table.provenance;
  return head;
}

/// A column's values in the group of rows that is being filled.
class GroupColumn {
 public:
  GroupColumn(std::string name, DType type, std::shared_ptr<PlanePool> pool)
      : name_(std::move(name)), type_(type), pool_(std::move(pool)) {}

  std::string const& name() const { return name_; }
  DType type() const { return type_; }
  std::size_t values() const { return n_; }

  void add(std::span<std::byte const> values) {
    auto const element = size_of(type_);
    while (!values.empty()) {
      auto const chunk = n_ / kChunkRows;
      if (n_ % kChunkRows == 0) {
        if (chunk == chunks_.size()) {
          chunks_.emplace_back(pool_);
        }
        chunks_[chunk].start(element, kChunkRows);
      }
      auto const n = std::min(kChunkRows - n_ % kChunkRows, values.size() / element);
      chunks_[chunk].add(values.first(n * element));
      values = values.subspan(n * element);
      n_ += n;
    }
  }
  void add_chunks(std::size_t column, std::vector<ColumnFileWriter::Chunk>& out) {
    for (std::size_t i = 0; i * kChunkRows < n_; ++i) {
      out.push_back({column, {}, &chunks_[i]});
    }
  }
  void clear() { n_ = 0; }

 private:
  std::string name_;
  DType type_;
  std::shared_ptr<PlanePool> pool_;
  std::size_t n_ = 0;
  std::vector<PlaneChunk> chunks_;  // kChunkRows values each; their memory stays
};

}  // namespace

class H5FeatureSink::Writer {
 public:
  Writer(std::filesystem::path const& path, Codec codec, int threads)
      : file_(path, codec, threads) {}

  void add(FeatureTable const& block) {
    settle(block);
    check_lengths(block);
    for (std::size_t first = 0; first < block.size();) {
      auto const n = std::min(kChunkRows - group_rows_, block.size() - first);
      take(block, first, n);
      first += n;
      if (group_rows_ == kChunkRows) {
        write_group();
      }
    }
  }

  void finish() {
    NTA_EXPECTS(head_, ErrorKind::failed, "a feature file without a block of rows");
    if (group_rows_ > 0 || n_rows_ == 0) {
      take(*head_, 0, 0);  // the columns of a file without rows
      write_group();
    }
    set_attributes();
    file_.commit("features");
  }

 private:
  void settle(FeatureTable const& block) {
    if (!head_) {
      head_ = head_of(block);
    }
    NTA_EXPECTS(same_shape(block, *head_), ErrorKind::failed,
                "a block of rows differs from the first in columns, sequences, profile, set or "
                "captures");
    if (block.size() == 0) {
      return;
    }
    auto const present = present_in(block);
    if (!present_) {
      present_ = present;
    }
    NTA_EXPECTS(present == *present_, ErrorKind::failed,
                "labels or fields of sequences are in some blocks of rows and not in others");
  }

  /// Rows [first, first + n) behind those of the group.
  void take(FeatureTable const& block, std::size_t first, std::size_t n) {
    std::size_t place = 0;
    visit_present(block, [&](std::string const& name, auto const& column, std::size_t per_flow) {
      using T = typename std::remove_cvref_t<decltype(column)>::value_type;
      if (place == group_.size()) {
        group_.emplace_back(name, dtype_of<T>(), pool_);
      }
      group_[place++].add(std::as_bytes(std::span(column).subspan(first * per_flow, n * per_flow)));
    });
    if (!block.labels.empty()) {
      if (place == group_.size()) {
        group_.emplace_back(kLabelColumn, DType::u32, pool_);
      }
      auto const codes = number_labels(std::span(block.labels).subspan(first, n));
      group_[place].add(std::as_bytes(std::span(codes)));
    }
    group_rows_ += n;
  }

  void write_group() {
    if (columns_.empty()) {
      open_columns();
    }
    std::vector<ColumnFileWriter::Chunk> chunks;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      group_[i].add_chunks(columns_[i], chunks);
    }
    file_.write(chunks);
    for (auto& column : group_) {
      column.clear();
    }
    n_rows_ += group_rows_;
    group_rows_ = 0;
  }

  /// A file of one group has chunks of the column's own length, up to the usual one.
  void open_columns() {
    file_.make_group("identity");
    file_.make_group("features");
    if (head_->sequence.n > 0) {
      file_.make_group("sequence");
    }
    for (auto const& column : group_) {
      if (column.name() == kLabelColumn) {
        file_.make_group("labels");
      }
      auto const chunk_rows = std::clamp<std::size_t>(column.values(), 1, kChunkRows);
      columns_.push_back(
          file_.open_column({column.name(), column.type(), Encoding::plain, chunk_rows, 0}));
    }
  }

  /// Each flow's place among the class names, which are in order of first appearance.
  std::vector<std::uint32_t> number_labels(std::span<std::string const> labels) {
    std::vector<std::uint32_t> codes;
    codes.reserve(labels.size());
    for (auto const& label : labels) {
      auto const [place, added] =
          label_ids_.try_emplace(label, static_cast<std::uint32_t>(label_names_.size()));
      if (added) {
        label_names_.push_back(label);
      }
      codes.push_back(place->second);
    }
    return codes;
  }

  void set_attributes() {
    auto const& from = head_->provenance;
    file_.set_attribute("format", std::string(kFeatureFormat));
    file_.set_attribute("version", kFormatVersion);
    file_.set_attribute("tool_version", std::string(kToolVersion));
    file_.set_attribute("rows", static_cast<std::int64_t>(n_rows_));
    file_.set_attribute("features", dump(describe(head_->features)));
    file_.set_attribute("profile", from.profile_json);
    file_.set_attribute("profile_sha256", from.profile_sha256);
    file_.set_attribute("set_name", from.set_name);
    file_.set_attribute("set_sha256", from.set_sha256);
    if (!from.part.empty()) {
      file_.set_attribute("part", from.part);
    }
    file_.set_attribute("captures", dump(from.captures));
    file_.set_attribute("capture_sha256", dump(from.capture_sha256));
    file_.set_attribute("sequence", dump({{"n", head_->sequence.n},
                                          {"packets", head_->sequence.packets},
                                          {"size_basis", head_->sequence.size_basis}}));
    file_.set_attribute("label_names", dump(label_names_));
  }

  ColumnFileWriter file_;
  std::optional<FeatureTable> head_;          // of the first block
  std::optional<std::vector<bool>> present_;  // columns of the first block with rows
  std::shared_ptr<PlanePool> pool_ = std::make_shared<PlanePool>();
  std::vector<GroupColumn> group_;  // the rows that wait
  std::size_t group_rows_ = 0;
  std::vector<std::size_t> columns_;  // their numbers in the file
  std::map<std::string, std::uint32_t> label_ids_;
  std::vector<std::string> label_names_;
  std::size_t n_rows_ = 0;
};

H5FeatureSink::H5FeatureSink(std::filesystem::path const& path, Codec codec, int threads)
    : writer_(std::make_unique<Writer>(path, codec, threads)) {}

H5FeatureSink::~H5FeatureSink() = default;

void H5FeatureSink::add(FeatureTable const& rows) {
  NTA_EXPECTS(writer_, ErrorKind::failed, "rows for a feature file that is finished");
  writer_->add(rows);
}

void H5FeatureSink::finish() {
  NTA_EXPECTS(writer_, ErrorKind::failed, "a feature file is finished twice");
  writer_->finish();
  writer_.reset();
}

void write_features_h5(FeatureTable const& table, std::filesystem::path const& path, Codec codec,
                       int threads) {
  H5FeatureSink sink(path, codec, threads);
  sink.add(table);
  sink.finish();
}

}  // namespace nta
