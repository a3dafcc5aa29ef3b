#include "source/json_end.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

// Goal:   a truncated document is recognized at any cut, and a complete one as complete.
// Method: every prefix of documents with brackets and quotes inside strings.
TEST(JsonEnd, EveryPrefix) {
  for (const std::string_view document : {R"({"a": {"b": [1, 2]}, "c": "}]\"{"})", R"([{"x": "\\"}, {}])",
                                          R"("text \" more")", "\xEF\xBB\xBF{\"a\": 1}"}) {
    for (size_t size = 0; size < document.size(); ++size) {
      const bool in_byte_order_mark = document[0] == '\xEF' && size > 0 && size <= 3;
      if (!in_byte_order_mark) {
        EXPECT_FALSE(EndsWhole(document.substr(0, size))) << size;
      }
    }
    EXPECT_TRUE(EndsWhole(document));
    EXPECT_TRUE(EndsWhole(std::string(document) + " \n"));
  }
  for (const std::string_view other : {"12", "null", "no JSON"}) EXPECT_TRUE(EndsWhole(other));
}

}  // namespace
}  // namespace ingot::source
