#include "base/log.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   the JSON log is one valid object a line, below its level silent. Method: what two messages print.
TEST(Log, JsonLinesAtTheLevel) {
  EXPECT_EXIT(
      {
        StartLog(LogFormat::kJson, "warning");
        LogInfo("quiet");
        LogWarning("a \"quoted\"\nline");
        std::_Exit(0);  // a sanitizer would have more to say at the end
      },
      testing::ExitedWithCode(0),
      "^\\{\"time\":\"[^\"]+\",\"level\":\"warning\",\"message\":\"a \\\\\"quoted\\\\\"\\\\nline\"\\}\n$");
}

}  // namespace
}  // namespace ingot
