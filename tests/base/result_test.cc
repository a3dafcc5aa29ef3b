#include "base/result.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(ErrorKind::kBadInput, "odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  INGOT_ASSIGN(const int half, Half(number));
  INGOT_TRY(Half(half));
  return half / 2;
}

// Goal:   the macros return errors unchanged and pass values on.
// Method: both macros in one function, each failing once.
TEST(Result, MacrosReturnTheFirstError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(7).error().message, "odd");
  EXPECT_EQ(Quarter(6).error().kind, ErrorKind::kBadInput);
}

// Goal:   context is put in front of the message. Method: one error with two contexts.
TEST(Result, ContextIsPutInFront) {
  const auto outcome = WithContext(WithContext(Half(3), "inner"), "outer");
  EXPECT_EQ(outcome.error().message, "outer: inner: odd");
  EXPECT_EQ(ErrorKindName(outcome.error().kind), "bad input");
}

}  // namespace
}  // namespace ingot
