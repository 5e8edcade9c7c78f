// Text forms of feature tables: see feature_file.hpp.
#include "libnta/flows/feature_file.hpp"

#include "libnta/flows/text_cells.hpp"

#include <spdlog/fmt/fmt.h>

#include <iterator>
#include <ostream>
#include <string_view>
#include <utility>

namespace nta {
namespace {

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void append_json_sequence(FeatureTable const& table, std::vector<SequenceField> const& fields,
                          std::size_t row, std::string& line) {
  std::size_t const count = table.sequence.count[row];
  line += ",\"seq_count\":";
  line += std::to_string(count);
  for (auto const& field : fields) {
    line += ",\"" + field.name + "\":[";
    for (std::size_t position = 0; position < count; ++position) {
      if (position > 0) {
        line += ',';
      }
      field.append(row, position, line);
    }
    line += ']';
  }
}

/// Numbers that JSON has no form for.
bool needs_quotes(std::string_view number) {
  return number == "NaN" || number == "Infinity" || number == "-Infinity";
}

}  // namespace

std::vector<std::string> text_columns(FeatureTable const& table, CsvOptions const& options) {
  std::vector<std::string> names;
  for (auto& column : csv_columns(table, options.names, 0)) {
    names.push_back(std::move(column.name));
  }
  return names;
}

CsvSink::CsvSink(std::ostream& out, CsvOptions const& options) : out_(out), options_(options) {}

void CsvSink::add(FeatureTable const& rows) {
  auto const columns = csv_columns(rows, options_.names, rows_);
  std::string line;
  if (!has_header_) {
    for (auto const& column : columns) {
      line += (line.empty() ? "" : ",") + column.name;
    }
    out_ << line << '\n';
    has_header_ = true;
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    line.clear();
    for (auto const& column : columns) {
      if (!line.empty()) {
        line += ',';
      }
      column.append(row, line);
    }
    line += '\n';
    out_ << line;
  }
  rows_ += rows.size();
}

void CsvSink::finish() {
  out_.flush();
}

JsonlSink::JsonlSink(std::ostream& out) : out_(out) {}

void JsonlSink::add(FeatureTable const& table) {
  auto columns = identity_columns(table.identity);
  auto features = feature_columns(table);
  std::move(features.begin(), features.end(), std::back_inserter(columns));
  auto const fields = sequence_fields(table.sequence);
  std::string line;
  std::string value;
  for (std::size_t row = 0; row < table.size(); ++row) {
    line = "{";
    for (auto const& column : columns) {
      value.clear();
      column.append(row, value);
      bool const quotes = column.quoted || needs_quotes(value);
      line += fmt::format("{}\"{}\":{}", line.size() > 1 ? "," : "", column.name,
                          quotes ? '"' + value + '"' : value);
    }
    if (table.sequence.n > 0) {
      append_json_sequence(table, fields, row, line);
    }
    if (!table.labels.empty()) {
      line += ",\"label\":" + json_text(table.labels[row]);
    }
    line += "}\n";
    out_ << line;
  }
}

void JsonlSink::finish() {
  out_.flush();
}

void write_csv(FeatureTable const& table, std::ostream& out, CsvOptions const& options) {
  CsvSink sink(out, options);
  sink.add(table);
  sink.finish();
}

void write_json_lines(FeatureTable const& table, std::ostream& out) {
  JsonlSink sink(out);
  sink.add(table);
  sink.finish();
}

}  // namespace nta
