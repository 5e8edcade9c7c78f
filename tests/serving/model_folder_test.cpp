// Export, check in a fresh process, load again, and every way of a damaged folder.
#include "trainers/serving/model_folder.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "tests/serving/sample_models.hpp"
#include "trainers/serving/sample_rows.hpp"

#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/resource.h>

namespace nta {
namespace fs = std::filesystem;
namespace {

class ModelFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/nta_model_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }
  bool no_temporaries() const {
    return std::none_of(fs::directory_iterator(root_), fs::directory_iterator(),
                        [](auto const& entry) { return entry.path().extension() == ".tmp"; });
  }

  fs::path exported(test::Sample const& sample, bool fresh_process) {
    auto const model = test::model_of(sample);
    ErrorStatistics statistics;
    if (sample.has_statistics) {
      Preparation const preparation = test::row_preparation();
      at::Tensor const x =
          PreparedInput(preparation, false).rows(view_of(sample_rows(preparation, 64, 4)));
      statistics = error_statistics(model->forward(x, {}, false), x);
    }
    fs::path const out = root_ / sample.name;
    std::vector<std::string> check;
    if (fresh_process) check = {"/proc/self/exe", "export-check"};
    export_model({test::meta_of(sample), *model, statistics, check}, out);
    return out;
  }

  fs::path root_;
};

std::string error_of(fs::path const& folder) {
  try {
    load_model_folder(folder);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "accepted";
}

TEST_F(ModelFolder, EveryKindIsWrittenCheckedAndLoadedWithDifferenceZero) {
  for (test::Sample const& sample : test::samples()) {
    bool const fresh = sample.name == "mlp" || sample.name == "lstm_both";
    fs::path const folder = exported(sample, fresh);
    auto const parity = nlohmann::json::parse(read_file(folder / "parity.json"));
    EXPECT_EQ(parity.at("ok").get<bool>(), true) << sample.name;
    EXPECT_EQ(parity.at("max_abs").get<double>(), 0) << sample.name;
    EXPECT_EQ(parity["cases"].size(), 23U);  // 3 golden + 2 scripts x 5 batches x 2 methods
    LoadedModel model = load_model_folder(folder);
    auto const original = test::model_of(sample);
    std::vector<NamedTensor> const before = all_tensors(*original),
                                   after = all_tensors(*model.model);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_TRUE(before[i].tensor.equal(after[i].tensor)) << before[i].name;
    }
    EXPECT_TRUE(no_temporaries());
  }
}

TEST_F(ModelFolder, PythonLoadsEveryKindAndGetsTheGoldenOutputs) {
  fs::path const source(NTA_SOURCE_DIR);
  fs::path const python = source / ".venv" / "bin" / "python";
  if (!fs::exists(python)) GTEST_SKIP() << "no .venv with torch";
  for (test::Sample const& sample : test::samples()) {
    if (sample.name.starts_with("mlp_")) continue;  // one activation is like another here
    fs::path const folder = exported(sample, false);
    std::string const command = python.string() + " " +
                                (source / "tests" / "serving" / "check_script.py").string() + " " +
                                folder.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << sample.name;
  }
}

TEST_F(ModelFolder, AnyChangedFileIsRefused) {
  fs::path const folder = exported(test::samples()[2], false);
  for (char const* const name :
       {"weights.safetensors", "model.pt", "golden.safetensors", "model.json"}) {
    std::string const bytes = read_file(folder / name);
    for (std::size_t i = 0; i < 40; ++i) {
      std::string flipped = bytes;
      std::size_t const at = bytes.size() * i / 40;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (i % 8)));
      write_file_atomic(folder / name, flipped);
      EXPECT_NE(error_of(folder).find("was changed"), std::string::npos) << name << at;
    }
    write_file_atomic(folder / name, bytes.substr(0, bytes.size() / 2));
    EXPECT_NE(error_of(folder), "accepted") << name;
    fs::remove(folder / name);
    EXPECT_NE(error_of(folder).find(name), std::string::npos) << name;
    write_file_atomic(folder / name, bytes);
  }
  EXPECT_EQ(error_of(folder), "accepted");
  EXPECT_NE(error_of(root_ / "nowhere"), "accepted");
}

TEST_F(ModelFolder, WeightsOfAnotherModelAreRefused) {
  fs::path const a = exported(test::samples()[0], false), b = exported(test::samples()[2], false);
  fs::copy_file(a / "weights.safetensors", b / "weights.safetensors",
                fs::copy_options::overwrite_existing);
  EXPECT_NE(error_of(b), "accepted");
}

TEST_F(ModelFolder, ANonEmptyFolderIsLeftAlone) {
  fs::create_directories(root_ / "mlp");
  write_file_atomic(root_ / "mlp" / "keep", "me");
  try {
    exported(test::samples()[2], false);
    FAIL() << "overwritten";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
  EXPECT_EQ(read_file(root_ / "mlp" / "keep"), "me");
}

TEST_F(ModelFolder, AFailedCheckLeavesNoFolder) {
  auto const model = test::model_of(test::samples()[0]);
  fs::path const out = root_ / "failed";
  ExportInput const input{test::meta_of(test::samples()[0]), *model, {}, {"/bin/false"}};
  try {
    export_model(input, out);
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failed);
  }
  EXPECT_FALSE(fs::exists(out));
  EXPECT_TRUE(no_temporaries());
}

TEST_F(ModelFolder, AFullDiskLeavesNoFolder) {
  // RLIMIT_FSIZE makes write fail with EFBIG, which Error counts as a full disk.
  rlimit kept{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &kept), 0);
  auto const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit const small{600, kept.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  ErrorKind kind = ErrorKind::failed;
  try {
    exported(test::samples()[2], false);
  } catch (Error const& error) {
    kind = error.kind();
  }
  setrlimit(RLIMIT_FSIZE, &kept);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(kind, ErrorKind::storage);
  EXPECT_TRUE(fs::is_empty(root_));
}

}  // namespace
}  // namespace nta
