#include "libnta/config/metrics_log.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace nta {

std::string shortest_number(double value) {
  std::array<char, 32> text{};
  auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string utc_now() {
  namespace chrono = std::chrono;
  auto const now = chrono::system_clock::now();
  auto const ms = chrono::duration_cast<chrono::milliseconds>(now.time_since_epoch()).count();
  std::time_t const seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms % 1000);
}

std::string metrics_line(MetricsLine const& line, std::string_view utc_time) {
  std::string values, nonfinite;
  for (auto const& [name, value] : line.values) {
    auto const quoted = nlohmann::json(name).dump();
    bool const finite = std::isfinite(value);
    values += fmt::format("{}{}:{}", values.empty() ? "" : ",", quoted,
                          finite ? shortest_number(value) : "null");
    if (!finite) {
      nonfinite += (nonfinite.empty() ? "" : ",") + quoted;
    }
  }
  auto text = fmt::format(R"({{"v":1,"t":"{}","kind":"{}","step":{},"epoch":{},"values":{{{}}})",
                          utc_time, line.kind, line.step, line.epoch, values);
  if (!nonfinite.empty()) {
    text += fmt::format(R"(,"nonfinite":[{}])", nonfinite);
  }
  return text + "}";
}

MetricsLog::MetricsLog(std::filesystem::path path, std::uint64_t keep_bytes)
    : path_(std::move(path)) {
  std::uint64_t keep = 0;
  if (std::filesystem::exists(path_)) {
    auto const text = read_file(path_).substr(0, keep_bytes);
    keep = text.rfind('\n') + 1;  // npos + 1 = 0
  }
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    fail_errno(ErrorKind::usage, "cannot write " + path_.string(), errno);
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(keep)) != 0) {
    auto const number = errno;
    ::close(descriptor_);
    fail_errno(ErrorKind::usage, "cannot cut " + path_.string(), number);
  }
  length_ = keep;
}

MetricsLog::~MetricsLog() {
  ::close(descriptor_);
}

void MetricsLog::append_text(std::string line) {
  line += '\n';
  fail_point("metrics.write");
  auto const written = ::write(descriptor_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    auto const number = written < 0 ? errno : ENOSPC;
    [[maybe_unused]] auto const ignored = ::ftruncate(descriptor_, static_cast<off_t>(length_));
    fail_errno(ErrorKind::failed, "cannot write " + path_.string(), number);
  }
  length_ += line.size();
}

void MetricsLog::sync() {
  fail_point("metrics.fsync");
  if (::fsync(descriptor_) != 0) {
    fail_errno(ErrorKind::failed, "cannot make durable " + path_.string(), errno);
  }
}

std::vector<nlohmann::json> read_json_lines(std::filesystem::path const& path) {
  auto const text = read_file(path);
  std::vector<nlohmann::json> out;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    auto value = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                       text.begin() + static_cast<std::ptrdiff_t>(end), nullptr,
                                       /*allow_exceptions=*/false);
    NTA_EXPECTS(!value.is_discarded(), ErrorKind::data, "{}: line {} is no JSON", path.string(),
                out.size() + 1);
    out.push_back(std::move(value));
  }
  return out;
}

}  // namespace nta
