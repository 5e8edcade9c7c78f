// Choosing and copying columns.
#include "trainers/datasets/dataset_columns.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/glob.hpp"

#include <algorithm>
#include <variant>

namespace nta {

namespace {

bool any_matches(std::vector<std::string> const& globs, std::string const& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](std::string const& glob) { return glob_matches(glob, name); });
}

/// A glob that matches nothing is a typing error, not a wish.
void check_globs(std::vector<std::string> const& globs, FeatureTable const& table,
                 char const* pointer) {
  for (std::string const& glob : globs) {
    bool const found =
        std::any_of(table.features.begin(), table.features.end(),
                    [&](FeatureColumn const& column) { return glob_matches(glob, column.name); });
    NTA_EXPECTS(found, ErrorKind::usage, "{}: \"{}\" matches no column of feature set {}", pointer,
                glob, table.provenance.set_name);
  }
}

void check_sequences(FeatureTable const& table, SourceFile const& file,
                     SequenceConfig const& config, int n) {
  bool const fits = table.sequence.n >= n && table.sequence.packets == name_of(config.packets) &&
                    table.sequence.size_basis == name_of(config.size);
  NTA_EXPECTS(
      fits, ErrorKind::data,
      "{}: the experiment needs the first {} {} packets with {} sizes, the file holds {} {} "
      "packets with {} sizes; compute it again with these settings",
      file.path.string(), n, name_of(config.packets), name_of(config.size), table.sequence.n,
      table.sequence.packets, table.sequence.size_basis);
}

double sequence_value(SequenceColumns const& columns, SequenceField field, std::size_t at) {
  switch (field) {
    case SequenceField::direction:
      return columns.direction[at];
    case SequenceField::size:
      return columns.size[at];
    case SequenceField::gap_ns:
      return static_cast<double>(columns.gap_ns[at]);
    case SequenceField::flags:
      return columns.flags[at];
    case SequenceField::window:
      return columns.window[at];
  }
  return 0;
}

}  // namespace

std::vector<std::size_t> choose_columns(FeaturesConfig const& config, FeatureTable const& table,
                                        std::string const& target) {
  check_globs(config.include, table, "/features/include");
  check_globs(config.exclude, table, "/features/exclude");
  std::vector<std::size_t> chosen;
  for (std::size_t c = 0; c < table.features.size(); ++c) {
    std::string const& name = table.features[c].name;
    bool const wanted = config.include.empty() || any_matches(config.include, name);
    if (wanted && !any_matches(config.exclude, name) && name != target) {
      chosen.push_back(c);
    }
  }
  NTA_EXPECTS(!chosen.empty(), ErrorKind::usage,
              "/features: include and exclude leave no column of feature set {}",
              table.provenance.set_name);
  return chosen;
}

std::size_t column_place(FeatureTable const& table, std::string const& name,
                         std::string const& needed_for) {
  for (std::size_t c = 0; c < table.features.size(); ++c) {
    if (table.features[c].name == name) {
      return c;
    }
  }
  fail(ErrorKind::data, "{} needs the column {}, which feature set {} lacks", needed_for, name,
       table.provenance.set_name);
}

double column_value(FeatureColumn const& column, std::size_t flow) {
  return std::visit([&](auto const& values) { return static_cast<double>(values[flow]); },
                    column.values);
}

Matrix gather_columns(SourceTables const& sources, std::span<RowPlace const> rows,
                      std::span<std::size_t const> columns) {
  Matrix x{rows.size(), columns.size(), std::vector<double>(rows.size() * columns.size())};
  for (std::size_t c = 0; c < columns.size(); ++c) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      auto const& table = sources.tables[rows[r].table];
      x.values[r * columns.size() + c] = column_value(table.features[columns[c]], rows[r].flow);
    }
  }
  return x;
}

SequenceBlock gather_sequences(SourceTables const& sources, std::span<RowPlace const> rows,
                               SequenceConfig const& config) {
  NTA_EXPECTS(config.n.has_value(), ErrorKind::usage,
              "/features/sequence/n: rows of unit sequence need the number of packets");
  int const n = *config.n;
  for (std::size_t t = 0; t < sources.tables.size(); ++t) {
    check_sequences(sources.tables[t], sources.files[t], config, n);
  }
  SequenceBlock block;
  block.n_steps = static_cast<std::size_t>(n);
  block.n_fields = config.columns.size();
  for (SequenceField const field : config.columns) {
    block.field_names.emplace_back(name_of(field));
  }
  block.values.resize(rows.size() * block.n_steps * block.n_fields);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    SequenceColumns const& columns = sources.tables[rows[r].table].sequence;
    std::size_t const length = std::min<std::size_t>(columns.count[rows[r].flow], block.n_steps);
    block.length.push_back(static_cast<std::int64_t>(length));
    std::size_t const from = rows[r].flow * static_cast<std::size_t>(columns.n);
    double* out = block.values.data() + r * block.n_steps * block.n_fields;
    for (std::size_t step = 0; step < length; ++step) {
      for (SequenceField const field : config.columns) {
        *out++ = sequence_value(columns, field, from + step);
      }
    }
  }
  return block;
}

}  // namespace nta
