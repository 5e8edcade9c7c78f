// An experiment's data.sources -> files with their hashes -> FeatureTables. What turns one file
// into a table is handed in, so that captures, shards and feature files meet the same checks.
#pragma once

#include "libnta/config/sections/data.hpp"
#include "libnta/flows/feature_table.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nta {

/// One file or shard folder of a source.
struct SourceFile {
  std::filesystem::path path;
  SourceFormat format = SourceFormat::automatic;  // resolved: never automatic
  SourcePart part = SourcePart::free;
  std::optional<std::string> label;  // of all rows; "@folder" is resolved
  std::optional<std::string> group;  // unit of all rows; else the stem of each capture
  std::string sha256;                // of a folder: of its manifest
  std::uint64_t bytes = 0;
};

/// Files of all sources in source order, each glob sorted bytewise.
/// Error(data) naming the pattern that matches nothing; Error(usage) for a file named twice.
std::vector<SourceFile> list_source_files(DataConfig const& config);

/// By content: a folder with a manifest is shards, HDF5 is features, all else a capture.
SourceFormat detect_format(std::filesystem::path const& path);

using TableReader = std::function<FeatureTable(SourceFile const&)>;

/// Tables in the order of their files; rows know their source.
struct SourceTables {
  std::vector<SourceFile> files;
  std::vector<FeatureTable> tables;
};

/// Each file read on its own, so that no flow spans two files. Hashes fill the tables' provenance
/// where it lacks them. Error(data) if two tables differ in profile or columns, naming both files.
SourceTables read_sources(DataConfig const& config, TableReader const& reader);

/// "lab-07" of "/x/lab-07.pcap.zst": the file name without its capture and compression suffixes.
std::string capture_stem(std::string const& path);

}  // namespace nta
