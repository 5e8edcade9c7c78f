// Word by word, or by the processor's shuffles: the same bytes.
#include "libnta/flows/packed_words.hpp"

#include "libnta/flows/packed_words_loop.hpp"

namespace nta {
namespace {

using packed_words_detail::kBytes;
using packed_words_detail::size_in;

struct PlainGroups {
  static unsigned pack(std::byte const* words, std::byte const* model, std::byte* to) {
    std::uint32_t w[4], m[4];
    std::memcpy(w, words, sizeof w);
    std::memcpy(m, model, sizeof m);
    unsigned code = 0;
    for (unsigned k = 0; k < 4; ++k) {
      unsigned const size = 1U + (w[k] > 0xFF ? 1U : 0U) + (w[k] > 0xFFFF ? 1U : 0U);
      unsigned const kept = w[k] == m[k] ? 0U : size;
      code |= (kept & 1U) << k | (kept >> 1U) << (4 + k);
      std::memcpy(to, &w[k], sizeof w[k]);  // the next word covers what this one wrote too much
      to += kBytes[kept];
    }
    return code;
  }
  static void unpack(std::byte const* from, unsigned code, std::byte* words) {
    for (unsigned k = 0; k < 4; ++k) {
      unsigned const bytes = kBytes[size_in(code, k)];
      std::uint32_t word = 0;
      std::memcpy(&word, from, bytes);
      if (bytes > 0) {
        std::memcpy(words + 4 * k, &word, sizeof word);
      }
      from += bytes;
    }
  }
};

#if defined(__x86_64__)
bool has_shuffles() {
  static bool const has = __builtin_cpu_supports("ssse3") != 0;
  return has;
}
#endif

}  // namespace

std::size_t WordPacking::pack(std::byte const* words, std::byte* to) const {
#if defined(__x86_64__)
  if (shuffles && has_shuffles()) {
    return packed_words_detail::pack_ssse3(*this, words, to);
  }
#endif
  return packed_words_detail::pack_groups<PlainGroups>(*this, words, to);
}

void WordPacking::unpack(std::byte const* from, std::byte* words) const {
#if defined(__x86_64__)
  if (shuffles && has_shuffles()) {
    packed_words_detail::unpack_ssse3(*this, from, words);
    return;
  }
#endif
  packed_words_detail::unpack_groups<PlainGroups>(*this, from, words);
}

}  // namespace nta
