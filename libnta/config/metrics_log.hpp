// Numbers of a run become lines of metrics.jsonl: one O_APPEND write a line, shortest decimal
// digits that read back to the same double, so equal runs give equal bytes (but for `t` and
// `system`). Appenders never rewrite; a resumed run first cuts the file to the length its
// checkpoint recorded.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nta {

using MetricValues = std::vector<std::pair<std::string, double>>;

struct MetricsLine {
  std::string kind;  // train validation test system event
  std::int64_t step = 0, epoch = 0;
  MetricValues values;
};

/// The line without its newline; non-finite values are null and named under "nonfinite".
std::string metrics_line(MetricsLine const& line, std::string_view utc_time);

/// Now as 2026-01-02T03:04:05.678Z.
std::string utc_now();

/// Shortest decimal text that reads back to `value`; it must be finite.
std::string shortest_number(double value);

/// Appender of whole lines. Error(storage) on a full disk: the torn line is cut off again.
class MetricsLog {
 public:
  /// Opens for appending, creates if absent, and cuts what is behind `keep_bytes` (or a torn last
  /// line, if `keep_bytes` is longer than the file's whole lines).
  MetricsLog(std::filesystem::path path, std::uint64_t keep_bytes);
  ~MetricsLog();
  MetricsLog(MetricsLog const&) = delete;
  MetricsLog& operator=(MetricsLog const&) = delete;

  void append(MetricsLine const& line) { append_text(metrics_line(line, utc_now())); }
  void append_text(std::string line);
  void sync();
  std::uint64_t length() const { return length_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t length_ = 0;
};

/// All whole lines; a torn last line is skipped. Error(data) naming the line if another is no JSON.
std::vector<nlohmann::json> read_json_lines(std::filesystem::path const& path);

}  // namespace nta
