// SHA-256 of bytes, text and files (through libcrypto).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nta {

using Digest = std::array<std::uint8_t, 32>;

/// Incremental hash. Not copyable; `digest` ends it.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256 const&) = delete;
  Sha256& operator=(Sha256 const&) = delete;
  void update(std::span<std::byte const> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  Digest digest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Lower-case hexadecimal, 64 characters.
std::string to_hex(Digest const& digest);
std::string sha256_hex(std::string_view text);
/// Error(data) if the file cannot be read. `each`: called per 64 KiB, may throw to stop.
std::string sha256_file_hex(std::filesystem::path const& path,
                            std::function<void()> const& each = {});

}  // namespace nta
