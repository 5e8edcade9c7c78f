// One feature file -> FeatureTable, whole or in blocks of rows.
#include "libnta/core/error.hpp"
#include "libnta/flows/sequence.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/large_memory.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <set>

namespace nta {
namespace {

using nlohmann::json;

std::vector<FeatureColumn> read_features(json const& list) {
  std::vector<FeatureColumn> features;
  for (auto const& entry : list) {
    FeatureColumn column{
        entry.at("name").get<std::string>(), entry.at("unit").get<std::string>(), {}};
    if (entry.at("type").get<std::string>() != "i64") {
      column.values = std::vector<double>();
    }
    features.push_back(std::move(column));
  }
  return features;
}

SequenceColumns read_sequence(json const& about, std::string const& path) {
  SequenceColumns sequence;
  sequence.n = about.at("n").get<int>();
  sequence.packets = about.at("packets").get<std::string>();
  sequence.size_basis = about.at("size_basis").get<std::string>();
  NTA_EXPECTS(sequence.n >= 0 && sequence.n <= kMaxSequence, ErrorKind::data,
              "{}: sequences of {} packets", path, sequence.n);
  return sequence;
}

FeatureProvenance read_provenance(ColumnFileReader const& file) {
  FeatureProvenance out;
  out.profile_json = file.text("profile");
  out.profile_sha256 = file.text("profile_sha256");
  out.set_name = file.text("set_name");
  out.set_sha256 = file.text("set_sha256");
  out.captures = json::parse(file.text("captures")).get<std::vector<std::string>>();
  out.capture_sha256 = json::parse(file.text("capture_sha256")).get<std::vector<std::string>>();
  if (file.has(kLayerColumn)) {
    out.part = file.text("part");
  }
  NTA_EXPECTS(out.captures.size() == out.capture_sha256.size(), ErrorKind::data,
              "{}: {} captures, {} hashes of them", file.path().string(), out.captures.size(),
              out.capture_sha256.size());
  return out;
}

/// Numbers that later code takes for places in other columns.
void check_values(FeatureTable const& table, std::string const& path) {
  auto const& captures = table.provenance.captures;
  for (auto const capture : table.identity.capture) {
    NTA_EXPECTS(capture < captures.size(), ErrorKind::data,
                "{}: a flow is of capture {}, the file names {}", path, capture, captures.size());
  }
  for (auto const count : table.sequence.count) {
    NTA_EXPECTS(count <= table.sequence.n, ErrorKind::data, "{}: a sequence of {} packets among {}",
                path, count, table.sequence.n);
  }
}

}  // namespace

struct FeatureFileReader::Contents {
  Contents(std::filesystem::path const& path, int n_threads)
      : file(path, kFeatureFormat), threads(n_threads) {
    auto const rows_attribute = file.integer("rows");
    NTA_EXPECTS(rows_attribute >= 0, ErrorKind::data, "{}: {} rows", path.string(), rows_attribute);
    rows = static_cast<std::size_t>(rows_attribute);
    shape.features = read_features(json::parse(file.text("features")));
    shape.sequence = read_sequence(json::parse(file.text("sequence")), path.string());
    shape.provenance = read_provenance(file);
    label_names = json::parse(file.text("label_names")).get<std::vector<std::string>>();
    visit_columns(shape, [&](std::string const& name, auto& column, std::size_t per_flow) {
      using T = typename std::remove_cvref_t<decltype(column)>::value_type;
      if (file.has(name) || !name.starts_with("sequence/")) {
        check_rows(name, dtype_of<T>(), rows * per_flow);
        present.insert(name);
      }
    });
    has_labels = file.has("labels");
    if (has_labels) {
      check_rows("labels/code", DType::u32, rows);
    }
  }

  void check_rows(std::string const& name, DType type, std::size_t expected) const {
    auto const found = file.rows(name, type);
    NTA_EXPECTS(found == expected, ErrorKind::data, "{}: column {} has {} values instead of {}",
                file.path().string(), name, found, expected);
  }

  std::vector<std::string> labels_of(std::vector<std::uint32_t> const& codes) const {
    std::vector<std::string> labels;
    labels.reserve(codes.size());
    for (auto const code : codes) {
      NTA_EXPECTS(code < label_names.size(), ErrorKind::data, "{}: label {} of {}",
                  file.path().string(), code, label_names.size());
      labels.push_back(label_names[code]);
    }
    return labels;
  }

  ColumnFileReader file;
  int threads;
  std::size_t rows = 0;
  FeatureTable shape;
  std::set<std::string> present;
  std::vector<std::string> label_names;
  bool has_labels = false;
};

FeatureFileReader::FeatureFileReader(std::filesystem::path const& path, int threads) {
  try {
    contents_ = std::make_unique<Contents>(path, threads);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", path.string(), error.what());
  }
}

FeatureFileReader::~FeatureFileReader() = default;
FeatureFileReader::FeatureFileReader(FeatureFileReader&&) noexcept = default;

std::size_t FeatureFileReader::rows() const {
  return contents_->rows;
}

FeatureTable const& FeatureFileReader::shape() const {
  return contents_->shape;
}

FeatureTable FeatureFileReader::read(std::size_t first_row, std::size_t n) const {
  auto const& in = *contents_;
  NTA_EXPECTS(first_row <= in.rows && n <= in.rows - first_row, ErrorKind::failed,
              "{}: rows {} to {} of {}", in.file.path().string(), first_row, first_row + n,
              in.rows);
  FeatureTable out = in.shape;
  std::vector<ColumnRange> ranges;
  visit_columns(out, [&](std::string const& name, auto& column, std::size_t per_flow) {
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    if (!in.present.contains(name)) {
      return;
    }
    resize_for_overwrite(column, n * per_flow);
    ranges.push_back({name, dtype_of<T>(), Encoding::plain, first_row * per_flow,
                      std::as_writable_bytes(std::span(column))});
  });
  std::vector<std::uint32_t> codes(in.has_labels ? n : 0);
  if (in.has_labels) {
    ranges.push_back({"labels/code", DType::u32, Encoding::plain, first_row,
                      std::as_writable_bytes(std::span(codes))});
  }
  in.file.read(ranges, in.threads);
  out.labels = in.labels_of(codes);
  check_values(out, in.file.path().string());
  return out;
}

FeatureTable read_features_h5(std::filesystem::path const& path, int threads) {
  FeatureFileReader const reader(path, threads);
  return reader.read(0, reader.rows());
}

}  // namespace nta
