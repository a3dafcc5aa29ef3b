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
        std::exit(0);
      },
      testing::ExitedWithCode(0),
      "^\\{\"time\":\"[^\"]+\",\"level\":\"warning\",\"message\":\"a \\\\\"quoted\\\\\"\\\\nline\"\\}\n$");
}

}  // namespace
}  // namespace ingot
