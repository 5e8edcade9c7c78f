// JSON objects, one a line, over a descriptor: how a sweep's driver and a worker talk.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace nta {

inline constexpr std::size_t kMaxMessageBytes = 1 << 20;

class WorkerChannel {
 public:
  /// Borrowed descriptors: 3 and 3 for a socket pair, 0 and 1 for standard input and output.
  WorkerChannel(int input, int output) : input_(input), output_(output) {}

  /// One line, whole. Error(failed) if the other side is gone.
  void send(nlohmann::ordered_json const& message);
  /// The next message; nothing at the end of input, or when a signal asked to stop while waiting.
  /// Error(usage) for a line that is no JSON object with a string "type", or too long.
  std::optional<nlohmann::json> receive();

 private:
  int input_, output_;
  std::string buffer_;
};

}  // namespace nta
