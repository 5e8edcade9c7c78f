// Sources -> files -> tables.
#include "trainers/datasets/table_source.hpp"

#include "libnta/config/load.hpp"
#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

namespace nta {

namespace fs = std::filesystem;

namespace {

bool starts_like_hdf5(fs::path const& path) {
  constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
  std::array<char, 8> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return file.gcount() == static_cast<std::streamsize>(head.size()) &&
         std::string_view(head.data(), head.size()) == kMagic;
}

std::optional<std::string> label_of(SourceConfig const& source, fs::path const& path) {
  if (source.label != "@folder") {
    return source.label;
  }
  return fs::absolute(path).parent_path().filename().string();
}

SourceFile source_file(SourceConfig const& source, fs::path const& path) {
  SourceFile file{.path = path,
                  .format = source.format,
                  .part = source.part,
                  .label = label_of(source, path),
                  .group = source.group,
                  .sha256 = {}};
  if (file.format == SourceFormat::automatic) {
    file.format = detect_format(path);
  }
  fs::path const content = fs::is_directory(path) ? path / "manifest.json" : path;
  file.sha256 = sha256_file_hex(content);
  file.bytes = fs::file_size(content);
  return file;
}

/// What must be equal in all tables: who made the columns, and which they are.
void check_same_columns(SourceTables const& sources) {
  for (std::size_t i = 1; i < sources.tables.size(); ++i) {
    FeatureTable const& first = sources.tables.front();
    FeatureTable const& other = sources.tables[i];
    bool same = first.provenance.profile_sha256 == other.provenance.profile_sha256 &&
                first.provenance.set_sha256 == other.provenance.set_sha256 &&
                first.features.size() == other.features.size();
    for (std::size_t c = 0; same && c < first.features.size(); ++c) {
      same = first.features[c].name == other.features[c].name;
    }
    NTA_EXPECTS(same, ErrorKind::data,
                "{} and {} were made by different profiles or feature sets (profile {} and {}, set "
                "{} and {}); compute both with the same",
                sources.files.front().path.string(), sources.files[i].path.string(),
                first.provenance.profile_sha256.substr(0, 12),
                other.provenance.profile_sha256.substr(0, 12), first.provenance.set_name,
                other.provenance.set_name);
  }
}

}  // namespace

SourceFormat detect_format(fs::path const& path) {
  if (fs::is_directory(path)) {
    NTA_EXPECTS(
        fs::exists(path / "manifest.json"), ErrorKind::data,
        "{} is a folder without manifest.json: no shards; name capture files by a glob such "
        "as {}/*",
        path.string(), path.string());
    return SourceFormat::shards;
  }
  return starts_like_hdf5(path) ? SourceFormat::features : SourceFormat::pcap;
}

std::vector<SourceFile> list_source_files(DataConfig const& config) {
  std::vector<SourceFile> files;
  std::map<fs::path, std::size_t> source_of;
  for (std::size_t s = 0; s < config.sources.size(); ++s) {
    for (std::string const& pattern : config.sources[s].files) {
      std::vector<fs::path> const paths = expand_glob(pattern);
      NTA_EXPECTS(!paths.empty(), ErrorKind::data, "/data/sources/{}/files: no file matches {}", s,
                  pattern);
      for (fs::path const& path : paths) {
        auto const [known, is_first] = source_of.emplace(fs::canonical(path), s);
        bool const other_part = config.sources[known->second].part != config.sources[s].part;
        NTA_EXPECTS(is_first, ErrorKind::usage,
                    "/data/sources/{} and /data/sources/{} both name {}{}", known->second, s,
                    path.string(), other_part ? ", in two parts" : "; its rows would count twice");
        files.push_back(source_file(config.sources[s], path));
      }
    }
  }
  return files;
}

SourceTables read_sources(DataConfig const& config, TableReader const& reader) {
  SourceTables sources;
  sources.files = list_source_files(config);
  for (SourceFile const& file : sources.files) {
    FeatureTable table =
        with_context("reading " + file.path.string(), [&] { return reader(file); });
    auto& hashes = table.provenance.capture_sha256;
    hashes.resize(table.provenance.captures.size());
    if (file.format == SourceFormat::pcap && hashes.size() == 1) {
      hashes.front() = file.sha256;
    }
    sources.tables.push_back(std::move(table));
  }
  check_same_columns(sources);
  return sources;
}

std::string capture_stem(std::string const& path) {
  std::string name = fs::path(path).filename().string();
  constexpr std::array<std::string_view, 9> kSuffixes{".gz",   ".xz",  ".zst", ".lz4",   ".bz2",
                                                      ".pcap", ".cap", ".h5",  ".pcapng"};
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::string_view const suffix : kSuffixes) {
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
        shorter = true;
      }
    }
  }
  return name;
}

}  // namespace nta
