#include "base/log.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   the JSON log has one valid object per line and drops messages below its level. Method: two messages.
TEST(Log, JsonLinesAtTheLevel) {
  EXPECT_EXIT(
      {
        StartLog(LogFormat::kJson, "warning");
        LogInfo("quiet");
        LogWarning("a \"quoted\"\nline");
        std::_Exit(0);  // skips a sanitizer's report at exit
      },
      testing::ExitedWithCode(0),
      "^\\{\"time\":\"[^\"]+\",\"level\":\"warning\",\"message\":\"a \\\\\"quoted\\\\\"\\\\nline\"\\}\n$");
}

}  // namespace
}  // namespace ingot
