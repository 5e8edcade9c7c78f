#include "libnta/core/atomic_file.hpp"

#include "libnta/core/error.hpp"
#include "libnta/core/fail_point.hpp"
#include "libnta/core/stop_flag.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nta {
namespace {
namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() { fs::create_directories(folder_); }
  ~AtomicFile() override { fs::remove_all(folder_); }
  std::ptrdiff_t n_entries() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }
  fs::path const folder_ =
      fs::path(testing::TempDir()) / ("nta_atomic_" + std::to_string(getpid()));
};

/// Runs f in a child process with NTA_FAILPOINT set; the child's wait status.
template <class F>
int in_child(char const* fail_points, F f) {
  pid_t const child = fork();
  if (child == 0) {
    setenv("NTA_FAILPOINT", fail_points, 1);
    try {
      f();
    } catch (Error const& error) {
      _exit(error.kind() == ErrorKind::storage ? 6 : 3);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(AtomicFile, WritesTheWholeTextAndLeavesNoTemporary) {
  write_file_atomic(folder_ / "a.json", "hello");
  EXPECT_EQ(read_file(folder_ / "a.json"), "hello");
  EXPECT_EQ(n_entries(), 1);
}

TEST_F(AtomicFile, AKillBeforeEachStepLeavesTheOldFile) {
  for (auto const* point : {"file.write=kill", "file.fsync=kill", "file.rename=kill"}) {
    write_file_atomic(folder_ / "a.json", "old");
    int const status = in_child(point, [&] { write_file_atomic(folder_ / "a.json", "new"); });
    ASSERT_TRUE(WIFSIGNALED(status)) << point;
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_EQ(read_file(folder_ / "a.json"), "old") << point;
  }
}

TEST_F(AtomicFile, AFullDiskLeavesTheOldFileAndNoTemporary) {
  write_file_atomic(folder_ / "a.json", "old");
  int const status =
      in_child("file.fsync=enospc", [&] { write_file_atomic(folder_ / "a.json", "new"); });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 6);
  EXPECT_EQ(read_file(folder_ / "a.json"), "old");
  EXPECT_EQ(n_entries(), 1);
}

TEST_F(AtomicFile, TheNthPassOfAFailPointCounts) {
  int const status = in_child("file.write:2=kill", [&] {
    write_file_atomic(folder_ / "first", "1");
    write_file_atomic(folder_ / "second", "2");
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(fs::exists(folder_ / "first"));
  EXPECT_FALSE(fs::exists(folder_ / "second"));
}

TEST_F(AtomicFile, AFolderThatIsNotEmptyIsRefused) {
  create_empty_folder(folder_ / "new/deep");
  EXPECT_TRUE(fs::is_directory(folder_ / "new/deep"));
  try {
    create_empty_folder(folder_ / "new");
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("not empty"), std::string::npos);
  }
}

TEST_F(AtomicFile, APlaceThatCannotBeWrittenIsAUsageError) {
  try {
    write_file_atomic(folder_ / "missing/a.json", "x");
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

TEST_F(AtomicFile, APipeOrFolderIsNotReplacedByAFile) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  fs::create_directory(folder_ / "empty");
  for (auto const* name : {"pipe", "empty"}) {
    try {
      write_file_atomic(folder_ / name, "x");
      ADD_FAILURE() << "no error for " << name;
    } catch (Error const& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
    EXPECT_FALSE(fs::is_regular_file(folder_ / name)) << name;
  }
}

TEST(FreeBytes, LooksAtTheNearestExistingParent) {
  EXPECT_GT(free_bytes(fs::path(testing::TempDir()) / "not/there/yet"), 0U);
}

TEST(StopSignals, SetTheFlagAndMapToExitCodes) {
  StopSignals const signals;
  EXPECT_EQ(stop_requested(), 0);
  std::raise(SIGTERM);
  EXPECT_EQ(stop_requested(), SIGTERM);
  EXPECT_EQ(stop_exit_code(SIGTERM), 143);
  EXPECT_EQ(stop_exit_code(SIGINT), 130);
  EXPECT_EQ(stop_exit_code(SIGUSR1), 75);
}

TEST(StopSignals, ASecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopSignals const signals;
        std::raise(SIGINT);
        std::raise(SIGINT);
        _exit(0);
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace nta
