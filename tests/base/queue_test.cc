#include "base/queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace ingot {
namespace {

// Goal:   each item is popped once, in order, and the producer waits. Method: capacity two and a thousand items.
TEST(BoundedQueue, PassesEverythingInOrder) {
  BoundedQueue<int> queue(2);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.Push(i);
    queue.Close();
  });
  int expected = 0;
  while (auto item = queue.Pop()) EXPECT_EQ(*item, expected++);
  producer.join();
  EXPECT_EQ(expected, 1000);
  EXPECT_FALSE(queue.Push(1));
}

}  // namespace
}  // namespace ingot
