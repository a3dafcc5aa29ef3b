// Runs work on several threads: a parallel for loop and a thread pool.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "base/result.h"

namespace ingot {

/// Calls `work(thread, item)` for each item of [0, count) on at most `threads` threads, numbered from 0, and waits for
/// all calls. After an error no new item is started, and the first error is returned.
template <typename Work>
Status ForEachInParallel(int threads, size_t count, const Work& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status outcome;
  const auto run = [&](size_t thread) {
    for (size_t item; (item = next++) < count;) {
      Status done = work(thread, item);
      if (done) continue;
      std::lock_guard lock(mutex);
      if (outcome) outcome = std::move(done);
      next = count;
    }
  };
  std::vector<std::thread> others;
  const size_t wanted = std::min(count, size_t(std::max(1, threads)));
  for (size_t thread = 1; thread < wanted; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  return outcome;
}

/// A thread pool: its threads live as long as the pool and take tasks in order. New threads per task would use more
/// memory: the allocator keeps what each ended thread has freed.
class ThreadPool {
 public:
  explicit ThreadPool(int threads) {
    for (int i = 0; i < std::max(1, threads); ++i)
      threads_.emplace_back([this] {
        while (auto task = tasks_.Pop()) (*task)();
      });
  }
  ~ThreadPool() {
    tasks_.Close();
    for (std::thread& thread : threads_) thread.join();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Queues `work` and returns a future of its result.
  template <typename Work>
  auto Submit(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto outcome = task.get_future();
    tasks_.Push([task = std::make_shared<decltype(task)>(std::move(task))] { (*task)(); });
    return outcome;
  }

 private:
  BoundedQueue<std::function<void()>> tasks_{1024};
  std::vector<std::thread> threads_;
};

}  // namespace ingot
