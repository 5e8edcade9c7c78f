#include "trainers/evaluation/worker_channel.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/stop_flag.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace nta {
namespace {

/// No SIGPIPE where the descriptor is a socket: a dead driver is an Error, not a death.
ssize_t write_some(int descriptor, std::string const& text, std::size_t from) {
  auto const n = ::send(descriptor, text.data() + from, text.size() - from, MSG_NOSIGNAL);
  if (n >= 0 || errno != ENOTSOCK) {
    return n;
  }
  return ::write(descriptor, text.data() + from, text.size() - from);
}

nlohmann::json parse_message(std::string const& line) {
  auto message = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  NTA_EXPECTS(message.is_object() && message.contains("type") && message.at("type").is_string(),
              ErrorKind::usage, "the driver sent no JSON object with a type: {}",
              line.substr(0, 200));
  return message;
}

}  // namespace

void WorkerChannel::send(nlohmann::ordered_json const& message) {
  auto const line = message.dump() + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    auto const n = write_some(output_, line, sent);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      fail_errno(ErrorKind::failed, "the driver is gone", errno);
    }
    sent += static_cast<std::size_t>(n);
  }
}

std::optional<nlohmann::json> WorkerChannel::receive() {
  for (;;) {
    if (auto const end = buffer_.find('\n'); end != std::string::npos) {
      auto const line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return parse_message(line);
    }
    NTA_EXPECTS(buffer_.size() <= kMaxMessageBytes, ErrorKind::usage,
                "the driver sent a line of over {} bytes", kMaxMessageBytes);
    std::array<char, 1 << 16> piece{};
    auto const n = ::read(input_, piece.data(), piece.size());
    if (n < 0 && errno == EINTR && stop_requested() == 0) {
      continue;
    }
    if (n <= 0) {
      return std::nullopt;
    }
    buffer_.append(piece.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace nta
