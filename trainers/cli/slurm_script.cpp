// nta features --slurm: a script that computes ranges of partitions as an array of jobs and merges
// their parts in a job that waits for them. It is printed, never run.
#include "libnta/core/error.hpp"
#include "libnta/shards/shard_reader.hpp"
#include "trainers/cli/stream_features.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace nta::cli {
namespace fs = std::filesystem;
namespace {

std::string quoted(std::string const& word) {
  std::string out = "'";
  for (char const c : word) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

std::string option(std::string const& name, std::string const& value) {
  return value.empty() ? "" : fmt::format(" {} {}", name, quoted(value));
}

/// The script may be started elsewhere.
std::string absolute(std::string const& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

/// A file's path; the name of a built-in profile as it is.
std::string profile_word(std::string const& profile) {
  auto const names = built_in_profile_names();
  return std::find(names.begin(), names.end(), profile) != names.end() ? profile
                                                                       : absolute(profile);
}

/// The options of the flows, as they were given.
std::string flow_words(FlowArguments const& flows, StreamArguments const& stream) {
  auto text = option("--profile", profile_word(flows.profile)) +
              option("--tunnels", flows.tunnels) + option("--set", flows.set);
  for (auto const& name : flows.include) {
    text += option("--include", name);
  }
  for (auto const& name : flows.exclude) {
    text += option("--exclude", name);
  }
  text += option("--sequence-size", flows.sequence_size);
  text += flows.captures.strict ? " --strict" : "";
  text += stream.no_hash ? " --no-hash" : "";
  return text + (flows.sequence_n > 0 ? fmt::format(" --sequence-n {}", flows.sequence_n) : "");
}

constexpr char kScript[] = R"SCRIPT(#!/usr/bin/env bash
# Flows of {folder}, {partitions} partitions in {tasks} Slurm tasks, merged into {out}.
# Run it with bash where sbatch is; nta and all paths must be the same on every node. More options
# for both jobs: SBATCH_OPTIONS="--partition=... --account=..." bash SCRIPT
set -euo pipefail
parts={parts}
mkdir -p "$parts"
array=$(sbatch --parsable ${{SBATCH_OPTIONS:-}} --job-name=nta-features --array=0-{last_task} \
  --cpus-per-task={threads} --mem={memory_mb}M --output="$parts/task-%a.log" <<'TASK'
#!/usr/bin/env bash
set -euo pipefail
first=$((SLURM_ARRAY_TASK_ID * {partitions} / {tasks}))
last=$(((SLURM_ARRAY_TASK_ID + 1) * {partitions} / {tasks}))
{nta} features {folder}{words} \
  --partition-range "$first-$last" --out {parts}"/$(printf 'part-%05d.h5' "$first")" \
  --threads {threads} --memory {budget_mb}M --progress none
TASK
)
sbatch --parsable ${{SBATCH_OPTIONS:-}} --job-name=nta-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes \
  --cpus-per-task={threads} --mem={memory_mb}M --output="$parts/merge.log" <<'MERGE'
#!/usr/bin/env bash
set -euo pipefail
{nta} features --merge {parts}/part-*.h5 --out {out}{output_words} \
  --threads {threads} --memory {budget_mb}M --progress none
rm {parts}/part-*.h5
MERGE
)SCRIPT";

}  // namespace

std::string slurm_script(FlowArguments const& flows, StreamArguments const& stream,
                         FeatureOutput const& output, Common const& common) {
  auto const folder = shard_folder_of(flows.captures);
  NTA_EXPECTS(folder.has_value(), ErrorKind::usage,
              "--slurm takes a shard folder; nta ingest the captures first");
  NTA_EXPECTS(output.out != "-", ErrorKind::usage, "--slurm needs --out FILE");
  NTA_EXPECTS(stream.partition_range.empty() && stream.merge.empty(), ErrorKind::usage,
              "--slurm takes all partitions and merges them; it goes without --partition-range and "
              "--merge");
  table_format(output.out, output.format);
  auto const partitions = ShardFolder::open(*folder).manifest().partitions;
  auto const tasks = std::min(stream.tasks > 0 ? stream.tasks : partitions, partitions);
  auto const budget =
      stream.memory.empty() ? std::size_t{2} << 30U : memory_bytes_from(stream.memory);
  constexpr std::size_t kProgramBytes = std::size_t{512} << 20U;  // on top of the budget
  auto const out = absolute(output.out);
  return fmt::format(
      kScript, fmt::arg("folder", quoted(absolute(folder->string()))),
      fmt::arg("partitions", partitions), fmt::arg("tasks", tasks),
      fmt::arg("last_task", tasks - 1), fmt::arg("out", quoted(out)),
      fmt::arg("parts", quoted(out + ".parts")),
      fmt::arg("nta", quoted(fs::read_symlink("/proc/self/exe").string())),
      fmt::arg("words", flow_words(flows, stream)),
      fmt::arg("output_words", option("--format", output.format) +
                                   option("--labels", absolute(output.labels)) +
                                   (output.names == "head" ? "" : option("--names", output.names))),
      fmt::arg("threads", std::max(common.threads, 1)), fmt::arg("budget_mb", budget >> 20U),
      fmt::arg("memory_mb", (budget + kProgramBytes) >> 20U));
}

}  // namespace nta::cli
