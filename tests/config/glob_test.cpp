#include "libnta/config/load.hpp"
#include "libnta/core/atomic_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nta {
namespace {

TEST(Glob, NamesMatch) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("a*c*e", "abcde"));
  EXPECT_TRUE(glob_matches("?[0-9][!x]", "a5y"));
  EXPECT_TRUE(glob_matches("f1/*", "f1/scan"));
  EXPECT_FALSE(glob_matches("?[0-9][!x]", "a5x"));
  EXPECT_FALSE(glob_matches("a", "ab"));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_FALSE(glob_matches("fwd_*_ns", "fwd_iat_max"));
  EXPECT_TRUE(glob_matches("*a*b*", "xaxxbab"));
  EXPECT_TRUE(glob_matches("a[", "a["));  // never closed: a plain bracket
}

TEST(Glob, ManyStarsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(20'000, 'a')));
}

TEST(Glob, PathsExpandInEveryPartSortedAndWithoutHiddenFiles) {
  std::string name = (std::filesystem::temp_directory_path() / "nta-glob-XXXXXX").string();
  std::filesystem::path const folder = mkdtemp(name.data());
  for (char const* file :
       {"b/2.pcap", "b/10.pcap", "a/1.pcap", "a/.hidden.pcap", "a/x[1].pcap", "a/x1.pcap"}) {
    std::filesystem::create_directories((folder / file).parent_path());
    write_file_atomic(folder / file, "x");
  }
  std::vector<std::string> found;
  for (auto const& path : expand_glob(folder / "?" / "[0-9]*.pcap")) {
    found.push_back(path.lexically_relative(folder).string());
  }
  EXPECT_EQ(found, (std::vector<std::string>{"a/1.pcap", "b/10.pcap", "b/2.pcap"}));
  EXPECT_EQ(expand_glob(folder / "a" / "x[1].pcap").size(), 1U);  // a file of that very name
  EXPECT_EQ(expand_glob(folder / "a" / "*.pcap").size(), 3U);
  EXPECT_TRUE(expand_glob(folder / "c" / "*").empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace nta
