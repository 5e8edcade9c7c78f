#include "libnta/config/run_dir.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"
#include "libnta/core/sha256.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace nta {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kReserveBytes = 1 << 20;

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

nlohmann::json parse_file(fs::path const& path) {
  auto value = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  NTA_EXPECTS(!value.is_discarded(), ErrorKind::data, "{} is damaged: no JSON", path.string());
  return value;
}

int open_lock(fs::path const& folder) {
  // O_CLOEXEC, or a child process would keep the run locked after its parent died.
  return ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

bool holds_only_lock(fs::path const& folder) {
  return std::all_of(fs::directory_iterator(folder), fs::directory_iterator(),
                     [](auto const& entry) { return entry.path().filename() == "lock"; });
}

bool may_change(std::string const& pointer, nlohmann::json const& saved,
                nlohmann::json const& now) {
  if (pointer.rfind("/training/checkpoint", 0) == 0 || pointer == "/training/max_seconds" ||
      pointer == "/training/log_every") {
    return true;
  }
  if (pointer != "/training/epochs" && pointer != "/training/max_steps") {
    return false;
  }
  bool const was_unlimited = saved.is_null(), is_unlimited = now.is_null();
  if (was_unlimited || is_unlimited) {
    return is_unlimited;
  }
  return now.is_number() && saved.is_number() && now > saved;
}

void collect_changes(std::string const& pointer, nlohmann::json const& saved,
                     nlohmann::json const& now, std::vector<std::string>& out) {
  if (!saved.is_object() || !now.is_object()) {
    if (saved != now && !may_change(pointer, saved, now)) {
      out.push_back(pointer);
    }
    return;
  }
  static nlohmann::json const absent;
  auto both = saved;
  both.update(now);
  for (auto const& [key, ignored] : both.items()) {
    collect_changes(pointer + "/" + key, saved.contains(key) ? saved.at(key) : absent,
                    now.contains(key) ? now.at(key) : absent, out);
  }
}

}  // namespace

RunState run_state_of(std::string_view name) {
  for (auto const& entry : names(RunState{})) {
    if (entry.name == name) {
      return entry.value;
    }
  }
  fail(ErrorKind::data, "unknown run state '{}'", name);
}

RunLock::RunLock(fs::path const& folder) : descriptor_(open_lock(folder)) {
  if (descriptor_ < 0) {
    fail_errno(ErrorKind::usage, "cannot open the lock of " + folder.string(), errno);
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 256> holder{};
    auto const n = ::pread(descriptor_, holder.data(), holder.size() - 1, 0);
    ::close(descriptor_);
    fail(ErrorKind::usage, "{} is being written by {}; wait for it or stop it", folder.string(),
         n > 0 ? std::string_view(holder.data()) : "another process");
  }
  auto const text = fmt::format("pid {} on {}", ::getpid(), host_name());
  [[maybe_unused]] auto const cut = ::ftruncate(descriptor_, 0);
  [[maybe_unused]] auto const put = ::pwrite(descriptor_, text.data(), text.size(), 0);
}

RunLock::~RunLock() {
  ::close(descriptor_);
}

fs::path default_run_folder(fs::path const& root, std::string_view name) {
  auto stamp = utc_now().substr(0, 19);  // 2026-01-02T03:04:05
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  for (int attempt = 0;; ++attempt) {
    auto const now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto const mixed =
        sha256_hex(fmt::format("{}/{}/{}/{}", host_name(), ::getpid(), now, attempt));
    auto path = root / fmt::format("{}-{}Z-{}", name, stamp, mixed.substr(0, 4));
    if (!fs::exists(path)) {
      return path;
    }
  }
}

std::vector<std::string> forbidden_changes(nlohmann::json const& saved, nlohmann::json const& now) {
  std::vector<std::string> out;
  collect_changes("", saved, now, out);
  return out;
}

