// Options of everything that reads captures, and its accounting as a table and as JSON.
#pragma once

#include "libnta/capture/ingest.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nta::cli {

struct CaptureArguments {
  std::vector<std::string> paths;
  std::optional<std::string> file_order, join;  // argument and no, if not given
  std::uint32_t rows_per_shard = 1U << 20;
  bool strict = false;
};

void add_capture_options(CLI::App& app, CaptureArguments& arguments);
IngestOptions ingest_options_of(CaptureArguments const& arguments);

/// read = used + skipped, each reason, each fault with its file and offset.
std::string accounting_text(IngestResult const& outcome);
nlohmann::ordered_json accounting_document(IngestResult const& outcome);

/// 3 if a file ended early and --strict was given, else 0.
int strict_exit_code(CaptureArguments const& arguments, IngestResult const& outcome);

}  // namespace nta::cli
