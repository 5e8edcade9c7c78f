// The JSON header of a safetensors file, read event by event: nothing of an unexpected form is
// built, and duplicate keys, which a JSON tree would swallow, are seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct SafeHeaderEntry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;  // data_offsets
};

struct SafeHeader {
  std::vector<SafeHeaderEntry> entries;  // as they stand in the text
  std::map<std::string, std::string> metadata;
};

/// Error(data) on anything that is not {name: {dtype, shape, data_offsets}} with each key once,
/// plus an optional "__metadata__" of strings.
SafeHeader parse_safetensors_header(std::string_view text);

}  // namespace nta
