// Feature tables as text streams: CSV and JSON lines. Identity columns first, then features, then
// sequences, then labels. HDF5 files are written by libnta/shards.
#pragma once

#include "libnta/flows/cic_names.hpp"
#include "libnta/flows/feature_sink.hpp"
#include "libnta/flows/feature_table.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace nta {

struct CsvOptions {
  CicNames names = CicNames::head;  // others: Error(usage) for sets but cic76
};

/// Column names of the CSV, in order. Sets that publish another tool's columns have its identity
/// columns too; for the others a sequence of n packets is `seq_count`, then per field (direction,
/// size, gap_ns, flags, window) n columns `seq_direction_1` .. `seq_direction_n`. The label comes
/// last.
std::vector<std::string> text_columns(FeatureTable const& table, CsvOptions const& options = {});

/// Blocks of rows as one CSV: header row, then a row per flow. Numbers: shortest text that reads
/// back to the same value; `NaN`, `Infinity`, `-Infinity`. Texts are quoted where they need it.
/// Lines end in \n. The stream is the caller's, who also asks it whether all was written.
class CsvSink : public FeatureSink {
 public:
  explicit CsvSink(std::ostream& out, CsvOptions const& options = {});
  void add(FeatureTable const& rows) override;
  void finish() override;

 private:
  std::ostream& out_;
  CsvOptions options_;
  bool has_header_ = false;
  std::uint64_t rows_ = 0;
};

/// An object per flow and line, with the published names of nta whatever the set. A sequence is an
/// array `seq_direction`: [...] of seq_count entries. Numbers as in CSV; those that JSON does not
/// know are text ("NaN").
class JsonlSink : public FeatureSink {
 public:
  explicit JsonlSink(std::ostream& out);
  void add(FeatureTable const& rows) override;
  void finish() override;

 private:
  std::ostream& out_;
};

/// A whole table through the sink.
void write_csv(FeatureTable const& table, std::ostream& out, CsvOptions const& options = {});
void write_json_lines(FeatureTable const& table, std::ostream& out);

/// "192.0.2.1", or "2001:db8::1" (RFC 5952).
std::string address_text(IpAddress const& address, std::uint8_t ip_version);
/// "02:00:00:00:00:01"
std::string mac_text(std::uint64_t mac);

}  // namespace nta
