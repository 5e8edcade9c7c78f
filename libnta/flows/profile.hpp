// A profile: what a flow is, as data. A JSON document (`flows.md` 3) becomes Rules; unknown,
// missing and contradictory fields are errors that name the document and the key.
#pragma once

#include "libnta/flows/rules.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

struct Profile {
  std::string name;
  int version = 0;
  Rules rules;
  std::string canonical;  // the document, keys sorted, no spaces
  std::string sha256;     // of `canonical`
};

/// `source` (a file's name) stands in the messages. Error(usage).
Profile parse_profile(std::string_view json, std::string_view source);

std::vector<std::string> built_in_profile_names();

/// A built-in profile's name, or the path of a document. Error(usage) if neither.
Profile load_profile(std::string const& name_or_path);

/// The profile with another `use.tunnels` (inner | outer | both): another document, another hash.
Profile with_tunnels(Profile const& profile, std::string const& tunnels);

/// The name of a reason that keeps a used row out of flows, "" for in_flow and other_layer.
std::string_view row_use_name(RowUse use);

}  // namespace nta
