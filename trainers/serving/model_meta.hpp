// What an exported model says about itself: inputs, preparation, classes, threshold, origin.
// `model.json` <-> ModelMeta; strict both ways. No torch here.
#pragma once

#include "trainers/datasets/preparation.hpp"
#include "trainers/metrics/threshold.hpp"
#include "trainers/models/layer_graph.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nta {

/// What the columns of the raw input are and which profile computes them.
struct ModelFeatures {
  std::string profile_json, profile_sha256, set_name, set_sha256;
  std::vector<std::string> names, units;  // raw columns in order; empty for sequences
};

/// Packet sequences: the first n_steps packets, `packets` all|payload, `size` ip|wire|payload.
struct SequenceLayout {
  std::int64_t n_steps = 0;  // 0: no sequences
  std::string packets, size;
  std::vector<std::string> fields;
};

/// Where the weights come from.
struct ModelOrigin {
  std::string run, config_sha256, split_sha256;
  std::uint64_t seed = 0;
  std::int64_t step = 0, epoch = 0;
  std::map<std::string, std::string> data_sha256;        // capture -> hash
  std::map<std::string, std::optional<double>> metrics;  // "test/macro_f1"; absent value: undefined
  std::map<std::string, std::string> versions;  // of nta (the caller) and torch (the exporter)
};

struct ModelMeta {
  std::string name, task;  // classification anomaly regression
  ModelFeatures features;
  SequenceLayout sequence;
  Preparation preparation;
  std::vector<std::string> classes, normal_classes;
  std::optional<Threshold> threshold;  // absent: arg max, no alarms
  LayerGraph architecture;
  ModelOrigin origin;
};

/// Size and hash of a file of the model folder.
struct FileRecord {
  std::uint64_t n_bytes = 0;
  std::string sha256;
};
using FileRecords = std::map<std::string, FileRecord>;

struct ModelDocument {
  ModelMeta meta;
  FileRecords files;
};

inline constexpr int kModelFormat = 1;

/// model.json, with "self" = SHA-256 of the text in which that value is 64 zeros, so that a flipped
/// bit of the text is found.
std::string model_json(ModelDocument const& document);

/// Error(data) naming the key: wrong "self", unknown format, missing or wrong key, or parts that do
/// not fit each other (columns of the preparation and of the architecture, classes, sequence
/// layout).
ModelDocument parse_model_json(std::string const& text);

/// Error(data) unless the parts fit each other; called by both functions above.
void check_meta(ModelMeta const& meta);

}  // namespace nta
