#include "base/lazy_library.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace ingot {
namespace {

#define ZLIB_FUNCTIONS(X) X(zlibVersion) X(crc32)
INGOT_LAZY_DEFINE(ZLIB_FUNCTIONS)

// Goal:   functions are found by name; errors name a missing library or function. Method: zlib; a missing library and
// function.
TEST(LazyLibrary, OpensAndReportsErrors) {
  ASSERT_TRUE(OpenLibrary("libz.so.1", {ZLIB_FUNCTIONS(INGOT_LAZY_ENTRY)}));
  EXPECT_EQ(zlibVersion()[0], '1');
  EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>("123456789"), 9), 0xCBF43926u);
  void* place = nullptr;
  EXPECT_NE(OpenLibrary("libnothing.so", {}).error().message.find("libnothing.so"), std::string::npos);
  EXPECT_NE(OpenLibrary("libz.so.1", {{"zlib_nothing", &place}}).error().message.find("zlib_nothing"),
            std::string::npos);
}

}  // namespace
}  // namespace ingot
