// Another tool's results for a folder of captures: which capture, which table of flows, and the
// differences from it that are known and explained.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nta {

struct OracleCapture {
  std::string name;
  std::filesystem::path capture;
  std::filesystem::path result;  // CSV; empty: the tool left none
};

struct OracleFolder {
  std::filesystem::path folder;
  std::string results;  // name of the folder of tables
  std::vector<OracleCapture> captures;
};

/// A folder with captures below `pcap/` and a CSV `<results>/<capture>.csv` for each;
/// `captures.csv` (columns capture, path), if it names paths, lists them instead. `results` empty:
/// the only sub-folder that holds such tables; of several, the one that `profile` ends with
/// ("cic-fixed": `fixed`). Error(usage) if none or more than one fits, Error(data) for a capture
/// that is not there.
OracleFolder open_oracle(std::filesystem::path const& folder, std::string const& results,
                         std::string const& profile);

struct OracleTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as the columns
};

/// Error(data) naming file and line for rows of another length than the header's.
OracleTable read_oracle_table(std::filesystem::path const& path);

/// A difference that is known; flow and column are globs.
struct KnownDifference {
  std::string capture, flow, column, reason;
};

/// A JSON object: profile -> list of {capture, flow, column, reason}. Those of one profile.
/// Error(usage) naming the key.
std::vector<KnownDifference> read_known_differences(std::filesystem::path const& path,
                                                    std::string const& profile);

}  // namespace nta
