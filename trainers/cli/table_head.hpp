// The first rows of what nta writes, as objects and as aligned text: nta inspect --head.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace nta::cli {

/// The first n rows as objects, columns in file order: packets of a shard folder in capture order,
/// flows of a feature file, rows of a series. `content`: that of summarize(). Error(data) as their
/// readers.
nlohmann::ordered_json head_rows(std::filesystem::path const& path, std::string const& content,
                                 std::size_t n);

/// Packets a line each; rows of more than 20 columns stand beside each other, a line per column.
std::string head_text(nlohmann::ordered_json const& rows);

}  // namespace nta::cli
