#include "trainers/cli/stream_features.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"
#include "trainers/cli/feature_sinks.hpp"
#include "trainers/cli/rate_progress.hpp"
#include "trainers/datasets/feature_part.hpp"
#include "trainers/datasets/flow_stream.hpp"

#include <algorithm>
#include <filesystem>
#include <malloc.h>
#include <optional>
#include <utility>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

StreamOptions options_of(StreamArguments const& stream, FeatureOutput const& output,
                         RateProgress& progress) {
  StreamOptions options;
  options.memory_bytes =
      stream.memory.empty() ? default_memory_bytes() : memory_bytes_from(stream.memory);
  auto const parent = fs::path(output.out).parent_path();
  options.folder = output.out == "-" ? fs::temp_directory_path() : (parent.empty() ? "." : parent);
  if (!stream.partition_range.empty()) {
    options.partitions = parse_partition_range(stream.partition_range);
  }
  // Other formats have no place for it.
  options.hash_captures =
      !stream.no_hash && table_format(output.out, output.format) == TableFormat::h5;
  options.progress = [&](FlowProgress p) { progress.show(p.rows, p.total); };
  return options;
}

/// Counts on the way to the sink what the report says.
class CountingSink : public FeatureSink {
 public:
  explicit CountingSink(FeatureSink& to) : to_(to) {}
  void add(FeatureTable const& rows) override {
    flows += rows.size();
    features = rows.features.size();
    to_.add(rows);
  }
  void finish() override { to_.finish(); }
  std::uint64_t flows = 0;
  std::size_t features = 0;

 private:
  FeatureSink& to_;
};

struct Computed {
  std::optional<IngestResult> ingest;  // none of a merge
  UseCounts use{};
};

Computed compute(FlowArguments const& flows, StreamArguments const& stream,
                 StreamOptions const& options, Common const& common, FeatureSink& sink) {
  if (!stream.merge.empty()) {
    std::vector<fs::path> const paths(stream.merge.begin(), stream.merge.end());
    return {std::nullopt, merge_parts(paths, options, exec_of(common).threads, sink).use};
  }
  auto const request = flow_request(flows, common);
  if (auto const folder = shard_folder_of(flows.captures)) {
    auto result = stream_flows_of_shards(*folder, request, options, sink);
    return {std::move(result.ingest), result.use};
  }
  auto result = stream_flows_of_captures(ingest_options_of(flows.captures), request, options, sink);
  return {std::move(result.ingest), result.use};
}

/// What the parts settled is not asked again: nothing is ignored silently.
void check_merge(FlowArguments const& flows, StreamArguments const& stream) {
  auto const& captures = flows.captures;
  NTA_EXPECTS(captures.paths.empty(), ErrorKind::usage,
              "--merge takes part files; name them behind it and no other input");
  NTA_EXPECTS(stream.partition_range.empty(), ErrorKind::usage,
              "--merge joins all partitions; it goes without --partition-range");
  FlowArguments const unsaid;
  std::pair<char const*, bool> const settled[] = {{"--profile", flows.profile != unsaid.profile},
                                                  {"--tunnels", !flows.tunnels.empty()},
                                                  {"--set", flows.set != unsaid.set},
                                                  {"--include", !flows.include.empty()},
                                                  {"--exclude", !flows.exclude.empty()},
                                                  {"--sequence-n", flows.sequence_n != 0},
                                                  {"--sequence-size", !flows.sequence_size.empty()},
                                                  {"--join", captures.join.has_value()},
                                                  {"--file-order", captures.file_order.has_value()},
                                                  {"--strict", captures.strict},
                                                  {"--no-hash", stream.no_hash}};
  for (auto const& [option, given] : settled) {
    NTA_EXPECTS(!given, ErrorKind::usage,
                "{}: was settled when the parts were computed; leave it out with --merge", option);
  }
}

void check_options(FlowArguments const& flows, StreamArguments const& stream,
                   FeatureOutput const& output, TableFormat format) {
  NTA_EXPECTS(stream.tasks == 0, ErrorKind::usage,
              "--tasks is about the script of --slurm; leave it out");
  if (!stream.merge.empty()) {
    check_merge(flows, stream);
  }
  if (stream.partition_range.empty()) {
    return;
  }
  NTA_EXPECTS(format == TableFormat::h5, ErrorKind::usage,
              "--partition-range writes a part to be merged, which is HDF5: name --out FILE.h5");
  NTA_EXPECTS(output.labels.empty(), ErrorKind::usage,
              "--labels goes with nta features --merge, not with --partition-range");
}

