// JSON documents that are part of the program: generated from profiles/ and feature_sets/ when the
// build is configured (scripts/cmake/EmbedText.cmake).
#pragma once

#include <span>
#include <string_view>

namespace nta {

struct Document {
  std::string_view name;  // file name without suffix
  std::string_view text;
};

std::span<Document const> profile_documents();
std::span<Document const> feature_set_documents();

}  // namespace nta
