#include "libnta/shards/feature_h5.hpp"

#include "libnta/core/error.hpp"
#include "libnta/flows/sequence.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace nta {
namespace {

using nlohmann::json;

/// Only in parts: whoever merges them needs the whole order of the rows.
constexpr char kLayerColumn[] = "identity/layer";

/// v(name, vector&) for each column of a FlowIdentity, in file order.
template <class Identity, class Visitor>
void visit_identity(Identity& i, Visitor&& v) {
  v("first_packet", i.first_packet);
  v("last_packet", i.last_packet);
  v("capture", i.capture);
  v("start_s", i.start_s);
  v("start_ns", i.start_ns);
  v("src_ip", i.src_ip);
  v("dst_ip", i.dst_ip);
  v("src_port", i.src_port);
  v("dst_port", i.dst_port);
  v("protocol", i.protocol);
  v("ip_version", i.ip_version);
  v("vlan_outer", i.vlan_outer);
  v("vlan_inner", i.vlan_inner);
  v("tunnel", i.tunnel);
  v("tunnel_id", i.tunnel_id);
  v("src_mac", i.src_mac);
  v("dst_mac", i.dst_mac);
  v("flow_end_reason", i.flow_end_reason);
  v("continuation_of", i.continuation_of);
}

/// v(name, vector&, values a flow) for each column of the sequences.
template <class Sequence, class Visitor>
void visit_sequence(Sequence& s, Visitor&& v) {
  auto const n = static_cast<std::size_t>(s.n);
  v("count", s.count, std::size_t{1});
  v("direction", s.direction, n);
  v("size", s.size, n);
  v("gap_ns", s.gap_ns, n);
  v("flags", s.flags, n);
  v("window", s.window, n);
}

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

template <class T>
void add_checked(ColumnFileWriter& file, std::string const& name, std::vector<T> const& values,
                 std::size_t expected) {
  NTA_EXPECTS(values.size() == expected, ErrorKind::failed, "column {} has {} values instead of {}",
              name, values.size(), expected);
  file.add_column<T>(name, values);
}

void set_attributes(ColumnFileWriter& file, FeatureTable const& table,
                    std::vector<std::string> const& label_names) {
  auto const& from = table.provenance;
  file.set_attribute("format", std::string(kFeatureFormat));
  file.set_attribute("version", kFormatVersion);
  file.set_attribute("tool_version", std::string(kToolVersion));
  file.set_attribute("rows", static_cast<std::int64_t>(table.size()));
  file.set_attribute("features", dump(describe(table.features)));
  file.set_attribute("profile", from.profile_json);
  file.set_attribute("profile_sha256", from.profile_sha256);
  file.set_attribute("set_name", from.set_name);
  file.set_attribute("set_sha256", from.set_sha256);
  file.set_attribute("captures", dump(from.captures));
  file.set_attribute("capture_sha256", dump(from.capture_sha256));
  file.set_attribute("sequence", dump({{"n", table.sequence.n},
                                       {"packets", table.sequence.packets},
                                       {"size_basis", table.sequence.size_basis}}));
  file.set_attribute("label_names", dump(label_names));
}

/// Class names in order of first appearance, and each flow's place among them.
std::vector<std::string> number_labels(std::vector<std::string> const& labels,
                                       std::vector<std::uint32_t>& codes) {
  std::map<std::string, std::uint32_t> ids;
  std::vector<std::string> names;
  codes.reserve(labels.size());
  for (auto const& label : labels) {
    auto const [place, added] = ids.try_emplace(label, static_cast<std::uint32_t>(names.size()));
    if (added) {
      names.push_back(label);
    }
    codes.push_back(place->second);
  }
  return names;
}

void read_features(ColumnFileReader const& file, json const& list, FeatureTable& out) {
  for (auto const& entry : list) {
    FeatureColumn column{
        entry.at("name").get<std::string>(), entry.at("unit").get<std::string>(), {}};
    auto const name = "features/" + column.name;
    if (entry.at("type").get<std::string>() == "i64") {
      column.values = file.column<std::int64_t>(name);
    } else {
      column.values = file.column<double>(name);
    }
    out.features.push_back(std::move(column));
  }
}

void read_labels(ColumnFileReader const& file, FeatureTable& out) {
  auto const names = json::parse(file.text("label_names")).get<std::vector<std::string>>();
  if (!file.has("labels")) {
    return;
  }
  for (auto const code : file.column<std::uint32_t>("labels/code")) {
    NTA_EXPECTS(code < names.size(), ErrorKind::data, "{}: label {} of {}", file.path().string(),
                code, names.size());
    out.labels.push_back(names[code]);
  }
}

void read_sequence(ColumnFileReader const& file, FeatureTable& out) {
  auto const about = json::parse(file.text("sequence"));
  out.sequence.n = about.at("n").get<int>();
  out.sequence.packets = about.at("packets").get<std::string>();
  out.sequence.size_basis = about.at("size_basis").get<std::string>();
  if (out.sequence.n == 0) {
    return;
  }
  visit_sequence(out.sequence, [&](std::string const& name, auto& column, std::size_t) {
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    if (file.has("sequence/" + name)) {
      column = file.column<T>("sequence/" + name);
    }
  });
}

void check_lengths(FeatureTable const& table, std::size_t rows, std::string const& path) {
  auto const check = [&](std::size_t found, std::size_t expected, std::string const& name) {
    NTA_EXPECTS(found == expected, ErrorKind::data, "{}: column {} has {} values instead of {}",
                path, name, found, expected);
  };
  visit_identity(table.identity,
                 [&](std::string const& name, auto& c) { check(c.size(), rows, name); });
  if (!table.provenance.part.empty()) {
    check(table.identity.layer.size(), rows, "layer");
  }
  for (auto const& feature : table.features) {
    std::visit([&](auto const& v) { check(v.size(), rows, feature.name); }, feature.values);
  }
  if (table.sequence.n > 0) {
    visit_sequence(table.sequence, [&](std::string const& name, auto& c, std::size_t per_flow) {
      if (!c.empty()) {
        check(c.size(), rows * per_flow, name);
      }
    });
  }
  if (!table.labels.empty()) {
    check(table.labels.size(), rows, "labels");
  }
}

/// Numbers that later code takes for places in other columns.
void check_values(FeatureTable const& table, std::string const& path) {
  auto const& captures = table.provenance.captures;
  NTA_EXPECTS(captures.size() == table.provenance.capture_sha256.size(), ErrorKind::data,
              "{}: {} captures, {} hashes of them", path, captures.size(),
              table.provenance.capture_sha256.size());
  for (auto const capture : table.identity.capture) {
    NTA_EXPECTS(capture < captures.size(), ErrorKind::data,
                "{}: a flow is of capture {}, the file names {}", path, capture, captures.size());
  }
  NTA_EXPECTS(table.sequence.n >= 0 && table.sequence.n <= kMaxSequence, ErrorKind::data,
              "{}: sequences of {} packets", path, table.sequence.n);
  for (auto const count : table.sequence.count) {
    NTA_EXPECTS(count <= table.sequence.n, ErrorKind::data, "{}: a sequence of {} packets among {}",
                path, count, table.sequence.n);
  }
}

FeatureTable read_parts(ColumnFileReader const& file) {
  FeatureTable out;
  visit_identity(out.identity, [&](std::string const& name, auto& column) {
    using T = typename std::remove_cvref_t<decltype(column)>::value_type;
    column = file.column<T>("identity/" + name);
  });
  read_features(file, json::parse(file.text("features")), out);
  read_sequence(file, out);
  read_labels(file, out);
  auto& to = out.provenance;
  to.profile_json = file.text("profile");
  to.profile_sha256 = file.text("profile_sha256");
  to.set_name = file.text("set_name");
  to.set_sha256 = file.text("set_sha256");
  to.captures = json::parse(file.text("captures")).get<std::vector<std::string>>();
  to.capture_sha256 = json::parse(file.text("capture_sha256")).get<std::vector<std::string>>();
  if (file.has(kLayerColumn)) {
    out.identity.layer = file.column<std::uint8_t>(kLayerColumn);
    to.part = file.text("part");
  }
  check_lengths(out, static_cast<std::size_t>(file.integer("rows")), file.path().string());
  check_values(out, file.path().string());
  return out;
}

}  // namespace

