#include "libnta/core/sha256.hpp"

#include "libnta/core/error.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#define OPENSSL_SUPPRESS_DEPRECATED  // EVP reads a configuration and builds tables at every start
#include <openssl/sha.h>

namespace nta {

struct Sha256::Context {
  SHA256_CTX hash;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  SHA256_Init(&context_->hash);
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<std::byte const> bytes) {
  SHA256_Update(&context_->hash, bytes.data(), bytes.size());
}

Digest Sha256::digest() {
  Digest out{};
  SHA256_Final(out.data(), &context_->hash);
  return out;
}

std::string to_hex(Digest const& digest) {
  std::string out;
  out.reserve(2 * digest.size());
  for (auto const byte : digest) {
    fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  }
  return out;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return to_hex(hash.digest());
}

std::string sha256_file_hex(std::filesystem::path const& path, std::function<void()> const& each) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       &std::fclose);
  if (!file) {
    fail_errno(ErrorKind::data, "cannot open " + path.string(), errno);
  }
  Sha256 hash;
  std::array<std::byte, 1 << 16> buffer;  // NOLINT: filled by fread before it is read
  while (std::size_t const n = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    hash.update(std::span(buffer).first(n));
    if (each) {
      each();
    }
  }
  if (std::ferror(file.get())) {
    fail_errno(ErrorKind::data, "cannot read " + path.string(), errno);
  }
  return to_hex(hash.digest());
}

}  // namespace nta
