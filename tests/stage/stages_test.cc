#include "stage/stages.h"

#include <gtest/gtest.h>

namespace ingot::stage {
namespace {

// Goal:   each stage has a unique name and is found by it only.
// Method: names are converted in both directions; invalid names.
TEST(Stages, Names) {
  for (const Stage stage : kStages) EXPECT_EQ(ParseStage(StageName(stage)), stage);
  EXPECT_EQ(StageNames().size(), std::size(kStages));
  for (const char* name : {"", "Bronze", "silver ", "ops"})
    EXPECT_EQ(ParseStage(name).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::stage
