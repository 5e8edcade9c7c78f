// Blocks of rows -> one feature file: groups of 65,536 flows, each group's chunks column by column.
#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/feature_h5.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace nta {
namespace {

using nlohmann::json;

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

/// All that must be equal in the blocks of one file, as text.
std::string shape_of(FeatureTable const& table) {
  auto const& from = table.provenance;
  return dump({{"features", describe(table.features)},
               {"sequence", {table.sequence.n, table.sequence.packets, table.sequence.size_basis}},
               {"profile", from.profile_sha256},
               {"part", from.part},
               {"set", {from.set_name, from.set_sha256}},
               {"captures", {from.captures, from.capture_sha256}}});
}

template <class T>
void append(std::vector<T>& to, std::vector<T> const& from, std::size_t first, std::size_t n) {
  auto const start = from.begin() + static_cast<std::ptrdiff_t>(first);
  to.insert(to.end(), start, start + static_cast<std::ptrdiff_t>(n));
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

std::vector<std::string> present_in(FeatureTable const& table) {
  std::vector<std::string> names;
  visit_present(table,
                [&](std::string const& name, auto const&, std::size_t) { names.push_back(name); });
  if (!table.labels.empty()) {
    names.emplace_back("labels/code");
  }
  return names;
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

/// Rows [first, first + n) of `from` behind those of `to`, which has no columns yet or the same:
/// only because of that may one table's columns be taken by the other's types.
void append_rows(FeatureTable& to, FeatureTable const& from, std::size_t first, std::size_t n) {
  if (to.features.empty()) {
    for (auto const& feature : from.features) {
      std::visit(
          [&](auto const& values) {
            to.features.push_back(
                {feature.name, feature.unit, std::remove_cvref_t<decltype(values)>{}});
          },
          feature.values);
    }
    to.sequence.n = from.sequence.n;
    to.provenance.part = from.provenance.part;  // says whether there is a column of layers
  }
  std::vector<void*> targets;
  visit_columns(to,
                [&](std::string const&, auto& column, std::size_t) { targets.push_back(&column); });
  std::size_t i = 0;
  visit_columns(from, [&](std::string const&, auto const& column, std::size_t per_flow) {
    using Column = std::remove_cvref_t<decltype(column)>;
    auto& target = *static_cast<Column*>(targets[i++]);
    if (!column.empty()) {
      append(target, column, first * per_flow, n * per_flow);
    }
  });
  if (!from.labels.empty()) {
    append(to.labels, from.labels, first, n);
  }
}

void clear_rows(FeatureTable& table) {
  visit_columns(table, [](std::string const&, auto& column, std::size_t) { column.clear(); });
  table.labels.clear();
}

}  // namespace

class H5FeatureSink::Writer {
 public:
  Writer(std::filesystem::path const& path, Codec codec, int threads)
      : file_(path, codec, threads) {}

  void add(FeatureTable const& block) {
    settle(block);
    check_lengths(block);
    std::size_t first = 0;
    while (first < block.size()) {
      if (pending_.size() == 0 && block.size() - first >= kChunkRows) {
        write_group(block, first, kChunkRows);  // the rows of a large block are not copied
        first += kChunkRows;
        continue;
      }
      auto const n = std::min(kChunkRows - pending_.size(), block.size() - first);
      append_rows(pending_, block, first, n);
      first += n;
      if (pending_.size() == kChunkRows) {
        write_group(pending_, 0, kChunkRows);
        clear_rows(pending_);
      }
    }
  }

  void finish() {
    NTA_EXPECTS(shape_, ErrorKind::failed, "a feature file without a block of rows");
    if (pending_.size() > 0 || n_rows_ == 0) {
      append_rows(pending_, head_, 0, 0);  // the columns of a file without rows
      write_group(pending_, 0, pending_.size());
    }
    set_attributes();
    file_.commit("features");
  }

 private:
  using Chunks = std::vector<ColumnFileWriter::Chunk>;

  void settle(FeatureTable const& block) {
    auto const shape = shape_of(block);
    if (!shape_) {
      shape_ = shape;
      append_rows(head_, block, 0, 0);
      head_.sequence.packets = block.sequence.packets;
      head_.sequence.size_basis = block.sequence.size_basis;
      head_.provenance = block.provenance;
    }
    NTA_EXPECTS(shape == *shape_, ErrorKind::failed,
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

  void write_group(FeatureTable const& from, std::size_t first, std::size_t n) {
    if (columns_.empty()) {
      open_columns(from, n);
    }
    Chunks chunks;
    std::size_t place = 0;
    visit_present(from, [&](std::string const&, auto const& column, std::size_t per_flow) {
      using T = typename std::remove_cvref_t<decltype(column)>::value_type;
      file_.add_chunks<T>(chunks, columns_[place++],
                          std::span(column).subspan(first * per_flow, n * per_flow));
    });
    std::vector<std::uint32_t> codes;
    if (!from.labels.empty()) {
      codes = number_labels(std::span(from.labels).subspan(first, n));
      file_.add_chunks<std::uint32_t>(chunks, columns_[place], codes);
    }
    file_.write(chunks);
    n_rows_ += n;
  }

  void open_columns(FeatureTable const& from, std::size_t group_rows) {
    file_.make_group("identity");
    file_.make_group("features");
    if (from.sequence.n > 0) {
      file_.make_group("sequence");
    }
    visit_present(from, [&](std::string const& name, auto const& column, std::size_t per_flow) {
      using T = typename std::remove_cvref_t<decltype(column)>::value_type;
      open<T>(name, group_rows * per_flow);
    });
    if (!from.labels.empty()) {
      file_.make_group("labels");
      open<std::uint32_t>("labels/code", group_rows);
    }
  }

  /// A file of one group has chunks of the column's own length, up to the usual one.
  template <class T>
  void open(std::string const& name, std::size_t group_values) {
    auto const chunk_rows = std::clamp<std::size_t>(group_values, 1, kChunkRows);
    columns_.push_back(file_.open_column({name, dtype_of<T>(), Encoding::plain, chunk_rows, 0}));
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
    auto const& from = head_.provenance;
    file_.set_attribute("format", std::string(kFeatureFormat));
    file_.set_attribute("version", kFormatVersion);
    file_.set_attribute("tool_version", std::string(kToolVersion));
    file_.set_attribute("rows", static_cast<std::int64_t>(n_rows_));
    file_.set_attribute("features", dump(describe(head_.features)));
    file_.set_attribute("profile", from.profile_json);
    file_.set_attribute("profile_sha256", from.profile_sha256);
    file_.set_attribute("set_name", from.set_name);
    file_.set_attribute("set_sha256", from.set_sha256);
    if (!from.part.empty()) {
      file_.set_attribute("part", from.part);
    }
    file_.set_attribute("captures", dump(from.captures));
    file_.set_attribute("capture_sha256", dump(from.capture_sha256));
    file_.set_attribute("sequence", dump({{"n", head_.sequence.n},
                                          {"packets", head_.sequence.packets},
                                          {"size_basis", head_.sequence.size_basis}}));
    file_.set_attribute("label_names", dump(label_names_));
  }

  ColumnFileWriter file_;
  std::optional<std::string> shape_;
  std::optional<std::vector<std::string>>
      present_;           // names of columns, of the first block with rows
  FeatureTable head_;     // no rows: columns, sequence shape and provenance of the first block
  FeatureTable pending_;  // fewer than kChunkRows rows
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
