// Options of everything that computes flows (features, data, score), and what became of the
// packets.
#pragma once

#include "libnta/flows/feature_file.hpp"
#include "trainers/cli/accounting_text.hpp"
#include "trainers/cli/command.hpp"
#include "trainers/datasets/flow_source.hpp"
#include "trainers/datasets/label_rules.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace nta::cli {

struct FlowArguments {
  CaptureArguments captures;  // or one shard folder
  std::string profile = "nta";
  std::string tunnels;  // inner | outer | both; empty: as the profile says
  std::string set = "nta";
  std::vector<std::string> include, exclude;
  int sequence_n = 0;
  std::string sequence_size;  // ip | wire | payload; empty: see flow_request

  FeatureSelection selection() const { return {set, include, exclude}; }
};

/// The profile that the arguments name, with their --tunnels.
Profile profile_of(FlowArguments const& arguments);

void add_flow_options(CLI::App& app, FlowArguments& arguments);

/// Sizes of sequences are IP lengths unless --sequence-size says so; of the sets of NFStream those
/// of the profile, as that tool's splt_ps.
FlowRequest flow_request(FlowArguments const& arguments, Common const& common);

/// The flows of the captures, or of the one shard folder, that the arguments name.
FlowResult read_flows(FlowArguments const& arguments, Common const& common);

/// The same for a request that is complete.
FlowResult read_flows(CaptureArguments const& captures, FlowRequest const& request);

/// The one shard folder that the arguments name; nothing if they name captures. Error(usage) if
/// they mix both, or re-open what was settled when the shards were made.
std::optional<std::filesystem::path> shard_folder_of(CaptureArguments const& captures);

/// Error(usage) if `out` is one of `inputs` or of the files that are read of a folder among them: a
/// capture is not replaced by its flows.
void check_not_an_input(std::string const& out, std::vector<std::string> const& inputs);

enum class TableFormat { csv, h5, jsonl };

/// `format` (--format) if given, else by the suffix of `out`; "-" is CSV. Error(usage) if neither
/// names one, or HDF5 is asked for on standard output.
TableFormat table_format(std::string const& out, std::string const& format);
void add_table_format(CLI::App& app, std::string& format);

/// Into a file, whole or not at all; "-" is standard output.
void write_table(FeatureTable const& table, std::string const& out, TableFormat format,
                 CsvOptions const& csv = {});

/// used = in flows + each reason, a line a reason.
std::string use_text(UseCounts const& use);

/// Flows per label, rules that matched nothing, unmatched flows.
void add_label_report(LabelReport const& report, LabelRules const& rules, Result& result);

/// Text into `path` atomically, or to standard output for "-". Error(storage) on a full disk.
void write_text(std::string const& path, std::function<void(std::ostream&)> const& write);

}  // namespace nta::cli
