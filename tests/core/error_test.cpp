#include "libnta/core/error.hpp"

#include "libnta/core/exit_code.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace nta {
namespace {

TEST(Error, ContextIsAppendedAndTheKindStays) {
  try {
    with_context("reading shard a.h5", [] { fail(ErrorKind::data, "{} times, {} lengths", 2, 1); });
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_STREQ(error.what(), "2 times, 1 lengths (while reading shard a.h5)");
    EXPECT_EQ(error.kind(), ErrorKind::data);
  }
}

TEST(Error, ContextHandsOnTheResult) {
  int value = 0;
  int& handed_on = with_context("x", [&]() -> int& { return value; });
  EXPECT_EQ(&handed_on, &value);
}

TEST(Error, AFullDiskIsStorageWhateverWasExpected) {
  for (int const number : {ENOSPC, EDQUOT, EFBIG}) {
    try {
      fail_errno(ErrorKind::usage, "writing", number);
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::storage) << number;
    }
  }
  try {
    fail_errno(ErrorKind::usage, "writing", EACCES);
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

TEST(ExitCode, EveryKindHasARowAndCodesAreDistinct) {
  std::set<int> codes;
  for (auto const& row : kExitCodes) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_FALSE(row.name.empty());
    EXPECT_FALSE(row.meaning.empty());
  }
  for (auto const kind : {ErrorKind::failed, ErrorKind::usage, ErrorKind::data, ErrorKind::diverged,
                          ErrorKind::device, ErrorKind::storage, ErrorKind::absent}) {
    EXPECT_TRUE(codes.contains(exit_code(kind)));
  }
}

}  // namespace
}  // namespace nta
