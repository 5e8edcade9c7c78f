// nta inspect: what a capture, shard folder, feature file, run folder or model folder holds.
#include "libnta/capture/ingest.hpp"
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "libnta/shards/series_h5.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "libnta/shards/summary.hpp"
#include "trainers/cli/accounting_text.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"
#include "trainers/cli/table_head.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

struct Arguments {
  std::vector<std::string> paths;
  bool verify = false;
  std::size_t head = 0;
  int threads = 1;
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

/// Every chunk and seal, and the manifest; in blocks of rows, whatever the file's size.
void verify_table(std::string const& path, std::string const& content, int threads) {
  constexpr std::size_t kBlockRows = 4 * kChunkRows;
  if (content == "shards") {
    ShardFolder::open(path).verify(threads);
    return;
  }
  if (content == "series") {
    read_series_h5(path);
    return;
  }
  FeatureFileReader const reader(path, threads);
  for (std::size_t row = 0; row < reader.rows(); row += kBlockRows) {
    reader.read(row, std::min(kBlockRows, reader.rows() - row));
  }
}

/// "  name  hash" for each hash of a summary: of files, captures, profile, feature set.
std::string hash_lines(nlohmann::json const& summary) {
  std::string text;
  auto const add = [&](std::string const& what, nlohmann::json const& of, char const* member) {
    auto const hash = of.find(member);
    if (hash != of.end() && hash->is_string() && !hash->get<std::string>().empty()) {
      text += fmt::format("  sha256 {:<26} {}\n", what, hash->get<std::string>());
    }
  };
  add("file", summary, "sha256");
  add("manifest", summary, "self");
  add("profile", summary, "profile_sha256");
  add("feature set", summary, "set_sha256");
  for (auto const& shard : summary.value("shards", nlohmann::json::array())) {
    add(shard.value("file", ""), shard, "sha256");
  }
  for (auto const& input : summary.value("inputs", nlohmann::json::array())) {
    add(input.value("path", ""), input, "sha256");
  }
  return text;
}

void inspect_table(std::string const& path, Arguments const& arguments, Result& result) {
  auto const summary = summarize(path);
  auto const content = summary.at("content").get<std::string>();
  if (arguments.verify) {
    verify_table(path, content, arguments.threads);
  }
  result.text += fmt::format(
      "{}: {}, {} rows, {} B, ratio {:.2f}{}\n", path, content,
      summary.at("rows").get<std::uint64_t>(), summary.at("file_bytes").get<std::uint64_t>(),
      summary.at("ratio").get<double>(), arguments.verify ? ", every checksum fits" : "");
  result.text += hash_lines(summary) + columns_table(summary.at("columns"));
  nlohmann::ordered_json document(summary);
  document["verified"] = arguments.verify;
  if (arguments.head > 0) {
    auto const rows = head_rows(path, content, arguments.head);
    result.text += head_text(rows);
    document["head"] = rows;
  }
  result.document["inputs"].push_back(document);
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
    bool const is_table =
        !is_document && (fs::is_regular_file(fs::path(path) / "manifest.json") || is_hdf5(path));
    NTA_EXPECTS(is_table || arguments.head == 0, ErrorKind::usage,
                "{}: --head shows rows of shards, feature files and series", path);
    NTA_EXPECTS(!is_document || !arguments.verify, ErrorKind::usage,
                "{}: --verify checks captures, shards and feature files; a run is checked by nta "
                "evaluate, a model by nta score",
                path);
    if (fs::is_regular_file(fs::path(path) / "model.json")) {
      inspect_document(path, fs::path(path) / "model.json", result);
    } else if (fs::is_regular_file(fs::path(path) / "status.json")) {
      inspect_document(path, fs::path(path) / "status.json", result);
    } else if (is_table) {
      inspect_table(path, arguments, result);
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
       "nta inspect shards/a flows.h5 --verify --head 5"},
      argc, argv,
      [&](CLI::App& app) {
        app.add_option("paths", arguments.paths, "any input or output of nta")->required();
        app.add_flag("--verify", arguments.verify, "read all of it and check every checksum");
        app.add_option("--head", arguments.head, "print the first N rows of a table")
            ->check(CLI::Range(0, 1000));
      },
      [&](Common const& common) {
        arguments.threads = exec_of(common).threads;
        return run(arguments);
      });
}

}  // namespace nta::cli
