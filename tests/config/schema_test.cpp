// The JSON Schemas say what the checks say, as far as draft 7 can.
#include "config_support.hpp"
#include "libnta/config/config_value.hpp"
#include "libnta/config/field_type.hpp"
#include "libnta/config/suggest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>

namespace nta::test {
namespace {

using testing::HasSubstr;

/// Every object of a schema either lists its keys and takes no others, or is a map.
void expect_closed(Json const& schema, std::string const& at) {
  if (schema.contains("properties") && schema.contains("type")) {
    EXPECT_TRUE(schema.contains("additionalProperties")) << at;
    EXPECT_EQ(schema["additionalProperties"], false) << at;
    for (auto const& [key, inner] : schema["properties"].items())
      expect_closed(inner, at + "/" + key);
  }
  if (schema.contains("items")) expect_closed(schema["items"], at + "/*");
  if (schema.contains("anyOf")) {
    for (Json const& inner : schema["anyOf"]) expect_closed(inner, at);
  }
}

TEST(Schema, IsDraft7AndClosedEverywhere) {
  for (std::string const& text : {schema_json(), sweep_schema_json()}) {
    Json const schema = Json::parse(text);
    EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    EXPECT_EQ(schema["additionalProperties"], false);
    expect_closed(schema, "");
  }
}

TEST(Schema, HasEveryFieldWithItsRange) {
  Json const schema = Json::parse(schema_json());
  Json const& training = schema["properties"]["training"]["properties"];
  EXPECT_EQ(training["epochs"]["minimum"], 1);
  EXPECT_EQ(training["epochs"]["maximum"], 100'000);
  EXPECT_EQ(training["epochs"]["default"], 20);
  EXPECT_EQ(training["optimizer"]["properties"]["betas"]["items"]["exclusiveMaximum"], 1);
  EXPECT_EQ(training["optimizer"]["properties"]["betas"]["minItems"], 2);
  EXPECT_EQ(training["sampler"]["enum"], Json({"shuffle", "sequential", "balanced"}));
  EXPECT_EQ(training["early_stop"]["type"], Json({"object", "null"}));
  EXPECT_EQ(schema["properties"]["model"]["anyOf"].size(), std::variant_size_v<ModelConfig>);
  EXPECT_EQ(schema["required"], Json({"nta_experiment"}));
  EXPECT_EQ(schema["else"]["required"], Json({"task", "data", "model"}));
  EXPECT_EQ(schema["else"]["properties"]["data"]["required"], Json({"sources"}));
}

TEST(Docs, NameEveryFieldOfBothFiles) {
  std::string const docs = markdown_docs();
  for (FieldType const* type : {&experiment_type(), &sweep_type()}) {
    std::vector<std::string> const paths = all_paths(*type);
    for (std::string path : paths) {
      bool const has_inside =
          std::any_of(paths.begin(), paths.end(),
                      [&](std::string const& other) { return other.starts_with(path + "."); });
      if (has_inside || path.ends_with(".kind")) continue;
      if (std::size_t const list = path.find("[i]"); list != std::string::npos) {
        path.replace(list, 3, "[]");
      }
      EXPECT_NE(docs.find("| `" + path + "` |"), std::string::npos) << path;
    }
  }
  EXPECT_THAT(docs, HasSubstr("| `training.epochs` | integer | `20` | [1, 100000] |"));
  EXPECT_THAT(docs, HasSubstr("| `space.PATH.log` |"));
}

TEST(Fields, NoDefaultBreaksItsOwnRule) {
  // Defaults come from the structs and rules from the field lists: they must agree.
  EXPECT_EQ(complaint(load_experiment("a.json", in_memory({{"a.json", kSmall}})).resolved_json),
            "");
}

TEST(Fields, EveryFieldSaysWhatItIs) {
  std::vector<FieldSpec const*> open;
  for (FieldSpec const& field : experiment_type().fields) open.push_back(&field);
  for (FieldSpec const& field : sweep_type().fields) open.push_back(&field);
  while (!open.empty()) {
    FieldSpec const& field = *open.back();
    open.pop_back();
    EXPECT_FALSE(field.text.empty()) << field.name;
    EXPECT_NE(field.type.choices.size(), 1U) << field.name << " has one legal value";
    for (FieldSpec const& inner : field.type.fields) open.push_back(&inner);
    for (FieldSpec const& variant : field.type.variants) {
      for (FieldSpec const& inner : variant.type.fields) open.push_back(&inner);
    }
    if (field.type.element) {
      for (FieldSpec const& inner : field.type.element->fields) open.push_back(&inner);
    }
  }
}

}  // namespace
}  // namespace nta::test
