#include "libnta/shards/series_h5.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>

namespace nta {
namespace {

using nlohmann::json;

std::string dump(json const& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Type of a key column in the attribute `keys`; "text" is stored as u32.
template <class Values>
std::string_view type_of() {
  if constexpr (std::is_same_v<Values, CodedText>) {
    return "text";
  } else {
    return name_of(dtype_of<typename Values::value_type>());
  }
}

template <class T>
void write_column(ColumnFileWriter& file, std::string const& name, std::vector<T> const& values,
                  std::size_t rows) {
  NTA_EXPECTS(values.size() == rows, ErrorKind::failed, "column {} has {} values instead of {}",
              name, values.size(), rows);
  std::size_t const chunk_rows = std::clamp<std::size_t>(rows, 1, kChunkRows);
  auto const id = file.open_column({name, dtype_of<T>(), Encoding::plain, chunk_rows, rows});
  std::vector<ColumnFileWriter::Chunk> chunks;
  file.add_chunks<T>(chunks, id, values);
  file.write(chunks);
}

void set_attributes(ColumnFileWriter& file, SeriesTable const& table) {
  json columns = json::array();
  for (auto const& column : table.columns) {
    bool const integer = std::holds_alternative<std::vector<std::int64_t>>(column.values);
    columns.push_back({{"name", column.name},
                       {"unit", column.unit},
                       {"type", integer ? "i64" : "f64"},
                       {"definition", column.text},
                       {"version", column.version}});
  }
  json keys = json::array();
  for (auto const& key : table.keys) {
    std::visit(
        [&](auto const& values) {
          using Values = std::remove_cvref_t<decltype(values)>;
          keys.push_back({{"name", key.name}, {"type", type_of<Values>()}});
          if constexpr (std::is_same_v<Values, CodedText>) {
            file.set_attribute(key.name + "_names", dump(values.names));
          }
        },
        key.values);
  }
  file.set_attribute("format", std::string(kSeriesFormat));
  file.set_attribute("version", kFormatVersion);
  file.set_attribute("tool_version", std::string(kToolVersion));
  file.set_attribute("kind", table.kind);
  file.set_attribute("rows", static_cast<std::int64_t>(table.size()));
  file.set_attribute("columns", dump(columns));
  file.set_attribute("keys", dump(keys));
  file.set_attribute("set_sha256", table.set_sha256);
  file.set_attribute("parameters", table.parameters);
  file.set_attribute("profile", table.provenance.profile_json);
  file.set_attribute("profile_sha256", table.provenance.profile_sha256);
  file.set_attribute("captures", dump(table.provenance.captures));
  file.set_attribute("capture_sha256", dump(table.provenance.capture_sha256));
}

/// A file may not decide which types there are, nor how many rows a column has.
template <class T>
std::vector<T> read_column(ColumnFileReader const& file, std::string const& name,
                           std::size_t rows) {
  auto values = file.column<T>(name);
  NTA_EXPECTS(values.size() == rows, ErrorKind::data, "{}: column {} has {} values instead of {}",
              file.path().string(), name, values.size(), rows);
  return values;
}

SeriesKeyColumn read_key(ColumnFileReader const& file, json const& entry, std::size_t rows) {
  SeriesKeyColumn key{entry.at("name").get<std::string>(), std::vector<std::uint32_t>()};
  auto const type = entry.at("type").get<std::string>();
  std::string const name = "keys/" + key.name;
  if (type == "i64") {
    key.values = read_column<std::int64_t>(file, name, rows);
  } else if (type == "u32") {
    key.values = read_column<std::uint32_t>(file, name, rows);
  } else if (type == "ip") {
    key.values = read_column<IpAddress>(file, name, rows);
  } else if (type == "text") {
    CodedText text;
    text.code = read_column<std::uint32_t>(file, name, rows);
    text.names =
        json::parse(file.text(key.name + "_names")).template get<std::vector<std::string>>();
    for (auto const code : text.code) {
      NTA_EXPECTS(code < text.names.size(), ErrorKind::data, "{}: {} {} of {}",
                  file.path().string(), name, code, text.names.size());
    }
    key.values = std::move(text);
  } else {
    fail(ErrorKind::data, "{}: key column {} of unknown type {}", file.path().string(), name, type);
  }
  return key;
}

SeriesColumn read_values(ColumnFileReader const& file, json const& entry, std::size_t rows) {
  SeriesColumn column;
  column.name = entry.at("name").get<std::string>();
  column.unit = entry.at("unit").get<std::string>();
  column.text = entry.at("definition").get<std::string>();
  column.version = entry.at("version").get<int>();
  std::string const name = "columns/" + column.name;
  if (entry.at("type").get<std::string>() == "i64") {
    column.values = read_column<std::int64_t>(file, name, rows);
  } else {
    column.values = read_column<double>(file, name, rows);
  }
  return column;
}

SeriesTable read_parts(ColumnFileReader const& file) {
  SeriesTable table;
  auto const rows = static_cast<std::size_t>(file.integer("rows"));
  for (auto const& entry : json::parse(file.text("keys"))) {
    table.keys.push_back(read_key(file, entry, rows));
  }
  for (auto const& entry : json::parse(file.text("columns"))) {
    table.columns.push_back(read_values(file, entry, rows));
  }
  table.kind = file.text("kind");
  table.set_sha256 = file.text("set_sha256");
  table.parameters = file.text("parameters");
  auto& from = table.provenance;
  from.profile_json = file.text("profile");
  from.profile_sha256 = file.text("profile_sha256");
  from.captures = json::parse(file.text("captures")).get<std::vector<std::string>>();
  from.capture_sha256 = json::parse(file.text("capture_sha256")).get<std::vector<std::string>>();
  return table;
}

}  // namespace

void write_series_h5(SeriesTable const& table, std::filesystem::path const& path, Codec codec,
                     int threads) {
  ColumnFileWriter file(path, codec, threads);
  std::size_t const rows = table.size();
  file.make_group("keys");
  for (auto const& key : table.keys) {
    std::string const name = "keys/" + key.name;
    std::visit(
        [&](auto const& values) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(values)>, CodedText>) {
            write_column(file, name, values.code, rows);
          } else {
            write_column(file, name, values, rows);
          }
        },
        key.values);
  }
  file.make_group("columns");
  for (auto const& column : table.columns) {
    std::visit(
        [&](auto const& values) { write_column(file, "columns/" + column.name, values, rows); },
        column.values);
  }
  set_attributes(file, table);
  file.commit("features");
}

SeriesTable read_series_h5(std::filesystem::path const& path) {
  ColumnFileReader const file(path, kSeriesFormat);
  try {
    return read_parts(file);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", path.string(), error.what());
  }
}

}  // namespace nta
