// Tables made on a thread of their own -> used on another, in the same order, a few at a time.
#pragma once

#include "libnta/flows/feature_table.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace nta {

class TableMaker {
 public:
  using Out = std::function<void(FeatureTable&&)>;
  /// `make` gives its tables to what it is called with, on the maker's thread.
  explicit TableMaker(std::function<void(Out const&)> make);
  /// A make() that is still at work ends at its next table.
  ~TableMaker();
  TableMaker(TableMaker const&) = delete;
  TableMaker& operator=(TableMaker const&) = delete;

  /// Waits for the first table, which next() will give; make() gives one at least. Throws what
  /// make() threw.
  FeatureTable const& first();
  /// The next table with rows, valid until the next call; null at the end.
  FeatureTable* next();

 private:
  static constexpr std::size_t kMostTables = 2;
  void push(FeatureTable&& table);
  void wait(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FeatureTable> tables_;
  FeatureTable current_;
  std::exception_ptr error_;
  bool is_ended_ = false, is_wanted_ = true;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace nta
