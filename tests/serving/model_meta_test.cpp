// model.json round trip, its own hash, and parts that do not fit each other.
#include "trainers/serving/model_meta.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/sha256.hpp"
#include "tests/serving/sample_models.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nta {
namespace {

ModelMeta meta_with_graph(test::Sample const& sample) {
  ModelMeta meta = test::meta_of(sample);
  std::int64_t const width = sample.n_steps > 0 ? 3 : 6;
  meta.architecture = layer_graph(sample.config, {width, sample.n_classes, sample.n_steps});
  return meta;
}

std::string error_of(std::string const& text) {
  try {
    parse_model_json(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "accepted";
}

/// The text with a change and a hash that fits it.
std::string resealed(nlohmann::json json) {
  json["self"] = std::string(64, '0');
  std::string text = json.dump(1) + "\n";
  std::string const hash = sha256_hex(text);
  return text.replace(text.find(std::string(64, '0')), 64, hash);
}

TEST(ModelMeta, RoundTripOfEveryKind) {
  for (test::Sample const& sample : test::samples()) {
    ModelDocument const document{meta_with_graph(sample), {{"model.pt", {3, "abc"}}}};
    std::string const text = model_json(document);
    ModelDocument const again = parse_model_json(text);
    EXPECT_EQ(model_json(again), text) << sample.name;
    EXPECT_EQ(again.meta.preparation, document.meta.preparation);
    EXPECT_EQ(again.meta.origin.metrics, document.meta.origin.metrics);
    EXPECT_EQ(again.meta.threshold.has_value(), document.meta.threshold.has_value());
    EXPECT_EQ(again.files.at("model.pt").n_bytes, 3U);
  }
}

TEST(ModelMeta, NoFlippedBitIsUsed) {
  std::string const text = model_json({meta_with_graph(test::samples()[0]), {}});
  for (std::size_t bit = 0; bit < text.size() * 8; bit += 7) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(error_of(flipped), "accepted") << "bit " << bit;
  }
  for (std::size_t n = 0; n < text.size(); n += 11) {
    ASSERT_NE(error_of(text.substr(0, n)), "accepted") << "cut at " << n;
  }
}

TEST(ModelMeta, RefusesSealedNonsense) {
  auto const good = nlohmann::json::parse(model_json({meta_with_graph(test::samples()[2]), {}}));
  ASSERT_EQ(error_of(resealed(good)), "accepted");
  struct Change {
    char const* pointer;
    nlohmann::json value;
    char const* message;
  };
  std::vector<Change> const changes{
      {"/nta_model", 2, "another format"},
      {"/extra", 1, "does not know"},
      {"/features/columns/0/name", "other", "other columns"},
      {"/features/columns/0/extra", 1, "does not know"},
      {"/classes", {"a", "b"}, "2 classes"},
      {"/preparation/columns/0/scale", 3.0, "hash"},
      {"/threshold/rule", "luck", "threshold rule"},
      {"/threshold/value", "high", "wrong one"},
      {"/architecture/layers/0/in", 5, "takes 5 columns"},
      {"/sequence",
       {{"n_steps", 4}, {"packets", "all"}, {"size", "ip"}, {"fields", {"size"}}},
       "sequence layout"},
  };
  for (Change const& change : changes) {
    nlohmann::json changed = good;
    changed[nlohmann::json::json_pointer(change.pointer)] = change.value;
    std::string const message = error_of(resealed(changed));
    EXPECT_NE(message.find(change.message), std::string::npos) << change.pointer << ": " << message;
  }
  nlohmann::json missing = good;
  missing.erase("origin");
  EXPECT_NE(error_of(resealed(missing)).find("lacks a key"), std::string::npos);
  nlohmann::json deep = 1;
  for (int i = 0; i < 5000; ++i) deep = nlohmann::json::array({deep});
  nlohmann::json nested = good;
  nested["zz"] = deep;
  EXPECT_NE(error_of(resealed(nested)).find("nested"), std::string::npos);
}

}  // namespace
}  // namespace nta
