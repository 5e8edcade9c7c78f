// Any bytes as a stored chunk, as a manifest, and as edits of a sealed shard: an Error(data), or
// exactly what was written.
#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/codec.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/columns.hpp"
#include "libnta/shards/manifest.hpp"
#include "libnta/shards/shard_writer.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/shards/random_table.hpp"

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using nta::fuzz::require;

/// Runs f; an Error must be one of data. Did f end without one?
template <class F>
bool takes(F const& f) {
  try {
    f();
    return true;
  } catch (nta::Error const& error) {
    require(error.kind() == nta::ErrorKind::data, "damage is an Error(data)");
    return false;
  }
}

void as_chunk(std::span<std::byte const> bytes) {
  if (bytes.size() < 4) {
    return;
  }
  static constexpr std::size_t kElements[] = {1, 2, 4, 8, 16};
  auto const codec = static_cast<nta::Codec>(static_cast<unsigned>(bytes[0]) % 3);
  auto const element = kElements[static_cast<unsigned>(bytes[1]) % 5];
  auto const rows = static_cast<std::size_t>(bytes[2]) * 4 + static_cast<std::size_t>(bytes[3]);
  std::vector<std::byte> raw(rows * element);
  nta::ChunkBuffers buffers;
  if (!takes([&] { nta::decode_chunk(bytes.subspan(4), element, codec, raw, buffers); })) {
    return;
  }
  std::vector<std::byte> again(raw.size());
  nta::decode_chunk(nta::encode_chunk(raw, element, codec, buffers), element, codec, again,
                    buffers);
  require(again == raw, "what was decoded is encoded again without loss");
}

void as_manifest(std::span<std::byte const> bytes) {
  std::string const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  takes([&] {
    auto const manifest = nta::parse_manifest(text, "manifest.json");
    nta::parse_manifest(nta::manifest_text(manifest), "manifest.json");
  });
}

std::string const& whole_shard() {
  static std::string const bytes = [] {
    nta::test::ScratchFolder const scratch("shardfuzz");
    nta::write_shard(nta::test::random_table(40, 5, 1), scratch / "s.h5", {.n_partitions = 2});
    return nta::read_file(scratch / "s.h5");
  }();
  return bytes;
}

void read_shard(fs::path const& path) {
  nta::ColumnFileReader const file(path, nta::kShardFormat);
  nta::visit_row_columns([&](nta::ColumnInfo const& info, auto member) {
    using T = typename std::remove_cvref_t<decltype(std::declval<nta::PacketTable&>().*
                                                    member)>::value_type;
    file.column<T>("rows/" + std::string(info.name), info.encoding);
  });
  nta::visit_key_columns([&](nta::ColumnInfo const& info, auto member) {
    using T = std::remove_cvref_t<decltype(std::declval<nta::PacketKey&>().*member)>;
    file.column<T>("keys/" + std::string(info.name), info.encoding);
  });
}

/// Each 4 bytes: place (3) and what is xored to the byte there.
void as_edits(std::span<std::byte const> bytes) {
  auto edited = whole_shard();
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    auto const place =
        (static_cast<std::size_t>(bytes[0]) << 16 | static_cast<std::size_t>(bytes[1]) << 8 |
         static_cast<std::size_t>(bytes[2])) %
        edited.size();
    edited[place] = static_cast<char>(edited[place] ^ static_cast<char>(bytes[3]));
  }
  static nta::test::ScratchFolder const scratch("shardedits");
  auto const path = scratch / "s.h5";
  std::ofstream(path, std::ios::binary) << edited;
  bool const taken = takes([&] { read_shard(path); });
  require(taken == (edited == whole_shard()), "every edit is found, and only edits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  auto const bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 3) {
    case 0:
      as_chunk(bytes);
      break;
    case 1:
      as_manifest(bytes);
      break;
    default:
      as_edits(bytes);
      break;
  }
  return 0;
}
