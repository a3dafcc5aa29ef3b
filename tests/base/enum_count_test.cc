#include "base/enum_count.h"

#include <gtest/gtest.h>

#include "base/result.h"

namespace ingot {
namespace {

enum class One { kOnly };
enum class Three { kFirst, kSecond, kThird };

// Goal:   a table that lacks a value of an enum can be refused when it is compiled.
// Method: enums in a namespace without a name and in one with a name.
TEST(EnumCount, CountsValues) {
  static_assert(kEnumCount<One> == 1);
  static_assert(kEnumCount<Three> == 3);
  static_assert(kEnumCount<ErrorKind> == size_t(ErrorKind::kInternal) + 1);
}

}  // namespace
}  // namespace ingot
