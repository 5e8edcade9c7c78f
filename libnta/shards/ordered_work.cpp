#include "libnta/shards/ordered_work.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace nta {
namespace {

using Step = std::function<void(std::size_t, std::size_t)>;

/// Threads that make items while the calling one uses them. Ends them when it goes.
class Crew {
 public:
  Crew(std::size_t n, std::size_t n_threads, std::size_t n_slots, Step const& make)
      : n_(n), made_(n_slots), make_(make) {
    threads_.reserve(n_threads);
    try {
      for (std::size_t i = 0; i < n_threads; ++i) {
        threads_.emplace_back([this] { work(); });
      }
    } catch (std::system_error const&) {  // the system gives no more threads: fewer do the same
      if (threads_.empty()) {
        throw;
      }
    }
  }
  ~Crew() {
    {
      std::lock_guard const lock(mutex_);
      n_ = 0;
    }
    changed_.notify_all();
    for (auto& thread : threads_) {
      thread.join();
    }
  }
  Crew(Crew const&) = delete;
  Crew& operator=(Crew const&) = delete;

  /// Waits for an item; throws what its maker threw.
  void wait_for(std::size_t item) {
    std::unique_lock lock(mutex_);
    auto& slot = made_[item % made_.size()];
    changed_.wait(lock, [&] { return slot.is_made; });
    if (slot.error) {
      std::rethrow_exception(slot.error);
    }
  }
  void release(std::size_t item) {
    {
      std::lock_guard const lock(mutex_);
      made_[item % made_.size()] = {};
      n_used_ = item + 1;
    }
    changed_.notify_all();
  }

 private:
  struct Slot {
    bool is_made = false;
    std::exception_ptr error;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return next_ >= n_ || next_ < n_used_ + made_.size(); });
      if (next_ >= n_) {
        return;
      }
      auto const item = next_++;
      lock.unlock();
      std::exception_ptr error;
      try {
        make_(item, item % made_.size());
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      made_[item % made_.size()] = {true, error};
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t n_;
  std::size_t next_ = 0;    // to be made
  std::size_t n_used_ = 0;  // items before it are used
  std::vector<Slot> made_;
  Step const& make_;
  std::vector<std::thread> threads_;
};

std::size_t maker_count(std::size_t n, int threads) {
  return std::min<std::size_t>(n, static_cast<std::size_t>(std::max(threads, 1)));
}

}  // namespace

std::size_t ordered_slots(int threads) {
  return threads <= 1 ? 1 : 2 * static_cast<std::size_t>(threads);
}

void ordered_work(std::size_t n, int threads, Step const& make, Step const& use) {
  auto const n_threads = maker_count(n, threads);
  if (n_threads <= 1) {
    for (std::size_t item = 0; item < n; ++item) {
      make(item, 0);
      use(item, 0);
    }
    return;
  }
  auto const n_slots = ordered_slots(threads);
  Crew crew(n, n_threads, n_slots, make);
  for (std::size_t item = 0; item < n; ++item) {
    crew.wait_for(item);
    use(item, item % n_slots);
    crew.release(item);
  }
}

}  // namespace nta
