// The strict container: what it reads, and every way of being wrong that it must refuse.
#include "trainers/models/safetensors.hpp"

#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace nta {
namespace {

std::string file_of(std::string const& header, std::string const& data) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    out[i] = static_cast<char>((header.size() >> (8 * i)) & 0xFF);
  }
  return out + header + data;
}

SafeFile parse(std::string const& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)));
}

std::string error_of(std::string const& bytes) {
  try {
    parse(bytes);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "accepted";
}

// Two tensors, 12 + 4 bytes of data.
std::string const kA = R"("a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]})";
std::string const kB = R"("b":{"dtype":"I16","shape":[2,1],"data_offsets":[12,16]})";
std::string const kData(16, 'x');

TEST(Safetensors, ReadsATableWrittenByHand) {
  std::string const bytes =
      file_of("{\"__metadata__\":{\"k\":\"v\"}," + kB + "," + kA + "}   ", kData);
  SafeFile const file = parse(bytes);
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[0].name, "a");  // in order of the data
  EXPECT_EQ(file.tensors[0].type, SafeType::f32);
  EXPECT_EQ(file.tensors[1].shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(file.tensors[1].data.size(), 4U);
  EXPECT_EQ(file.metadata.at("k"), "v");
}

TEST(Safetensors, EmptyTensorsAndEmptyFiles) {
  EXPECT_TRUE(parse(file_of("{}", "")).tensors.empty());
  SafeFile const file =
      parse(file_of(R"({"e":{"dtype":"F64","shape":[0,7],"data_offsets":[0,0]}})", ""));
  EXPECT_EQ(file.tensors.at(0).data.size(), 0U);
  SafeFile const scalar =
      parse(file_of(R"({"s":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", "x"));
  EXPECT_TRUE(scalar.tensors.at(0).shape.empty());
}

TEST(Safetensors, RefusesEveryWrongTable) {
  struct Case {
    std::string header, data, message;
  };
  auto const one = [](std::string const& entry) { return "{\"a\":{" + entry + "}}"; };
  std::vector<Case> const cases{
      {"{" + kA + "," + kA + "}", kData, "twice"},
      {one(R"("dtype":"F32","dtype":"F32","shape":[3],"data_offsets":[0,12])"), kData, "twice"},
      {one(R"("dtype":"F32","shape":[3])"), kData, "needs dtype"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[0])"), kData, "needs dtype"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[0,12,16])"), kData, "needs dtype"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[0,12],"x":1)"), kData, "unknown key"},
      {one(R"("dtype":"F31","shape":[4],"data_offsets":[0,16])"), kData, "unknown dtype"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[0,16])"), kData, "needs 12 bytes"},
      {one(R"("dtype":"F32","shape":[-4],"data_offsets":[0,16])"), kData, "number -4"},
      {one(R"("dtype":"F32","shape":[4.0],"data_offsets":[0,16])"), kData, "number 4.0"},
      {one(R"("dtype":"F32","shape":["4"],"data_offsets":[0,16])"), kData, "text"},
      {one(R"("dtype":"F32","shape":[[4]],"data_offsets":[0,16])"), kData, "array"},
      {one(R"("dtype":"F32","shape":null,"data_offsets":[0,16])"), kData, "null"},
      {one(R"("dtype":"F32","shape":true,"data_offsets":[0,16])"), kData, "truth"},
      {one(R"("dtype":"F32","shape":{},"data_offsets":[0,16])"), kData, "nested"},
      {one(R"("dtype":["F32"],"shape":[4],"data_offsets":[0,16])"), kData, "array"},
      {one(R"("dtype":"F32","shape":[4],"data_offsets":[16,0])"), kData, "gap or overlap"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[4,16])"), kData, "gap or overlap"},
      {"{" + kA + R"(,"b":{"dtype":"I16","shape":[2],"data_offsets":[8,12]}})", kData, "gap or ov"},
      {"{" + kA + "," + kB + "}", kData + "y", "after the last"},
      {"{" + kA + "," + kB + "}", kData.substr(1), "cut short"},
      {one(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])"), "",
       "too large"},
      {one(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0])"), "", "dimension"},
      {R"({"__metadata__":{"k":1}})", "", "number"},
      {R"({"__metadata__":{"k":"v","k":"w"}})", "", "twice"},
      {R"({"a":3})", "", "number"},
      {R"([1])", "", "does not begin"},
      {R"( {})", "", "does not begin"},
      {R"({}{})", "", "no JSON"},
      {R"({"a":{)", "", "no JSON"},
      {"", "", "does not begin"},
  };
  for (Case const& c : cases) {
    std::string const message = error_of(file_of(c.header, c.data));
    EXPECT_NE(message.find(c.message), std::string::npos) << c.header << "\n  " << message;
  }
}

TEST(Safetensors, HeaderLengthIsCheckedBeforeItIsUsed) {
  EXPECT_NE(error_of("short").find("5 bytes"), std::string::npos);
  EXPECT_NE(error_of(std::string(8, '\xff')).find("at most"), std::string::npos);
  std::string bytes = file_of("{}", "");
  bytes[0] = 3;
  EXPECT_NE(error_of(bytes).find("cut short"), std::string::npos);
}

TEST(Safetensors, EveryTruncationIsRefused) {
  std::string const bytes = file_of("{" + kA + "," + kB + "}", kData);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_NE(error_of(bytes.substr(0, n)), "accepted") << n;
  }
}

TEST(Safetensors, AFlippedHeaderBitIsRefusedOrChangesANameOrTypeOnly) {
  // Data bits need the hash that manifest and model.json hold; the container itself has none.
  std::string const bytes = file_of("{" + kA + "," + kB + "}", kData);
  std::size_t const end = bytes.size() - kData.size();
  int accepted = 0;
  for (std::size_t bit = 0; bit < end * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    if (error_of(flipped) == "accepted") {
      ++accepted;
      std::size_t n_bytes = 0;
      for (SafeView const& view : parse(flipped).tensors) n_bytes += view.data.size();
      EXPECT_EQ(n_bytes, kData.size()) << bit;
    }
  }
  EXPECT_GT(accepted, 0);  // "a" may become "c"
  EXPECT_LT(accepted, 40);
}

TEST(Safetensors, WriterAndReaderAgree) {
  std::string const first(24, 'p'), second(3, 'q');
  std::vector<SafeView> const views{
      {"z", SafeType::f64, {3, 1}, std::as_bytes(std::span(first))},
      {"a\"\n", SafeType::boolean, {3}, std::as_bytes(std::span(second))}};
  std::string const bytes = write_safetensors(views, {{"made", "by test"}});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0U);
  SafeFile const file = parse(bytes);
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[1].name, "a\"\n");
  EXPECT_EQ(file.tensors[0].shape, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(std::memcmp(file.tensors[0].data.data(), first.data(), 24), 0);
  EXPECT_EQ(file.metadata.at("made"), "by test");
  EXPECT_THROW(write_safetensors({views[0], views[0]}), std::logic_error);
}

}  // namespace
}  // namespace nta
