#include "trainers/datasets/feature_part.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "libnta/shards/feature_h5.hpp"
#include "trainers/datasets/row_runs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace nta {
namespace {

using nlohmann::json;

/// A chunk of every column: no byte of a part is decoded twice.
constexpr std::size_t kBlockRows = 65536;

struct OpenPart {
  std::filesystem::path path;
  std::unique_ptr<FeatureFileReader const> file;
  FeaturePart part;
};

OpenPart open_part(std::filesystem::path const& path, int threads) {
  auto file = std::make_unique<FeatureFileReader const>(path, threads);
  auto const& text = file->shape().provenance.part;
  NTA_EXPECTS(!text.empty(), ErrorKind::data,
              "{}: holds all flows of its inputs and is no part; --merge takes what nta features "
              "--partition-range wrote",
              path.string());
  auto part = parse_part(text, path);
  return {path, std::move(file), std::move(part)};
}

/// What two parts of one output have in common; "" if all of it.
std::string first_difference(OpenPart const& x, OpenPart const& y) {
  auto const& px = x.file->shape().provenance;
  auto const& py = y.file->shape().provenance;
  if (x.part.shards_sha256 != y.part.shards_sha256 || x.part.partitions != y.part.partitions) {
    return "shard folder";
  }
  if (px.profile_sha256 != py.profile_sha256) {
    return "profile";
  }
  if (px.set_sha256 != py.set_sha256 || px.set_name != py.set_name) {
    return "feature set";
  }
  if (px.captures != py.captures || px.capture_sha256 != py.capture_sha256) {
    return "list of captures";
  }
  auto const& sx = x.file->shape().sequence;
  auto const& sy = y.file->shape().sequence;
  bool const sequences = sx.n == sy.n && sx.packets == sy.packets && sx.size_basis == sy.size_basis;
  return sequences ? "" : "packet sequences";
}

/// `parts` ascend by their first partition.
void check_cover(std::vector<OpenPart> const& parts) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto const& part = parts[i].part;
    NTA_EXPECTS(part.range.first <= next, ErrorKind::data,
                "no part holds partitions {}-{}; compute them with nta features --partition-range "
                "{}-{}",
                next, part.range.first, next, part.range.first);
    NTA_EXPECTS(part.range.first == next, ErrorKind::data,
                "{} and {} both hold partition {}; name every partition once",
                parts[i - 1].path.string(), parts[i].path.string(), part.range.first);
    next = part.range.last;
  }
  auto const all = parts.front().part.partitions;
  NTA_EXPECTS(next == all, ErrorKind::data,
              "no part holds partitions {}-{}; compute them with nta features --partition-range "
              "{}-{}",
              next, all, next, all);
}

std::vector<OpenPart> open_parts(std::vector<std::filesystem::path> const& paths, int threads) {
  NTA_EXPECTS(!paths.empty(), ErrorKind::usage, "--merge needs the part files");
  std::vector<OpenPart> parts;
  parts.reserve(paths.size());
  for (auto const& path : paths) {
    auto part = open_part(path, threads);
    auto const difference = parts.empty() ? "" : first_difference(parts.front(), part);
    NTA_EXPECTS(difference.empty(), ErrorKind::data,
                "{} and {} are no parts of one output: they differ in their {}",
                parts.front().path.string(), path.string(), difference);
    auto const after = std::find_if(parts.begin(), parts.end(), [&](OpenPart const& other) {
      return part.part.range.first < other.part.range.first;
    });
    parts.insert(after, std::move(part));
  }
  check_cover(parts);
  return parts;
}

}  // namespace

std::string part_text(FeaturePart const& part) {
  return json{{"first_partition", part.range.first},
              {"last_partition", part.range.last},
              {"partitions", part.partitions},
              {"shards_sha256", part.shards_sha256},
              {"use", part.use.rows}}
      .dump();
}

FeaturePart parse_part(std::string const& text, std::filesystem::path const& path) {
  try {
    auto const document = json::parse(text);
    FeaturePart part;
    part.range.first = document.at("first_partition").get<std::uint32_t>();
    part.range.last = document.at("last_partition").get<std::uint32_t>();
    part.partitions = document.at("partitions").get<std::uint32_t>();
    part.shards_sha256 = document.at("shards_sha256").get<std::string>();
    part.use.rows = document.at("use").get<decltype(part.use.rows)>();
    NTA_EXPECTS(part.range.first < part.range.last && part.range.last <= part.partitions,
                ErrorKind::data, "{}: holds partitions {}-{} of {}", path.string(),
                part.range.first, part.range.last, part.partitions);
    return part;
  } catch (json::exception const& error) {
    fail(ErrorKind::data, "{}: attribute part: {}", path.string(), error.what());
  }
}

MergedParts merge_parts(std::vector<std::filesystem::path> const& paths,
                        StreamOptions const& options, int threads, FeatureSink& sink) {
  auto const parts = open_parts(paths, threads);
  RowRuns runs(options.folder, options.memory_bytes == 0 ? SIZE_MAX / 2 : options.memory_bytes / 2);
  MergedParts result;
  FlowProgress progress;
  for (auto const& part : parts) {
    progress.total += part.file->rows();
  }
  std::vector<RowRun> held;
  for (auto const& part : parts) {
    result.use.add(part.part.use);
    std::size_t first = 0;
    do {  // a part without rows still tells the columns
      NTA_EXPECTS(stop_requested() == 0, ErrorKind::failed,
                  "stopped by signal {}; nothing was written", stop_requested());
      auto const n = std::min(kBlockRows, part.file->rows() - first);
      held.push_back(runs.hold(part.file->read(first, n)));
      first += n;
      progress.rows += n;
      if (options.progress) {
        options.progress(progress);
      }
    } while (first < part.file->rows());
  }
  runs.commit(std::move(held));
  auto provenance = parts.front().file->shape().provenance;
  provenance.part.clear();
  result.flows = runs.merge(provenance, sink);
  return result;
}

}  // namespace nta
