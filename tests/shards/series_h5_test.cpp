// Series files: what was written is read; damage and untrue attributes are found.
#include "libnta/shards/series_h5.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"
#include "libnta/shards/column_file.hpp"
#include "libnta/shards/summary.hpp"
#include "tests/shards/random_table.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace nta {
namespace {

using test::ScratchFolder;

SeriesTable table_of(std::size_t rows) {
  SeriesTable table;
  table.kind = "link_load";
  table.set_sha256 = "abc";
  table.parameters = R"({"interval_ns":1000000000})";
  std::vector<std::uint32_t> capture(rows);
  std::vector<std::int64_t> start(rows), packets(rows);
  std::vector<double> rate(rows);
  std::vector<IpAddress> host(rows);
  CodedText unit{std::vector<std::uint32_t>(rows), {"capture", "link:0"}};
  for (std::size_t i = 0; i < rows; ++i) {
    capture[i] = static_cast<std::uint32_t>(i / 7);
    start[i] = -5 + static_cast<std::int64_t>(i);
    packets[i] = static_cast<std::int64_t>(i * i);
    rate[i] = static_cast<double>(i) / 3;
    host[i][15] = static_cast<std::uint8_t>(i);
    unit.code[i] = static_cast<std::uint32_t>(i % 2);
  }
  table.keys = {{"capture", capture}, {"unit", unit}, {"start_s", start}, {"host", host}};
  table.columns = {{"packets", "1", "packets in the interval", 1, packets},
                   {"bits_per_s", "bit/s", "bits a second", 2, rate}};
  table.provenance.captures = {"a.pcap"};
  table.provenance.capture_sha256 = {""};
  return table;
}

void expect_equal(SeriesTable const& x, SeriesTable const& y) {
  EXPECT_EQ(x.kind, y.kind);
  EXPECT_EQ(x.set_sha256, y.set_sha256);
  EXPECT_EQ(x.parameters, y.parameters);
  EXPECT_EQ(x.provenance.captures, y.provenance.captures);
  ASSERT_EQ(x.keys.size(), y.keys.size());
  for (std::size_t i = 0; i < x.keys.size(); ++i) {
    EXPECT_EQ(x.keys[i].name, y.keys[i].name);
    ASSERT_EQ(x.keys[i].values.index(), y.keys[i].values.index());
    if (auto const* text = std::get_if<CodedText>(&x.keys[i].values)) {
      EXPECT_EQ(text->code, std::get<CodedText>(y.keys[i].values).code);
      EXPECT_EQ(text->names, std::get<CodedText>(y.keys[i].values).names);
    }
  }
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(x.keys[2].values),
            std::get<std::vector<std::int64_t>>(y.keys[2].values));
  EXPECT_EQ(std::get<std::vector<IpAddress>>(x.keys[3].values),
            std::get<std::vector<IpAddress>>(y.keys[3].values));
  ASSERT_EQ(x.columns.size(), y.columns.size());
  for (std::size_t i = 0; i < x.columns.size(); ++i) {
    EXPECT_EQ(x.columns[i].name, y.columns[i].name);
    EXPECT_EQ(x.columns[i].unit, y.columns[i].unit);
    EXPECT_EQ(x.columns[i].text, y.columns[i].text);
    EXPECT_EQ(x.columns[i].version, y.columns[i].version);
    EXPECT_EQ(x.columns[i].values, y.columns[i].values);
  }
}

TEST(SeriesH5, ReadsWhatWasWritten) {
  ScratchFolder const scratch("series");
  for (std::size_t const rows : {0U, 1U, 100U, 65536U, 65537U}) {
    for (Codec const codec : {Codec::none, Codec::lz4, Codec::zstd}) {
      auto const path = scratch.path() / "series.h5";
      SeriesTable const table = table_of(rows);
      write_series_h5(table, path, codec, 2);
      expect_equal(read_series_h5(path), table);
    }
  }
}

TEST(SeriesH5, ColumnsOfUnequalLengthAreRefused) {
  ScratchFolder const scratch("series");
  SeriesTable table = table_of(3);
  std::get<std::vector<double>>(table.columns[1].values).pop_back();
  EXPECT_THROW(write_series_h5(table, scratch.path() / "series.h5"), Error);
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "series.h5"));
}

TEST(SeriesH5, AFlippedBitIsFound) {
  ScratchFolder const scratch("series");
  auto const path = scratch.path() / "series.h5";
  write_series_h5(table_of(1000), path, Codec::none);
  std::string const whole = read_file(path);
  for (std::size_t at = 100; at < whole.size(); at += whole.size() / 37) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    std::ofstream(path, std::ios::binary) << damaged;
    EXPECT_THROW(read_series_h5(path), Error) << at;
  }
}

TEST(SeriesH5, SummaryNamesContentAndColumns) {
  ScratchFolder const scratch("series");
  auto const path = scratch.path() / "series.h5";
  write_series_h5(table_of(10), path);
  auto const summary = summarize(path);
  EXPECT_EQ(summary.at("content"), "series");
  EXPECT_EQ(summary.at("rows"), 10);
  EXPECT_EQ(summary.at("columns").size(), 6U);
}

}  // namespace
}  // namespace nta
