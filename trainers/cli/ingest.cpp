// nta ingest: captures -> folder of shards, and what became of every packet.
#include "libnta/capture/ingest.hpp"

#include "libnta/core/error.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "trainers/cli/accounting_text.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/cli/commands.hpp"

#include <string>
#include <utility>
#include <vector>

namespace nta::cli {
namespace {

struct Arguments {
  CaptureArguments captures;
  std::string out;
  std::string codec = "lz4";
  std::uint32_t partitions = 16;
};

Result run(Arguments const& arguments, Common const& common) {
  ShardOptions options;
  options.codec = codec_from_name(arguments.codec);
  options.n_partitions = arguments.partitions;
  options.threads = exec_of(common).threads;
  options.rows_per_shard = arguments.captures.rows_per_shard;
  options.file_order = arguments.captures.file_order.value_or("argument");
  auto ingest_options = ingest_options_of(arguments.captures);
  ingest_options.threads = options.threads;
  options.join = ingest_options.join;
  ShardWriter writer(arguments.out, options);
  std::uint64_t rows = 0;
  auto const outcome = ingest(ingest_options, [&](PacketTable&& table) {
    rows += table.size();
    writer.add(std::move(table));
    show_progress(common, fmt::format("ingest: {} rows", rows));
  });
  writer.finish(outcome);
  Result result;
  result.document["out"] = arguments.out;
  result.document["rows"] = rows;
  result.document.update(accounting_document(outcome));
  result.text = fmt::format("{}: {} rows\n", arguments.out, rows) + accounting_text(outcome);
  result.exit_code = strict_exit_code(arguments.captures, outcome);
  return result;
}

}  // namespace

int ingest_command(int argc, char** argv) {
  Arguments arguments;
  return run_command(
      {"ingest", "captures (pcap, pcapng, also compressed) -> folder of HDF5 shards",
       "nta ingest a.pcap.gz captures/ --out shards/a"},
      argc, argv,
      [&](CLI::App& app) {
        add_capture_options(app, arguments.captures);
        app.add_option("--out", arguments.out, "shard folder, new or empty")->required();
        app.add_option("--codec", arguments.codec, "compression of columns")
            ->check(CLI::IsMember({"lz4", "zstd", "none"}));
        app.add_option("--partitions", arguments.partitions, "power of two")
            ->check(CLI::Range(1, 4096));
      },
      [&](Common const& common) { return run(arguments, common); });
}

}  // namespace nta::cli
