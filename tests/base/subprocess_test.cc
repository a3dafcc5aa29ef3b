#include "base/subprocess.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

struct Ran {
  ProcessResult end;
  std::vector<std::string> lines;
};

Ran Sh(const std::string& script) {
  Ran ran;
  auto end = RunProcess({"sh", "-c", script}, [&](std::string_view line) { ran.lines.emplace_back(line); });
  EXPECT_TRUE(end) << end.error().message;
  ran.end = std::move(*end);
  return ran;
}

// Goal:   lines arrive complete, also the last without a line end; stderr is separate. Method: a shell writes both.
TEST(Subprocess, Lines) {
  const Ran ran = Sh("printf 'one\\ntwo'; echo trouble >&2; printf '\\nthree'");
  EXPECT_EQ(ran.lines, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(ran.end.stderr_tail, "trouble\n");
  EXPECT_EQ(ran.end.exit_code, 0);
}

// Goal:   the exit code is returned. Method: an exit code, a signal, a missing program.
TEST(Subprocess, Ends) {
  EXPECT_EQ(Sh("exit 7").end.exit_code, 7);
  EXPECT_EQ(Sh("kill -9 $$").end.exit_code, 128 + 9);
  const auto missing = RunProcess({"no-such-program-here"}, [](std::string_view) {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
}

// Goal:   much output on both streams does not block the process, and memory is bounded. Method: a megabyte on each.
TEST(Subprocess, MuchOutput) {
  const Ran ran =
      Sh("i=0; while [ $i -lt 20000 ]; do echo a line of output $i; echo an error $i >&2; i=$((i+1)); done");
  EXPECT_EQ(ran.lines.size(), 20000u);
  EXPECT_LT(ran.end.stderr_tail.size(), 64u * 1024);
  EXPECT_TRUE(ran.end.stderr_tail.ends_with("an error 19999\n"));
}

}  // namespace
}  // namespace ingot