void write_features_h5(FeatureTable const& table, std::filesystem::path const& path, Codec codec) {
  ColumnFileWriter file(path, codec);
  auto const rows = table.size();
  file.make_group("identity");
  visit_identity(table.identity, [&](std::string const& name, auto const& column) {
    add_checked(file, "identity/" + name, column, rows);
  });
  if (!table.provenance.part.empty()) {
    add_checked(file, kLayerColumn, table.identity.layer, rows);
    file.set_attribute("part", table.provenance.part);
  }
  file.make_group("features");
  for (auto const& feature : table.features) {
    std::visit(
        [&](auto const& values) { add_checked(file, "features/" + feature.name, values, rows); },
        feature.values);
  }
  if (table.sequence.n > 0) {
    file.make_group("sequence");
    visit_sequence(table.sequence,
                   [&](std::string const& name, auto const& column, std::size_t per_flow) {
                     if (column.empty()) {
                       return;
                     }  // a field that was not asked for
                     add_checked(file, "sequence/" + name, column, rows * per_flow);
                   });
  }
  std::vector<std::uint32_t> codes;
  auto const names = number_labels(table.labels, codes);
  if (!codes.empty()) {
    file.make_group("labels");
    add_checked(file, "labels/code", codes, rows);
  }
  set_attributes(file, table, names);
  file.commit("features");
}

FeatureTable read_features_h5(std::filesystem::path const& path) {
  ColumnFileReader const file(path, kFeatureFormat);
  try {
    return read_parts(file);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", path.string(), error.what());
  }
}

}  // namespace nta
