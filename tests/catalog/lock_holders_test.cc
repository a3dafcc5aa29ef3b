#include "catalog/lock_holders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::catalog {
namespace {

// Goal:   the process that holds a lock is named; without a lock none is. Method: a child process locks a file.
TEST(LockHolders, NamesTheProcess) {
  const std::string file = testing::TempDir() + "ingot_lock_holders";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(descriptor, 0);
  EXPECT_EQ(LockHolders(file), "another process");
  int locked[2], done[2];
  ASSERT_EQ(::pipe(locked), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  char byte = 0;
  if (child == 0) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    ::fcntl(descriptor, F_SETLK, &lock);
    (void)!::write(locked[1], &byte, 1);
    (void)!::read(done[0], &byte, 1);
    ::_exit(0);
  }
  (void)!::read(locked[0], &byte, 1);
  EXPECT_NE(LockHolders(file).find("process " + std::to_string(child)), std::string::npos) << LockHolders(file);
  (void)!::write(done[1], &byte, 1);
  ::waitpid(child, nullptr, 0);
  ::close(descriptor);
}

}  // namespace
}  // namespace ingot::catalog
