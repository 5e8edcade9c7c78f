// How much memory a command may take: what --memory says, or half of what there is.
#include "libnta/core/error.hpp"
#include "trainers/cli/stream_features.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <unistd.h>

namespace nta::cli {
namespace {

/// The limit of this process's control group; SIZE_MAX without one.
std::size_t control_group_limit() {
  for (char const* const path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::size_t bytes = 0;
    if (file >> bytes) {  // "max" is no number
      return bytes;
    }
  }
  return SIZE_MAX;
}

}  // namespace

std::size_t default_memory_bytes() {
  auto const pages = ::sysconf(_SC_PHYS_PAGES);
  auto const page_bytes = ::sysconf(_SC_PAGESIZE);
  constexpr std::size_t kUnknown = std::size_t{2} << 30U;
  auto const machine = pages > 0 && page_bytes > 0
                           ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes)
                           : kUnknown;
  return std::max(std::min(machine, control_group_limit()) / 2, kLeastMemory);
}

std::size_t memory_bytes_from(std::string const& text) {
  std::uint64_t number = 0;
  auto const* const end = text.data() + text.size();
  auto const parsed = std::from_chars(text.data(), end, number);
  constexpr std::string_view kUnits = "KMGT";
  unsigned shift = 0;
  auto const* at = parsed.ptr;
  if (at != end) {
    auto const unit = kUnits.find(static_cast<char>(std::toupper(static_cast<unsigned char>(*at))));
    shift = unit == std::string_view::npos ? 64 : 10 * (static_cast<unsigned>(unit) + 1);
    ++at;
  }
  bool const fits = shift < 64 && number <= (UINT64_MAX >> 1U >> shift);
  NTA_EXPECTS(parsed.ec == std::errc() && at == end && fits, ErrorKind::usage,
              "--memory {}: expected bytes, or a number with K, M, G or T, as in 2G", text);
  auto const bytes = static_cast<std::size_t>(number << shift);
  NTA_EXPECTS(bytes >= kLeastMemory, ErrorKind::usage, "--memory {}: at least {}M are needed", text,
              kLeastMemory >> 20U);
  return bytes;
}

}  // namespace nta::cli
