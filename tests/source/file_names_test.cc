#include "source/file_names.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

// Goal:   names from rotation and compression are related, those of other files are not.
// Method: a table of pairs.
TEST(FileNames, Related) {
  for (const auto& [name, before, related] :
       {std::tuple("app.jsonl.gz", "app.jsonl", true), std::tuple("app.jsonl.1", "app.jsonl", true),
        std::tuple("app.jsonl.2.zst", "app.jsonl.1", true), std::tuple("app-20240719.jsonl.gz", "app.jsonl", true),
        std::tuple("app-2024-07-19.jsonl", "app.jsonl", true), std::tuple("app.jsonl-20240719", "app.jsonl", true),
        std::tuple("hour-02.jsonl.gz", "hour-01.jsonl", false), std::tuple("b.jsonl", "a.jsonl", false),
        std::tuple("hour-01.jsonl.gz", "hour-01.jsonl", true), std::tuple("app-1-20240719.jsonl", "app-1.jsonl", true),
        std::tuple("f.1-4.jsonl.gz", "f.1.jsonl", true), std::tuple("app-12.jsonl", "app-1.jsonl", false)})
    EXPECT_EQ(AreRelatedNames(name, before), related) << name << " " << before;
  EXPECT_TRUE(IsRotatedName("app.jsonl.1.gz", {"app.jsonl"}));
  EXPECT_FALSE(IsRotatedName("app.jsonl", {"app.jsonl"}));
  EXPECT_TRUE(HasKnownEnding("a.ndjson.zst"));
  EXPECT_TRUE(HasKnownEnding("DATA.CSV.Gz"));
  EXPECT_FALSE(HasKnownEnding("a.txt.gz"));
}

}  // namespace
}  // namespace ingot::source