RunDir::RunDir(fs::path folder, bool resume) : folder_(std::move(folder)), started_at_(utc_now()) {
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code) {
    fail_errno(ErrorKind::usage, "cannot create " + folder_.string(), code.value());
  }
  auto const expect_new = [&] {
    NTA_EXPECTS(resume || holds_only_lock(folder_), ErrorKind::usage,
                "{} exists and is not empty; add --resume to go on, or name another folder",
                folder_.string());
  };
  expect_new();
  NTA_EXPECTS(holds_only_lock(folder_) || fs::exists(folder_ / "lock"), ErrorKind::usage,
              "{} is no run folder: it holds files but no lock", folder_.string());
  lock_ = std::make_unique<RunLock>(folder_);
  expect_new();  // again: another process may have used the folder before the lock was ours
}

RunDir::~RunDir() = default;

bool RunDir::exists() const {
  return fs::exists(folder_ / "run.json");
}

void RunDir::create(RunRecord const& record) {
  make_reserve();
  write_file_atomic(folder_ / "config.original.json", record.config_original, "run");
  write_file_atomic(folder_ / "config.resolved.json", record.config_resolved, "run");
  set_status({});
  write_file_atomic(folder_ / "run.json", record.facts.dump(2) + "\n", "run");
}

nlohmann::json RunDir::facts() const {
  return parse_file(folder_ / "run.json");
}

nlohmann::json RunDir::resolved_config() const {
  return parse_file(folder_ / "config.resolved.json");
}

void RunDir::replace_resolved_config(std::string const& text) {
  write_file_atomic(folder_ / "config.resolved.json", text, "run");
}

void RunDir::set_status(RunStatus status) {
  status.pid = ::getpid();
  status.host = host_name();
  status.updated_at = utc_now();
  status.started_at = started_at_;
  nlohmann::ordered_json out{{"state", name_of(status.state)},
                             {"reason", status.reason},
                             {"exit_code", status.exit_code},
                             {"step", status.step},
                             {"epoch", status.epoch},
                             {"steps_total", status.steps_total},
                             {"best", nullptr},
                             {"pid", status.pid},
                             {"host", status.host},
                             {"started_at", status.started_at},
                             {"updated_at", status.updated_at}};
  if (status.best) {
    out["best"] = {{"metric", status.best->metric},
                   {"value", status.best->value},
                   {"step", status.best->step}};
  }
  write_file_atomic(folder_ / "status.json", out.dump(2) + "\n", "status");
}

void RunDir::log_attempt(nlohmann::json line) {
  line["time"] = utc_now();
  line["host"] = host_name();
  line["pid"] = ::getpid();
  MetricsLog(folder_ / "attempts.jsonl", UINT64_MAX).append_text(line.dump());
}

void RunDir::free_reserve() {
  std::error_code ignored;
  fs::remove(folder_ / "reserve", ignored);
}

void RunDir::make_reserve() {
  auto const path = folder_ / "reserve";
  std::error_code code;
  if (fs::exists(path) && fs::file_size(path, code) == kReserveBytes) {
    return;
  }
  // Written, not only sized: a hole would hold no room.
  write_file_atomic(path, std::string(kReserveBytes, '\0'), "reserve");
}

RunStatus read_status(fs::path const& folder) {
  auto const path = folder / "status.json";
  auto const json = parse_file(path);
  try {
    RunStatus out;
    out.state = run_state_of(json.at("state").get<std::string>());
    json.at("reason").get_to(out.reason);
    json.at("exit_code").get_to(out.exit_code);
    json.at("step").get_to(out.step);
    json.at("epoch").get_to(out.epoch);
    json.at("steps_total").get_to(out.steps_total);
    json.at("pid").get_to(out.pid);
    json.at("host").get_to(out.host);
    json.at("started_at").get_to(out.started_at);
    json.at("updated_at").get_to(out.updated_at);
    if (auto const& best = json.at("best"); !best.is_null()) {
      out.best = BestSoFar{best.at("metric"), best.at("value"), best.at("step")};
    }
    return out;
  } catch (nlohmann::json::exception const& error) {
    fail(ErrorKind::data, "{} is no status: {}", path.string(), error.what());
  }
}

}  // namespace nta
