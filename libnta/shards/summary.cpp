#include "libnta/shards/summary.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_columns.hpp"
#include "libnta/shards/manifest.hpp"
#include "libnta/shards/series_h5.hpp"
#include "libnta/shards/shard_reader.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace nta {
namespace {

using nlohmann::json;

double ratio(std::uint64_t raw, std::uint64_t stored) {
  return stored == 0 ? 0.0 : static_cast<double>(raw) / static_cast<double>(stored);
}

/// Sizes by column, in the order in which columns were named.
class Sizes {
 public:
  void add(std::string const& name, DType type, std::string_view unit, std::uint64_t rows,
           std::uint64_t stored) {
    auto const [place, added] = places_.try_emplace(name, columns_.size());
    if (added) {
      columns_.push_back({name, type, std::string(unit), 0, 0});
    }
    columns_[place->second].raw += rows * size_of(type);
    columns_[place->second].stored += stored;
  }

  void put(json& out) const {
    std::uint64_t raw = 0;
    std::uint64_t stored = 0;
    json columns = json::array();
    for (auto const& column : columns_) {
      raw += column.raw;
      stored += column.stored;
      columns.push_back({{"name", column.name},
                         {"type", name_of(column.type)},
                         {"unit", column.unit},
                         {"raw_bytes", column.raw},
                         {"stored_bytes", column.stored},
                         {"ratio", ratio(column.raw, column.stored)}});
    }
    out["columns"] = columns;
    out["raw_bytes"] = raw;
    out["stored_bytes"] = stored;
    out["ratio"] = ratio(raw, stored);
  }

 private:
  struct Column {
    std::string name;
    DType type;
    std::string unit;
    std::uint64_t raw;
    std::uint64_t stored;
  };
  std::map<std::string, std::size_t> places_;
  std::vector<Column> columns_;
};

void add_shard(Sizes& sizes, ColumnFileReader const& file) {
  visit_row_columns([&](ColumnInfo const& info, auto member) {
    using T =
        typename std::remove_cvref_t<decltype(std::declval<PacketTable&>().*member)>::value_type;
    auto const name = "rows/" + std::string(info.name);
    sizes.add(name, dtype_of<T>(), info.unit, file.rows(name, dtype_of<T>()),
              file.stored_bytes(name));
  });
  visit_key_columns([&](ColumnInfo const& info, auto member) {
    using T = std::remove_cvref_t<decltype(std::declval<PacketKey&>().*member)>;
    auto const name = "keys/" + std::string(info.name);
    sizes.add(name, dtype_of<T>(), info.unit, file.rows(name, dtype_of<T>()),
              file.stored_bytes(name));
  });
}

json summarize_shards(std::filesystem::path const& path) {
  auto const folder = ShardFolder::open(path);
  auto const& manifest = folder.manifest();
  Sizes sizes;
  json out = json::parse(manifest_text(manifest));
  std::uint64_t file_bytes = 0;
  std::uint64_t keys = 0;
  for (auto const& info : manifest.shards) {
    ColumnFileReader const file(path / info.file, kShardFormat);
    add_shard(sizes, file);
    file_bytes += info.bytes;
    keys += info.keys;
  }
  out["content"] = "shards";
  out["path"] = path.string();
  out["rows"] = manifest.rows();
  out["keys"] = keys;
  out["file_bytes"] = file_bytes;
  sizes.put(out);
  return out;
}

DType type_of(json const& entry) {
  auto const type = entry.at("type").get<std::string>();
  if (type == "i64") {
    return DType::i64;
  }
  return type == "f64" ? DType::f64 : (type == "ip" ? DType::ip : DType::u32);
}

json summarize_series(ColumnFileReader const& file) {
  Sizes sizes;
  json const columns = json::parse(file.text("columns"));
  for (auto const& key : json::parse(file.text("keys"))) {
    auto const name = "keys/" + key.at("name").get<std::string>();
    sizes.add(name, type_of(key), "", file.rows(name, type_of(key)), file.stored_bytes(name));
  }
  for (auto const& column : columns) {
    auto const name = "columns/" + column.at("name").get<std::string>();
    sizes.add(name, type_of(column), column.at("unit").get<std::string>(),
              file.rows(name, type_of(column)), file.stored_bytes(name));
  }
  json out{{"content", "series"},
           {"path", file.path().string()},
           {"rows", static_cast<std::uint64_t>(file.integer("rows"))},
           {"file_bytes", file.file_bytes()},
           {"sha256", file.sha256()},
           {"tool_version", file.text("tool_version")},
           {"kind", file.text("kind")},
           {"parameters", json::parse(file.text("parameters"))},
           {"profile_sha256", file.text("profile_sha256")},
           {"set_sha256", file.text("set_sha256")},
           {"captures", json::parse(file.text("captures"))}};
  sizes.put(out);
  return out;
}

json summarize_features(std::filesystem::path const& path) {
  ColumnFileReader const file(path, "");
  if (file.text("format") == kSeriesFormat) {
    return summarize_series(file);
  }
  NTA_EXPECTS(file.text("format") == kFeatureFormat, ErrorKind::data,
              "{}: format is {}, expected {} or {}", path.string(), file.text("format"),
              kFeatureFormat, kSeriesFormat);
  auto const rows = static_cast<std::uint64_t>(file.integer("rows"));
  Sizes sizes;
  json const features = json::parse(file.text("features"));
  for (auto const& feature : features) {
    auto const name = "features/" + feature.at("name").get<std::string>();
    auto const type = feature.at("type").get<std::string>() == "i64" ? DType::i64 : DType::f64;
    sizes.add(name, type, feature.at("unit").get<std::string>(), file.rows(name, type),
              file.stored_bytes(name));
  }
  json const sequence = json::parse(file.text("sequence"));
  FeatureTable shape;
  shape.sequence.n = sequence.at("n").get<int>();
  visit_columns(shape, [&](std::string const& name, auto& column, std::size_t) {
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    if (file.has(name)) {
      sizes.add(name, dtype_of<T>(), "", file.rows(name, dtype_of<T>()), file.stored_bytes(name));
    }
  });
  if (file.has("labels")) {
    sizes.add("labels/code", DType::u32, "", rows, file.stored_bytes("labels/code"));
  }
  json out{{"content", "features"},
           {"path", path.string()},
           {"rows", rows},
           {"file_bytes", file.file_bytes()},
           {"sha256", file.sha256()},
           {"tool_version", file.text("tool_version")},
           {"profile", json::parse(file.text("profile"), nullptr, false)},
           {"profile_sha256", file.text("profile_sha256")},
           {"set_name", file.text("set_name")},
           {"set_sha256", file.text("set_sha256")},
           {"captures", json::parse(file.text("captures"))},
           {"sequence", sequence},
           {"label_names", json::parse(file.text("label_names"))}};
  sizes.put(out);
  return out;
}

}  // namespace

json summarize(std::filesystem::path const& path) {
  try {
    return std::filesystem::is_directory(path) ? summarize_shards(path) : summarize_features(path);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", path.string(), error.what());
  }
}

}  // namespace nta
