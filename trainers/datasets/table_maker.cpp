#include "trainers/datasets/table_maker.hpp"

#include <utility>

namespace nta {
namespace {

/// Nobody has use for more tables.
struct NotWanted {};

}  // namespace

TableMaker::TableMaker(std::function<void(Out const&)> make)
    : thread_([this, make = std::move(make)] {
        std::exception_ptr error;
        try {
          make([this](FeatureTable&& table) { push(std::move(table)); });
        } catch (...) {
          error = std::current_exception();
        }
        std::lock_guard const lock(mutex_);
        is_ended_ = true;
        error_ = std::move(error);
        changed_.notify_all();
      }) {}

TableMaker::~TableMaker() {
  std::lock_guard const lock(mutex_);
  is_wanted_ = false;
  changed_.notify_all();
}

void TableMaker::push(FeatureTable&& table) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return tables_.size() < kMostTables || !is_wanted_; });
  if (!is_wanted_) {
    throw NotWanted{};
  }
  tables_.push_back(std::move(table));
  changed_.notify_all();
}

void TableMaker::wait(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return !tables_.empty() || is_ended_; });
  if (tables_.empty() && error_) {
    std::rethrow_exception(error_);
  }
}

FeatureTable const& TableMaker::first() {
  std::unique_lock lock(mutex_);
  wait(lock);
  return tables_.front();
}

FeatureTable* TableMaker::next() {
  std::unique_lock lock(mutex_);
  do {
    wait(lock);
    if (tables_.empty()) {
      return nullptr;
    }
    current_ = std::move(tables_.front());
    tables_.pop_front();
    changed_.notify_all();
  } while (current_.size() == 0);
  return &current_;
}

}  // namespace nta
