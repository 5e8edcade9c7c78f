// gzip, zstd and xz as byte sources: told by their first bytes, concatenated members read as one
// stream. Everything before damage comes out; the damage itself is a decompress_error.
#include "libnta/capture/byte_cursor.hpp"
#include "libnta/capture/byte_source.hpp"

#include <algorithm>
#include <array>
#include <lzma.h>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

namespace nta {

namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 18;
// xz -9 needs 65 MiB; a header that asks for more than this is hostile or made for another machine.
constexpr std::uint64_t kXzMemoryBytes = std::uint64_t{256} << 20;

/// What the decompressors share: the compressed input, a buffer at a time.
class Decompressor : public ByteSource {
 public:
  explicit Decompressor(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), input_(kInputBytes) {}
  std::uint64_t stored_bytes() const override { return source_->stored_bytes(); }
  std::string stored_sha256() override { return source_->stored_sha256(); }

  std::size_t read(std::span<std::uint8_t> into) final {
    while (fault() == FaultKind::none && !done_) {
      if (n_left_ == 0 && !at_end_) {
        next_ = input_.data();
        n_left_ = source_->read(input_);
        at_end_ = n_left_ == 0;
      }
      if (at_end_ && source_->fault() != FaultKind::none) {
        return fail(source_->fault(), source_->fault_text());
      }
      std::size_t const n = step(into);
      if (n > 0) return n;
    }
    return 0;
  }

 protected:
  /// Turns input [next_, next_ + n_left_) into output; 0 = more input is needed, or done, or
  /// failed.
  virtual std::size_t step(std::span<std::uint8_t> into) = 0;
  std::size_t damaged(std::string_view format, std::string_view what) {
    return fail(FaultKind::decompress_error, std::string(format) + ": " + std::string(what));
  }
  std::size_t finished() {
    done_ = true;
    return 0;
  }
  void consume(std::size_t n) {
    next_ += n;
    n_left_ -= n;
  }

  std::uint8_t const* next_ = nullptr;
  std::size_t n_left_ = 0;
  bool at_end_ = false;

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::uint8_t> input_;
  bool done_ = false;
};

class GzipSource final : public Decompressor {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source) : Decompressor(std::move(source)) {
    if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) damaged("gzip", "out of memory");
  }
  ~GzipSource() override { inflateEnd(&stream_); }

 private:
  std::size_t step(std::span<std::uint8_t> into) override {
    if (between_members_) {
      // Zeros after the last member are padding of tapes and block devices, as gzip has it.
      while (n_left_ > 0 && *next_ == 0) consume(1);
      if (n_left_ == 0) return at_end_ ? finished() : 0;
      between_members_ = false;
    }
    stream_.next_in = const_cast<Bytef*>(next_);
    stream_.avail_in = static_cast<uInt>(n_left_);
    stream_.next_out = into.data();
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), 1U << 30));
    uInt const room = stream_.avail_out;
    int const code = inflate(&stream_, Z_NO_FLUSH);
    consume(n_left_ - stream_.avail_in);
    std::size_t const n = room - stream_.avail_out;
    if (code == Z_STREAM_END) {
      inflateReset(&stream_);
      between_members_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      damaged("gzip", stream_.msg != nullptr ? stream_.msg : "damaged");
    } else if (at_end_ && n == 0) {
      damaged("gzip", "the file ends inside a member");
    }
    return n;  // what came out before damage still counts; the fault shows at the next read
  }

  z_stream stream_{};
  bool between_members_ = false;
};

class ZstdSource final : public Decompressor {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source)
      : Decompressor(std::move(source)), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) damaged("zstd", "out of memory");
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

 private:
  std::size_t step(std::span<std::uint8_t> into) override {
    if (at_end_ && !inside_frame_) return finished();
    ZSTD_inBuffer in{next_, n_left_, 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    std::size_t const code = ZSTD_decompressStream(stream_, &out, &in);
    consume(in.pos);
    if (ZSTD_isError(code) != 0) {
      damaged("zstd", ZSTD_getErrorName(code));
    } else {
      // At the end, a call that gives nothing while a frame is open can never give anything more.
      inside_frame_ = code != 0;
      if (at_end_ && inside_frame_ && out.pos == 0) {
        damaged("zstd", "the file ends inside a frame");
      }
    }
    return out.pos;
  }

  ZSTD_DStream* stream_;
  bool inside_frame_ = false;
};

class XzSource final : public Decompressor {
 public:
  explicit XzSource(std::unique_ptr<ByteSource> source) : Decompressor(std::move(source)) {
    if (lzma_stream_decoder(&stream_, kXzMemoryBytes, LZMA_CONCATENATED) != LZMA_OK) {
      damaged("xz", "out of memory");
    }
  }
  ~XzSource() override { lzma_end(&stream_); }

 private:
  std::size_t step(std::span<std::uint8_t> into) override {
    stream_.next_in = next_;
    stream_.avail_in = n_left_;
    stream_.next_out = into.data();
    stream_.avail_out = into.size();
    lzma_ret const code = lzma_code(&stream_, at_end_ ? LZMA_FINISH : LZMA_RUN);
    consume(n_left_ - stream_.avail_in);
    std::size_t const n = into.size() - stream_.avail_out;
    if (code == LZMA_STREAM_END) {
      finished();
    } else if (code != LZMA_OK && !(code == LZMA_BUF_ERROR && !at_end_)) {
      damaged("xz", code == LZMA_BUF_ERROR        ? "the file ends inside a stream"
                    : code == LZMA_MEMLIMIT_ERROR ? "needs more than 256 MiB to decompress"
                                                  : "damaged");
    }
    return n;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
};

bool starts_with(std::vector<std::uint8_t> const& bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source) {
  std::vector<std::uint8_t> first(6);
  std::size_t n = 0;
  while (n < first.size()) {
    std::size_t const got = source->read(std::span(first).subspan(n));
    if (got == 0) break;
    n += got;
  }
  first.resize(n);
  auto whole = std::make_unique<PrefixedSource>(first, std::move(source));
  bool const skippable_zstd = n >= 4 && (load_le32(first.data()) & ~0xFU) == 0x184D2A50;
  if (starts_with(first, "\x1f\x8b")) return std::make_unique<GzipSource>(std::move(whole));
  if (starts_with(first, "\x28\xb5\x2f\xfd") || skippable_zstd) {
    return std::make_unique<ZstdSource>(std::move(whole));
  }
  if (starts_with(first, std::string_view("\xfd"
                                          "7zXZ\0",
                                          6))) {
    return std::make_unique<XzSource>(std::move(whole));
  }
  return whole;
}

}  // namespace nta
