// Column names of set `cic76`: as published by the tool's current source (head), as in the data
// sets of 2017 and 2018, and as its Python port writes them (`flows.md` 4.2). Names only: values
// are the profile's, whatever they are called.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nta {

enum class CicNames : std::uint8_t { head, of_2017, of_2018, python };

/// "head", "2017", "2018" or "python".
CicNames cic_names_of(std::string_view word);

/// The set's name, or that of an identity column of its CSV, in another publication.
std::string cic_name(std::string_view published, CicNames names);

/// The data set of 2017 has this column a second time, behind that one.
inline constexpr std::string_view kCicTwiceIn2017 = "Fwd Header Length";
inline constexpr std::string_view kCicTwiceBehind = "Bwd Segment Size Avg";

}  // namespace nta
