// The comparison itself, and a folder whose script is another model's.
#include "trainers/serving/parity.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/sha256.hpp"
#include "tests/serving/sample_models.hpp"
#include "trainers/serving/torchscript.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace nta {
namespace fs = std::filesystem;
namespace {

at::Tensor row(std::vector<double> const& values) {
  Matrix const matrix{1, values.size(), values};
  return view_of(matrix).clone();
}

TEST(Compare, CountsEveryDifference) {
  EXPECT_EQ(compare("", row({1, NAN, INFINITY}), row({1, NAN, INFINITY})).max_abs, 0);
  ParityCase const one = compare("", row({2, 0}), row({1.5, 0}));
  EXPECT_EQ(one.max_abs, 0.5);
  EXPECT_EQ(one.max_rel, 0.25);
  EXPECT_TRUE(std::isinf(compare("", row({NAN}), row({0})).max_abs));
  EXPECT_TRUE(std::isinf(compare("", row({INFINITY}), row({-INFINITY})).max_abs));
  EXPECT_TRUE(std::isinf(compare("", row({1}), row({1, 1})).max_abs));
  EXPECT_TRUE(std::isinf(compare("", row({1}), row({1}).to(at::kFloat)).max_abs));
}

TEST(ExportCheck, FindsAScriptThatComputesSomethingElse) {
  std::string pattern = testing::TempDir() + "/nta_parity_XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  fs::path const root = pattern;
  test::Sample const sample = test::samples()[0];
  auto const model = test::model_of(sample);
  export_model({test::meta_of(sample), *model, {}, {}}, root / "m");
  EXPECT_EQ(export_check(root / "m"), 0);
  // The same architecture with one weight moved by the last bit, sealed again.
  LoadedModel other = load_model_folder(root / "m");
  at::Tensor const weight = other.model->parameters()[0].tensor.detach();
  weight.mutable_data_ptr<float>()[0] = std::nextafter(weight.const_data_ptr<float>()[0], 9.0F);
  ScriptOutline const outline{
      other.meta.architecture, other.input.steps(), {true, false, false}, 0.6, 0, 1, false};
  std::string const script =
      torchscript_bytes({outline, *other.model, other.input, other.statistics},
                        {{"nta/meta.json", "{}"},
                         {"nta/golden.safetensors", read_file(root / "m" / "golden.safetensors")}});
  ModelDocument document = parse_model_json(read_file(root / "m" / "model.json"));
  document.files["model.pt"] = {script.size(), sha256_hex(script)};
  write_file_atomic(root / "m" / "model.pt", script);
  write_file_atomic(root / "m" / "model.json", model_json(document));
  EXPECT_EQ(export_check(root / "m"), 1);
  auto const parity = nlohmann::json::parse(read_file(root / "m" / "parity.json"));
  EXPECT_EQ(parity.at("ok").get<bool>(), false);
  EXPECT_GT(parity.at("max_abs").get<double>(), 0);
  fs::remove_all(root);
}

TEST(Script, HasTheKeysOfAnEqualPythonModule) {
  std::string pattern = testing::TempDir() + "/nta_keys_XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  fs::path const root = pattern;
  test::Sample const sample = test::samples()[2];
  auto const model = test::model_of(sample);
  export_model({test::meta_of(sample), *model, {}, {}}, root / "m");
  Script const script(read_file(root / "m" / "model.pt"));
  std::vector<std::string> const keys = script.state_keys();
  for (NamedTensor const& named : all_tensors(*model)) {
    EXPECT_NE(std::ranges::find(keys, named.name), keys.end()) << named.name;
  }
  EXPECT_TRUE(script.has("alarm"));
  EXPECT_FALSE(script.has("per_feature"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace nta
