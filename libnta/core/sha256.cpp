#include "libnta/core/sha256.hpp"

#include "libnta/core/error.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <openssl/evp.h>

namespace nta {

struct Sha256::Context {
  EVP_MD_CTX* handle = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(handle); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  NTA_EXPECTS(EVP_DigestInit_ex(context_->handle, EVP_sha256(), nullptr) == 1, ErrorKind::failed,
              "libcrypto offers no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<std::byte const> bytes) {
  EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size());
}

Digest Sha256::digest() {
  Digest out{};
  EVP_DigestFinal_ex(context_->handle, out.data(), nullptr);
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
