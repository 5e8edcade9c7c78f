// Named tensors <-> a safetensors file. Nothing is guessed: types and shapes are those of the file.
#pragma once

#include "trainers/models/model.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct WeightsFile {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Contiguous CPU copies of the tensors, as file bytes. float32, float64, int64, int32, uint8,
/// bool.
std::string weights_bytes(std::vector<NamedTensor> const& tensors,
                          std::map<std::string, std::string> const& metadata = {});

/// Own copies of all tensors of the file. Error(data) as `parse_safetensors`, or for a type that
/// nta does not use.
WeightsFile parse_weights(std::string_view bytes);

/// Reads and parses; errors name the path.
WeightsFile read_weights(std::filesystem::path const& path);

}  // namespace nta
