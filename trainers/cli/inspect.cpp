// nta inspect: what a capture, shard folder, feature file, run folder or model folder holds.
#include "libnta/capture/ingest.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/summary.hpp"
#include "trainers/cli/accounting_text.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

struct Arguments {
  std::vector<std::string> paths;
  bool verify = false;
};

bool is_hdf5(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[4] = {};
  file.read(magic, sizeof magic);
  return file && std::string_view(magic + 1, 3) == "HDF";
}

std::string columns_table(nlohmann::json const& columns) {
  std::string text = fmt::format("  {:<28} {:<10} {:<8} {:>14} {:>14} {:>7}\n", "column", "type",
                                 "unit", "raw bytes", "stored bytes", "ratio");
  for (auto const& column : columns) {
    text += fmt::format(
        "  {:<28} {:<10} {:<8} {:>14} {:>14} {:>7.2f}\n", column.at("name").get<std::string>(),
        column.at("type").get<std::string>(), column.at("unit").get<std::string>(),
        column.at("raw_bytes").get<std::uint64_t>(), column.at("stored_bytes").get<std::uint64_t>(),
        column.at("ratio").get<double>());
  }
  return text;
}

void inspect_table(std::string const& path, bool verify, Result& result) {
  auto const summary = summarize(path);
  if (verify) {
    if (fs::is_directory(path)) {
      ShardFolder::open(path).verify();
    } else {
      read_features_h5(path);
    }
  }
  result.text +=
      fmt::format("{}: {}, {} rows{}\n", path, summary.at("content").get<std::string>(),
                  summary.at("rows").get<std::uint64_t>(), verify ? ", every checksum fits" : "");
  result.text += columns_table(summary.at("columns"));
  result.document["inputs"].push_back(nlohmann::ordered_json(summary));
}

void inspect_document(std::string const& path, fs::path const& file, Result& result) {
  auto const document =
      nlohmann::ordered_json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  NTA_EXPECTS(!document.is_discarded(), ErrorKind::data, "{}: is no JSON: damaged or cut off",
              file.string());
  result.text += fmt::format("{}:\n{}\n", path, document.dump(2));
  result.document["inputs"].push_back({{"path", path}, {"document", document}});
}

void inspect_capture(std::string const& path, Result& result) {
  IngestOptions options;
  options.paths = {path};
  auto const outcome = ingest(options, [](PacketTable&&) {});
  result.text += fmt::format("{}: {} capture file(s)\n", path, outcome.inputs.size());
  for (auto const& link : outcome.links) {
    result.text +=
        fmt::format("  file {} interface {}: link type {}, snap length {}, resolution {}\n",
                    link.file, link.interface, link.link_type, link.snaplen, link.resolution);
  }
  result.text += accounting_text(outcome);
  auto document = accounting_document(outcome);
  document["path"] = path;
  result.document["inputs"].push_back(document);
}

Result run(Arguments const& arguments) {
  Result result;
  result.document["inputs"] = nlohmann::ordered_json::array();
  for (auto const& path : arguments.paths) {
    bool const is_document = fs::is_regular_file(fs::path(path) / "model.json") ||
                             fs::is_regular_file(fs::path(path) / "status.json");
    NTA_EXPECTS(!is_document || !arguments.verify, ErrorKind::usage,
                "{}: --verify checks captures, shards and feature files; a run is checked by nta "
                "evaluate, a model by nta score",
                path);
    if (fs::is_regular_file(fs::path(path) / "model.json")) {
      inspect_document(path, fs::path(path) / "model.json", result);
    } else if (fs::is_regular_file(fs::path(path) / "status.json")) {
      inspect_document(path, fs::path(path) / "status.json", result);
    } else if (fs::is_regular_file(fs::path(path) / "manifest.json") || is_hdf5(path)) {
      inspect_table(path, arguments.verify, result);
    } else {
      inspect_capture(path, result);
    }
  }
  return result;
}

}  // namespace

int inspect_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"inspect", "what a capture, shard folder, feature file, run or model folder holds",
       "nta inspect shards/a flows.h5 --verify"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("paths", arguments.paths, "any input or output of nta")->required();
        app.add_flag("--verify", arguments.verify, "read all of it and check every checksum");
      },
      [&](Common const&) { return run(arguments); });
}

}  // namespace nta::cli
