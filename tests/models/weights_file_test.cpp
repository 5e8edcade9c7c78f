// Tensors through the weights file, and through Python's safetensors package as oracle.
#include "trainers/models/weights_file.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"

#include <ATen/ATen.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace nta {
namespace {

std::vector<NamedTensor> samples() {
  return {{"w", at::arange(6, at::kFloat).view({2, 3}).t()},  // not contiguous on purpose
          {"d", at::tensor({1e-320, -0.0, 1.0 / 3}, at::kDouble)},
          {"i", at::tensor({std::int64_t{-1} << 62}, at::kLong)},
          {"b", at::tensor(std::vector<int>{1, 0, 1}, at::kInt).to(at::kBool)},
          {"none", at::empty({0, 4}, at::kFloat)},
          {"one", at::scalar_tensor(3.5, at::kFloat)}};
}

void expect_equal(std::vector<NamedTensor> const& a, std::vector<NamedTensor> const& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto const other = std::ranges::find(b, a[i].name, &NamedTensor::name);
    ASSERT_NE(other, b.end()) << a[i].name;
    EXPECT_EQ(a[i].tensor.scalar_type(), other->tensor.scalar_type());
    EXPECT_TRUE(at::equal(a[i].tensor, other->tensor)) << a[i].name;
  }
}

TEST(WeightsFile, RoundTripKeepsEveryBit) {
  std::string const bytes = weights_bytes(samples(), {{"kind", "test"}});
  WeightsFile const file = parse_weights(bytes);
  expect_equal(samples(), file.tensors);
  EXPECT_EQ(file.metadata.at("kind"), "test");
  EXPECT_EQ(weights_bytes(file.tensors, file.metadata), bytes);
}

TEST(WeightsFile, ErrorsNameThePath) {
  std::filesystem::path const path =
      std::filesystem::path(testing::TempDir()) / "nta_cut.safetensors";
  std::string const bytes = weights_bytes(samples());
  write_file_atomic(path, bytes.substr(0, bytes.size() - 1));
  try {
    read_weights(path);
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(std::string(error.what()).find("nta_cut.safetensors"), std::string::npos);
  }
  std::filesystem::remove(path);
}

TEST(WeightsFile, PythonReadsOursAndWeReadPythons) {
  std::filesystem::path const python =
      std::filesystem::path(NTA_SOURCE_DIR) / ".venv" / "bin" / "python";
  if (!std::filesystem::exists(python)) GTEST_SKIP() << "no .venv with the safetensors package";
  std::filesystem::path const folder(testing::TempDir());
  std::filesystem::path const ours = folder / "nta_ours.safetensors",
                              theirs = folder / "nta_theirs.safetensors";
  write_file_atomic(ours, weights_bytes(samples()));
  std::string const script =
      "import sys; from safetensors.numpy import load_file, save_file; t = load_file(sys.argv[1]); "
      "assert t['w'].tolist() == [[0, 3], [1, 4], [2, 5]], t['w']; "
      "assert t['i'][0] == -2**62 and t['one'].shape == () and t['none'].shape == (0, 4); "
      "save_file(t, sys.argv[2], {'from': 'python'})";
  std::string const command =
      python.string() + " -c \"" + script + "\" " + ours.string() + " " + theirs.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  WeightsFile const file = read_weights(theirs);
  expect_equal(samples(), file.tensors);
  EXPECT_EQ(file.metadata.at("from"), "python");
  std::filesystem::remove(ours);
  std::filesystem::remove(theirs);
}

}  // namespace
}  // namespace nta
