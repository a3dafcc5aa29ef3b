#include "silver/contest.h"

#include <gtest/gtest.h>

#include "base/row_hash.h"
#include "tests/rows.h"

namespace ingot::silver {
namespace {

std::shared_ptr<arrow::RecordBatch> Rows(const std::string& keys, const std::string& partitions,
                                         const std::string& offsets) {
  const auto key = ArrayOf(arrow::utf8(), keys);
  std::string topics = "[";
  for (int64_t i = 0; i < key->length(); ++i) topics += i > 0 ? ",\"t\"" : "\"t\"";
  return RowsOf({{"key", arrow::utf8(), keys},
                 {"_topic", arrow::utf8(), topics + "]"},
                 {"_partition", arrow::int32(), partitions},
                 {"_offset", arrow::int64(), offsets}});
}

// Goal:   of each key the row with the lowest place wins, and none where silver has the key. Method: rows of one key in
//         several batches; two keys that share a hash.
TEST(Contest, LowestPlaceWins) {
  Contest contest({"key"});
  contest.AddExisting(RowsOf({{"key", arrow::utf8(), R"(["known"])"}}), {3});
  contest.Add(Rows(R"(["a", "known", "b"])", "[1, 0, 0]", "[5, 1, 9]"), {1, 3, 1});
  contest.Add(Rows(R"(["a", "a", "b", null])", "[0, 0, 0, 2]", "[8, 7, 4, 1]"), {1, 1, 1, 4});
  contest.Add(Rows("[null]", "[1]", "[9]"), {4});
  std::string won;
  const auto winners = *contest.Winners();
  for (const auto& batch : winners)
    won += Text(*batch->GetColumnByName("key")) + Text(*batch->GetColumnByName("_offset"));
  EXPECT_EQ(won, "[a,b][7,4][null][9]");
}

}  // namespace
}  // namespace ingot::silver
