#include <gtest/gtest.h>

#include <cstdlib>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

// Goal:   factors are exact where possible.
// Method: rates, times, and units of different quantities.
TEST(Units, Conversion) {
  EXPECT_EQ(*ConvertUnit("kbit/s", "Mbit/s"), 0.001);
  EXPECT_EQ(*ConvertUnit("Gbit/s", "Mbit/s"), 1000);
  EXPECT_EQ(*ConvertUnit("us", "ms"), 0.001);
  EXPECT_EQ(*ConvertUnit("ns", "s"), 1e-9);
  EXPECT_EQ(*ConvertUnit("B/s", "bit/s"), 8);
  EXPECT_EQ(*ConvertUnit("ms", "ms"), 1);
  EXPECT_FALSE(ConvertUnit("ms", "Mbit/s"));
  EXPECT_NE(ConvertUnit("Mbits/s", "bit/s").error().message.find("did you mean 'Mbit/s'"), std::string::npos);
}

// Goal:   variables are replaced, defaults are used, and missing variables are named.
// Method: one of each.
TEST(Units, Environment) {
  setenv("INGOT_TEST_VALUE", "x y", 1);
  unsetenv("INGOT_TEST_NONE");
  EXPECT_EQ(*ExpandEnvironment("a ${INGOT_TEST_VALUE} b ${INGOT_TEST_NONE:-c:d}"), "a x y b c:d");
  EXPECT_NE(ExpandEnvironment("${INGOT_TEST_NONE}").error().message.find("INGOT_TEST_NONE"), std::string::npos);
  EXPECT_FALSE(ExpandEnvironment("${open"));
}

}  // namespace
}  // namespace ingot::pipeline
