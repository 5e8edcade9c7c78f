// gzip, zstd and xz members made with the libraries' one-call compressors.
#pragma once

#include <lzma.h>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace nta::test {

using ByteVector = std::vector<std::uint8_t>;

inline ByteVector gzip(ByteVector const& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  ByteVector out(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  int const code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

inline ByteVector zstd(ByteVector const& bytes) {
  ByteVector out(ZSTD_compressBound(bytes.size()));
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the command line tool does
  std::size_t const n = ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
  ZSTD_freeCCtx(context);
  if (ZSTD_isError(n) != 0) throw std::runtime_error("zstd");
  out.resize(n);
  return out;
}

inline ByteVector xz(ByteVector const& bytes) {
  ByteVector out(lzma_stream_buffer_bound(bytes.size()));
  std::size_t n = 0;
  if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, bytes.data(), bytes.size(), out.data(),
                              &n, out.size()) != LZMA_OK) {
    throw std::runtime_error("xz");
  }
  out.resize(n);
  return out;
}

struct Compressor {
  std::string name;
  ByteVector (*compress)(ByteVector const&);
};
inline Compressor const kCompressors[] = {{"gzip", gzip}, {"zstd", zstd}, {"xz", xz}};

}  // namespace nta::test
