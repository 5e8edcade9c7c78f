// Where a capture's bytes come from: a file, standard input, memory, or a decompressor over one of
// them. Called once per buffer, so a virtual call costs nothing here; never throws while reading.
#pragma once

#include "libnta/capture/skip_reason.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nta {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource() = default;
  ByteSource(ByteSource const&) = delete;
  ByteSource& operator=(ByteSource const&) = delete;

  /// Fills `into` from the front and returns how much; 0 = the end, or a fault from now on.
  virtual std::size_t read(std::span<std::uint8_t> into) = 0;
  /// Bytes of the input as stored (compressed), or what was read of them if there is no size.
  virtual std::uint64_t stored_bytes() const = 0;

  /// SHA-256 of all bytes as stored, those that nobody has read included; empty if the source was
  /// not asked to hash them, or has failed. It gives no more bytes then.
  virtual std::string stored_sha256() { return ""; }

  FaultKind fault() const { return fault_; }
  std::string const& fault_text() const { return fault_text_; }

 protected:
  std::size_t fail(FaultKind kind, std::string text) {
    fault_ = kind;
    fault_text_ = std::move(text);
    return 0;
  }

 private:
  FaultKind fault_ = FaultKind::none;
  std::string fault_text_;
};

/// Bytes in memory; they must outlive the source.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<std::uint8_t const> bytes) : bytes_(bytes) {}
  std::size_t read(std::span<std::uint8_t> into) override;
  std::uint64_t stored_bytes() const override { return bytes_.size(); }

 private:
  std::span<std::uint8_t const> bytes_;
  std::size_t at_ = 0;
};

/// A file, or standard input for "-". Error(data) if it cannot be opened. `hash`: its bytes are
/// hashed while they are read, if it is a regular file.
std::unique_ptr<ByteSource> open_source(std::string const& path, bool hash = false);

/// Puts a decompressor in front if the first bytes are those of gzip, zstd or xz.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source);

/// Some bytes that were read ahead, then the rest of the source they came from.
class PrefixedSource : public ByteSource {
 public:
  PrefixedSource(std::vector<std::uint8_t> prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
  std::size_t read(std::span<std::uint8_t> into) override;
  std::uint64_t stored_bytes() const override { return rest_->stored_bytes(); }
  std::string stored_sha256() override { return rest_->stored_sha256(); }

 private:
  std::vector<std::uint8_t> prefix_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace nta
