#include "libnta/shards/manifest.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "libnta/shards/columns.hpp"

#include <nlohmann/json.hpp>

namespace nta {
namespace {

using nlohmann::json;

constexpr std::string_view kSelfKey = "\"self\": \"";
constexpr std::size_t kHexDigits = 64;

json to_json(CaptureInput const& input) {
  json faults = json::array();
  for (auto const& fault : input.faults) {
    faults.push_back({{"name", fault.name},
                      {"path", fault.path},
                      {"offset", fault.offset},
                      {"packets_before", fault.packets_before},
                      {"text", fault.text}});
  }
  return {{"path", input.path},
          {"bytes", input.bytes},
          {"first_index", input.first_index},
          {"packets", input.packets},
          {"faults", faults}};
}

CaptureInput input_from(json const& from) {
  CaptureInput input{.path = from.at("path").get<std::string>(),
                     .bytes = from.at("bytes").get<std::uint64_t>(),
                     .first_index = from.at("first_index").get<std::uint64_t>(),
                     .packets = from.at("packets").get<std::uint64_t>(),
                     .faults = {}};
  for (auto const& fault : from.at("faults")) {
    input.faults.push_back({.name = fault.at("name").get<std::string>(),
                            .path = fault.at("path").get<std::string>(),
                            .offset = fault.at("offset").get<std::uint64_t>(),
                            .packets_before = fault.at("packets_before").get<std::uint64_t>(),
                            .text = fault.at("text").get<std::string>()});
  }
  return input;
}

json to_json(CaptureLink const& link) {
  return {{"file", link.file},       {"interface", link.interface},   {"link_type", link.link_type},
          {"snaplen", link.snaplen}, {"resolution", link.resolution}, {"name", link.name}};
}

CaptureLink link_from(json const& from) {
  return {.file = from.at("file").get<std::uint32_t>(),
          .interface = from.at("interface").get<std::uint32_t>(),
          .link_type = from.at("link_type").get<std::uint32_t>(),
          .snaplen = from.at("snaplen").get<std::uint32_t>(),
          .resolution = from.at("resolution").get<std::string>(),
          .name = from.at("name").get<std::string>()};
}

json to_json(ShardInfo const& shard) {
  return {{"file", shard.file},
          {"bytes", shard.bytes},
          {"sha256", shard.sha256},
          {"first_index", shard.first_index},
          {"rows", shard.rows},
          {"keys", shard.keys},
          {"time_base_s", shard.time_base_s},
          {"time_min", shard.time_min_ns},
          {"time_max", shard.time_max_ns},
          {"regressions", shard.regressions},
          {"partition_rows", shard.partition_rows}};
}

ShardInfo shard_from(json const& from) {
  return {.file = from.at("file").get<std::string>(),
          .bytes = from.at("bytes").get<std::uint64_t>(),
          .sha256 = from.at("sha256").get<std::string>(),
          .first_index = from.at("first_index").get<std::uint64_t>(),
          .rows = from.at("rows").get<std::uint64_t>(),
          .keys = from.at("keys").get<std::uint64_t>(),
          .time_base_s = from.at("time_base_s").get<std::int64_t>(),
          .time_min_ns = from.at("time_min").get<std::int64_t>(),
          .time_max_ns = from.at("time_max").get<std::int64_t>(),
          .regressions = from.at("regressions").get<std::uint64_t>(),
          .partition_rows = from.at("partition_rows").get<std::vector<std::uint64_t>>()};
}

Accounting accounting_from(json const& from) {
  using Counts = std::map<std::string, std::uint64_t>;
  auto const& counts = from.at("accounting");
  return {.read = counts.at("read").get<std::uint64_t>(),
          .used = counts.at("used").get<std::uint64_t>(),
          .skipped = counts.at("skipped").get<Counts>(),
          .notes = counts.at("notes").get<Counts>(),
          .blocks = from.at("blocks").get<Counts>(),
          .ethertypes = from.at("ethertypes").get<Counts>()};
}

Manifest manifest_from(json const& from) {
  Manifest out;
  out.tool_version = from.at("tool_version").get<std::string>();
  out.partitions = from.at("partitions").get<std::uint32_t>();
  out.file_order = from.at("file_order").get<std::string>();
  out.join = from.at("join").get<bool>();
  for (auto const& input : from.at("inputs")) {
    out.ingest.inputs.push_back(input_from(input));
  }
  for (auto const& link : from.at("links")) {
    out.ingest.links.push_back(link_from(link));
  }
  for (auto const& shard : from.at("shards")) {
    out.shards.push_back(shard_from(shard));
  }
  out.ingest.accounting = accounting_from(from);
  out.ingest.regressions = from.at("regressions").get<std::uint64_t>();
  return out;
}

/// The text with the value of `self` replaced; nothing if there is no such member.
std::string with_self(std::string text, std::string const& value) {
  auto const at = text.find(kSelfKey);
  if (at != std::string::npos && text.size() - at > kSelfKey.size() + kHexDigits) {
    text.replace(at + kSelfKey.size(), kHexDigits, value);
    return text;
  }
  return {};
}

}  // namespace

json to_json(Accounting const& accounting) {
  return {{"read", accounting.read},
          {"used", accounting.used},
          {"skipped", accounting.skipped},
          {"notes", accounting.notes}};
}

std::uint64_t Manifest::rows() const {
  std::uint64_t sum = 0;
  for (auto const& shard : shards) {
    sum += shard.rows;
  }
  return sum;
}

std::string manifest_text(Manifest const& manifest) {
  json inputs = json::array();
  json links = json::array();
  json shards = json::array();
  for (auto const& input : manifest.ingest.inputs) {
    inputs.push_back(to_json(input));
  }
  for (auto const& link : manifest.ingest.links) {
    links.push_back(to_json(link));
  }
  for (auto const& shard : manifest.shards) {
    shards.push_back(to_json(shard));
  }
  json const document = {{"format", kManifestFormat},
                         {"version", kFormatVersion},
                         {"complete", true},
                         {"tool_version", manifest.tool_version},
                         {"partitions", manifest.partitions},
                         {"file_order", manifest.file_order},
                         {"join", manifest.join},
                         {"inputs", inputs},
                         {"links", links},
                         {"shards", shards},
                         {"accounting", to_json(manifest.ingest.accounting)},
                         {"blocks", manifest.ingest.accounting.blocks},
                         {"ethertypes", manifest.ingest.accounting.ethertypes},
                         {"regressions", manifest.ingest.regressions},
                         {"self", std::string(kHexDigits, '0')}};
  // Paths need not be UTF-8; a replaced character must not make an ingest fail at its end.
  auto const text = document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  return with_self(text, sha256_hex(text));
}

Manifest parse_manifest(std::string const& text, std::filesystem::path const& path) {
  auto const zeroed = with_self(text, std::string(kHexDigits, '0'));
  NTA_EXPECTS(!zeroed.empty(), ErrorKind::data, "{}: not a manifest of shards", path.string());
  auto const hash = sha256_hex(zeroed);
  NTA_EXPECTS(with_self(text, hash) == text, ErrorKind::data,
              "{}: damaged or edited: its SHA-256 is {}; ingest the captures again", path.string(),
              hash);
  try {
    auto const document = json::parse(text);
    NTA_EXPECTS(document.at("format") == kManifestFormat &&
                    document.at("version") == kFormatVersion && document.at("complete") == true,
                ErrorKind::data, "{}: not a complete manifest of version {}", path.string(),
                kFormatVersion);
    return manifest_from(document);
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: {}", path.string(), error.what());
  }
}

}  // namespace nta
