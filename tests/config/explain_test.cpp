#include "config_support.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace nta::test {
namespace {

using testing::HasSubstr;

LoadedConfig small_config() {
  LoadOptions options = in_memory({{"a.json", R"({"nta_experiment": 1, "task": "classification",
 "data": {"sources": [{"files": ["/d/${env:X:-y}.pcap"]}]}, "model": {"kind": "mlp"},
 "training": {"batch_size": 64}})"}});
  options.overrides = {set("training.epochs=5")};
  return load_experiment("a.json", options);
}

TEST(Explain, AFieldShowsValueOriginDefaultRangeAndMeaning) {
  EXPECT_EQ(explain(small_config(), "training.batch_size"),
            "training.batch_size\n"
            "  value     64\n"
            "  origin    a.json:3:15\n"
            "  default   1024\n"
            "  type      integer\n"
            "  range     [1, 16777216]\n"
            "  unit      rows\n"
            "  meaning   rows a step\n");
}

TEST(Explain, OriginsAreFilesOverridesAndDefaults) {
  LoadedConfig const config = small_config();
  EXPECT_THAT(explain(config, "training.epochs"), HasSubstr("origin    --set #1\n"));
  EXPECT_THAT(explain(config, "/training/optimizer/lr"), HasSubstr("origin    default\n"));
  EXPECT_THAT(explain(config, "data.sources[0].files[0]"), HasSubstr("filled    \"/d/y.pcap\"\n"));
  EXPECT_THAT(explain(config, "task"), HasSubstr("default   none, required\n"));
}

TEST(Explain, AnObjectListsItsFieldsAndTheWholeFileAll) {
  LoadedConfig const config = small_config();
  EXPECT_THAT(explain(config, "training.clip"), HasSubstr("training.clip.norm   null  default\n"));
  std::string const all = explain(config, "");
  EXPECT_THAT(all, HasSubstr("model.kind "));
  EXPECT_THAT(all, HasSubstr("evaluation.save_scores "));
}

TEST(Explain, AnUnknownFieldIsAUsageErrorWithAHint) {
  try {
    explain(small_config(), "training.optimizer.learning_rate");
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"training.optimizer.lr\"?"));
  }
}

}  // namespace
}  // namespace nta::test
