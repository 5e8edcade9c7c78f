#include "libnta/capture/capture_file.hpp"

#include "libnta/core/error.hpp"

#include <algorithm>
#include <filesystem>

namespace nta {

namespace {

std::variant<PcapFile, PcapngFile> open_format(std::unique_ptr<ByteSource> source,
                                               std::string const& name, std::size_t buffer_bytes,
                                               bool read_ahead) {
  ByteWindow window(decompressed(std::move(source)), buffer_bytes, read_ahead);
  std::uint8_t const* first = window.peek(4);
  if (first != nullptr && PcapFile::is_magic(first)) return PcapFile(std::move(window));
  if (first != nullptr) first = window.peek(12);
  if (first != nullptr && PcapngFile::is_magic(first)) return PcapngFile(std::move(window));

  FaultKind const fault = window.fault();
  NTA_EXPECTS(fault == FaultKind::none, ErrorKind::data, "{}: {} from its start: {}", name,
              info(fault).text, window.fault_text());
  NTA_EXPECTS(window.available() > 0, ErrorKind::data,
              "{}: is empty; a capture has at least a file header", name);
  fail(ErrorKind::data,
       "{}: is no capture: its first bytes are neither those of pcap nor of pcapng "
       "(bad_magic); leave the file out or convert it",
       name);
}

bool is_capture_name(std::string const& name) {
  return name.find(".pcap") != std::string::npos || name.find(".cap") != std::string::npos;
}

std::vector<std::string> captures_below(std::string const& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  try {
    for (auto const& entry : fs::recursive_directory_iterator(folder)) {
      if (is_capture_name(entry.path().filename().string()) && entry.is_regular_file()) {
        found.push_back(entry.path().string());
      }
    }
  } catch (fs::filesystem_error const& error) {
    fail(ErrorKind::data, "{}: the folder cannot be read: {}", folder, error.code().message());
  }
  NTA_EXPECTS(!found.empty(), ErrorKind::data,
              "{}: no captures in this folder (looked for *.pcap* and *.cap* in it and below)",
              folder);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

CaptureFile::CaptureFile(std::unique_ptr<ByteSource> source, std::string name,
                         std::size_t buffer_bytes, bool read_ahead)
    : name_(std::move(name)),
      format_(open_format(std::move(source), name_, buffer_bytes, read_ahead)) {}

CaptureFile CaptureFile::open(std::string const& path, Reading const& reading) {
  // Reads of a pipe or of a terminal may never end, and a thread in one could not be joined.
  std::error_code absent;
  bool const ahead = reading.ahead && std::filesystem::is_regular_file(path, absent);
  return {open_source(path, reading.hash), path == "-" ? "standard input" : path,
          reading.buffer_bytes, ahead};
}

std::map<std::uint32_t, std::uint64_t> CaptureFile::skipped_blocks() const {
  auto const* pcapng = std::get_if<PcapngFile>(&format_);
  return pcapng != nullptr ? pcapng->skipped_blocks() : std::map<std::uint32_t, std::uint64_t>{};
}

std::vector<std::string> find_captures(std::vector<std::string> const& paths) {
  NTA_EXPECTS(!paths.empty(), ErrorKind::usage,
              "no captures named; name files, folders or - for standard input");
  std::vector<std::string> files;
  for (auto const& path : paths) {
    std::error_code ignored;  // a path that is not there fails when it is opened, with the reason
    if (path != "-" && std::filesystem::is_directory(path, ignored)) {
      auto const below = captures_below(path);
      files.insert(files.end(), below.begin(), below.end());
    } else {
      files.push_back(path);
    }
  }
  NTA_EXPECTS(std::count(files.begin(), files.end(), "-") <= 1, ErrorKind::usage,
              "standard input (-) can be read only once");
  return files;
}

}  // namespace nta
