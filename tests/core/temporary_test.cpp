// Temporaries of several processes beside one target: names of their own, stale ones removed.
#include "libnta/core/temporary.hpp"

#include "libnta/core/atomic_file.hpp"
#include "libnta/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace nta {
namespace {
namespace fs = std::filesystem;

class Temporaries : public testing::Test {
 protected:
  Temporaries() { fs::create_directories(folder_); }
  ~Temporaries() override { fs::remove_all(folder_); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (auto const& entry : fs::directory_iterator(folder_)) {
      found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  fs::path const folder_ =
      fs::path(testing::TempDir()) / ("nta_temporaries_" + std::to_string(getpid()));
};

/// Another process that makes something and holds it until it is killed.
class Holder {
 public:
  template <class F>
  explicit Holder(F make) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    child_ = fork();
    if (child_ == 0) {
      auto const held = make();
      char const byte = 1;
      [[maybe_unused]] auto const told = write(ready[1], &byte, 1);
      for (;;) {
        pause();
      }
    }
    close(ready[1]);
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
  }
  ~Holder() { die(); }
  Holder(Holder const&) = delete;
  Holder& operator=(Holder const&) = delete;
  void die() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
      child_ = 0;
    }
  }

 private:
  pid_t child_ = 0;
};

void write_text(fs::path const& path, std::string const& text) {
  std::ofstream(path) << text;
}

TEST_F(Temporaries, OneTargetManyWritersTheLastIsThere) {
  PendingFile first(folder_ / "a"), second(folder_ / "a");
  EXPECT_NE(first.temporary(), second.temporary());
  EXPECT_EQ(first.temporary().parent_path(), folder_);
  write_text(first.temporary(), "first");
  write_text(second.temporary(), "second");
  first.commit();
  EXPECT_EQ(read_file(folder_ / "a"), "first");
  second.commit();
  EXPECT_EQ(read_file(folder_ / "a"), "second");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(Temporaries, ALivingProcessIsNotDisturbedADeadOneCleanedUp) {
  Holder holder([&] {
    auto held = std::make_unique<PendingFile>(folder_ / "a");
    write_text(held->temporary(), "half");
    return held;
  });
  auto const theirs = names();
  ASSERT_EQ(theirs.size(), 1U);
  write_file_atomic(folder_ / "a", "ours");
  EXPECT_EQ(names(), (std::vector<std::string>{"a", theirs[0]}));
  EXPECT_EQ(read_file(folder_ / theirs[0]), "half");
  holder.die();
  EXPECT_EQ(names().size(), 2U);
  write_file_atomic(folder_ / "b", "another target");
  EXPECT_EQ(names().size(), 3U);
  write_file_atomic(folder_ / "a", "ours again");
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(Temporaries, AFolderGoesWithAllThatIsInIt) {
  auto const make = [&] {
    auto held =
        std::make_unique<Temporary>(folder_, ".x-", TemporaryKind::private_folder, "a folder");
    write_text(held->path() / "inside", "1");
    return held;
  };
  Holder holder(make);
  struct stat info {};
  ASSERT_EQ(stat((folder_ / names()[0]).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  {
    auto const mine = make();
    EXPECT_EQ(names().size(), 2U);
  }
  EXPECT_EQ(names().size(), 1U);
  holder.die();
  remove_stale(folder_, ".x-");
  EXPECT_TRUE(names().empty());
}

TEST_F(Temporaries, WhatAUserMayHaveNamedStays) {
  std::vector<std::string> const kept{"a.1-.tmp",   "a.1-2.tmp.gz", "a.12.tmp",   "a.b-1.tmp",
                                      "a.h5.1.tmp", "a.tmp",        "b.a.1-2.tmp"};
  for (auto const& name : kept) {
    write_text(folder_ / name, "mine");
  }
  write_text(folder_ / "a.1-2.tmp", "left by a dead process");
  write_file_atomic(folder_ / "a", "x");
  auto expected = kept;
  expected.push_back("a");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names(), expected);
}

TEST_F(Temporaries, HaveTheRightsOfAnyNewFile) {
  auto const before = umask(027);
  write_file_atomic(folder_ / "a", "x");
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
}

TEST_F(Temporaries, APlaceThatIsNotThereIsAUsageError) {
  try {
    Temporary const none(folder_ / "missing", "a.", TemporaryKind::file, "missing/a");
    ADD_FAILURE() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("missing/a"), std::string::npos);
  }
}

}  // namespace
}  // namespace nta