Result report(FeatureOutput const& output, CountingSink const& counted, Computed const& computed,
              LabelSink const* labels, CaptureArguments const& captures) {
  Result result;
  result.stdout_is_data = output.out == "-";
  if (labels != nullptr) {
    add_label_report(labels->report(), labels->rules(), result);
  }
  result.document["out"] = output.out;
  result.document["flows"] = counted.flows;
  result.document["features"] = counted.features;
  result.text +=
      fmt::format("{}: {} flows, {} features\n", output.out, counted.flows, counted.features);
  if (computed.ingest) {
    result.document.update(accounting_document(*computed.ingest));
    result.text += accounting_text(*computed.ingest);
    result.exit_code = strict_exit_code(captures, *computed.ingest);
  }
  result.text += use_text(computed.use);
  return result;
}

/// Tables come and go by the thousand: their memory is kept for the next ones, as giving it back
/// to the system and asking for it again costs as much as the work in it.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

Result run(FlowArguments const& flows, StreamArguments const& stream, FeatureOutput const& output,
           Common const& common) {
  keep_freed_memory();
  auto const format = table_format(output.out, output.format);
  check_options(flows, stream, output, format);
  RateProgress progress(common, "features");
  auto const options = options_of(stream, output, progress);
  auto const file = make_feature_sink(output.out, format, output.csv, exec_of(common).threads);
  std::optional<LabelSink> labels;
  if (!output.labels.empty()) {
    labels.emplace(read_label_rules(output.labels), *file);
  }
  CountingSink sink(labels ? static_cast<FeatureSink&>(*labels) : *file);
  auto const computed = compute(flows, stream, options, common, sink);
  sink.finish();
  progress.finish();
  return report(output, sink, computed, labels ? &*labels : nullptr, flows.captures);
}

}  // namespace

void add_stream_options(CLI::App& app, StreamArguments& arguments) {
  app.add_option("--memory", arguments.memory,
                 "for packets, flows and rows: 512M, 2G; default: half of what there is");
  app.add_option("--partition-range", arguments.partition_range,
                 "A-B: only partitions A to B - 1 of a shard folder, as a part for --merge");
  app.add_option("--merge", arguments.merge, "parts of one shard folder -> the file of all flows");
  app.add_flag("--no-hash", arguments.no_hash,
               "leave the captures' SHA-256 out of the HDF5 file; hashing costs about as much "
               "as the flows do");
  app.add_flag("--slurm", arguments.slurm,
               "print a script that runs this as a Slurm array and merges its parts, and stop");
  app.add_option("--tasks", arguments.tasks, "tasks of --slurm; default: one a partition")
      ->check(CLI::Range(1, 65536));
}

void check_whole(StreamArguments const& arguments) {
  bool const of_flows = !arguments.partition_range.empty() || !arguments.merge.empty() ||
                        arguments.slurm || arguments.tasks > 0 || arguments.no_hash;
  NTA_EXPECTS(
      !of_flows, ErrorKind::usage,
      "--partition-range, --merge, --slurm, --tasks and --no-hash are for flows; leave them "
      "out with --unit");
}

Result stream_features(FlowArguments const& flows, StreamArguments const& stream,
                       FeatureOutput const& output, Common const& common) {
  if (stream.slurm) {
    Result result;
    result.text = slurm_script(flows, stream, output, common);
    result.document["script"] = result.text;
    return result;
  }
  return until_stopped([&] { return run(flows, stream, output, common); });
}

Result until_stopped(std::function<Result()> const& work) {
  StopSignals const signals;
  try {
    return work();
  } catch (Error const& error) {
    if (stop_requested() == 0) {
      throw;
    }
    Result result;
    result.document["error"] = error.what();
    result.text = fmt::format("{}\n", error.what());
    result.exit_code = stop_exit_code(stop_requested());
    return result;
  }
}

}  // namespace nta::cli
