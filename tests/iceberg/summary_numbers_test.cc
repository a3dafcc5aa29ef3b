#include "iceberg/summary_numbers.h"

#include "iceberg/summary.h"
#include "tests/stage/chain.h"

namespace ingot::iceberg {
namespace {

// Goal:   only whole numbers are numbers. Method: how other writers, and damage, may spell them.
TEST(SummaryNumbers, WholeNumbersAlone) {
  const std::pair<const char*, std::optional<int64_t>> cases[] = {
      {"0", 0},   {"-3", -3}, {"9223372036854775807", INT64_MAX}, {"9223372036854775808", {}}, {"", {}}, {"7 ", {}},
      {"7x", {}}, {"1e3", {}}};
  for (const auto& [text, number] : cases) EXPECT_EQ(FindNumber({{"k", text}}, "k"), number) << text;
  EXPECT_FALSE(FindNumber({}, "k"));
  auto metadata = stage::Chain({{{"a", "7"}}, {{"operation", "append"}}});
  metadata.properties = {{"b", "kept"}};
  EXPECT_EQ(NewestSummaryNumber(metadata, "a"), 7);
  EXPECT_FALSE(NewestSummaryNumber(metadata, "b"));
}

// Goal:   an append that takes rows away is not one. Method: each of the counts that say so.
TEST(SummaryNumbers, AppendsThatRemove) {
  for (const char* key : {"added-delete-files", "deleted-data-files", "deleted-records"})
    for (const char* count : {"0", "1"}) {
      const auto metadata = stage::Chain({{{"operation", "append"}}, {{"operation", "append"}, {key, count}}});
      EXPECT_EQ(OnlyAppended(metadata, 1), count == std::string("0")) << key;
    }
}

}  // namespace
}  // namespace ingot::iceberg
