#include "base/parallel.h"

#include <gtest/gtest.h>

#include <numeric>

namespace ingot {
namespace {

// Goal:   every item is processed once, and an error stops the work. Method: counts by item; an item that fails.
TEST(Parallel, EveryItemOnceAndTheFirstError) {
  std::vector<std::atomic<int>> done(1000);
  ASSERT_TRUE(ForEachInParallel(4, done.size(), [&](size_t thread, size_t item) -> Status {
    EXPECT_LT(thread, 4u);
    ++done[item];
    return {};
  }));
  for (const auto& count : done) EXPECT_EQ(count, 1);
  std::atomic<int> begun{0};
  const Status failed = ForEachInParallel(2, 1'000'000, [&](size_t, size_t item) -> Status {
    ++begun;
    return item == 5 ? Fail(ErrorKind::kBadInput, "five") : Status();
  });
  EXPECT_EQ(failed.error().message, "five");
  EXPECT_LT(begun, 1'000'000);
}

// Goal:   the pool runs all tasks and returns their results. Method: sums by futures.
TEST(Parallel, WorkersGiveOutcomes) {
  ThreadPool workers(3);
  std::vector<std::future<int>> sums;
  for (int i = 0; i < 100; ++i) sums.push_back(workers.Submit([i] { return i * 2; }));
  int total = 0;
  for (auto& sum : sums) total += sum.get();
  EXPECT_EQ(total, 9900);
}

}  // namespace
}  // namespace ingot
