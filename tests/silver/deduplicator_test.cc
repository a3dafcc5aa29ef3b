#include "silver/deduplicator.h"

#include <gtest/gtest.h>

#include "base/row_hash.h"
#include "tests/rows.h"

namespace ingot::silver {
namespace {

std::shared_ptr<arrow::RecordBatch> Rows(const std::string& keys, const std::string& sources,
                                         const std::string& partitions, const std::string& offsets) {
  return RowsOf({{"key", arrow::utf8(), keys},
                 {"_source", arrow::utf8(), sources},
                 {"_source_partition", arrow::int32(), partitions},
                 {"_source_offset", arrow::int64(), offsets}});
}

// Goal:   of each key the row with the lowest position survives, and none when silver has the key.
// Method: rows of one key in several batches; two keys that share a hash; the source orders before the partition, and
//         that before the offset; rows without a position are last.
TEST(Deduplicator, LowestPositionStays) {
  Deduplicator deduplicator({"key"});
  deduplicator.AddExisting(RowsOf({{"key", arrow::utf8(), R"(["known"])"}}), {3});
  deduplicator.Add(Rows(R"(["a", "known", "b"])", R"(["u", "t", "t"])", "[0, 0, 0]", "[5, 1, 9]"), {1, 3, 1});
  deduplicator.Add(Rows(R"(["a", "a", "b", null])", R"(["t", "t", null, "t"])", "[2, 1, null, 2]", "[7, 8, null, 1]"),
                   {1, 1, 1, 4});
  deduplicator.Add(Rows(R"([null, "a"])", R"(["t", null])", "[1, 0]", "[9, 0]"), {4, 1});
  std::string kept;
  const auto survivors = deduplicator.Survivors()->survivors;
  for (const auto& batch : survivors)
    kept += Text(*batch->GetColumnByName("key")) + Text(*batch->GetColumnByName("_source_offset"));
  EXPECT_EQ(kept, "[b][9][a][8][null][9]");
}

// Goal:   only a row that may replace rows of silver does, and only one with a higher position.
// Method: keys of silver at offset 5; candidates before and after it, that may replace it or not.
TEST(Deduplicator, ReplacesHigherPositions) {
  Deduplicator deduplicator({"key"});
  deduplicator.AddExisting(Rows(R"(["a", "b", "c", "d"])", R"(["t", "t", "t", "t"])", "[0, 0, 0, 0]", "[5, 5, 5, 5]"),
                           {1, 2, 3, 4});
  deduplicator.Add(Rows(R"(["a", "a", "b", "c"])", R"(["t", "t", "t", "t"])", "[0, 0, 0, 0]", "[4, 3, 6, 4]"),
                   {1, 1, 2, 3}, {true, true, true, false});
  deduplicator.Add(Rows(R"(["d", "e"])", R"(["t", "t"])", "[0, 0]", "[4, 4]"), {4, 5});
  const auto outcome = *deduplicator.Survivors();
  const auto keys = [](const auto& batches) {
    std::string text;
    for (const auto& batch : batches)
      text += Text(*batch->GetColumnByName("key")) + Text(*batch->GetColumnByName("_source_offset"));
    return text;
  };
  EXPECT_EQ(keys(outcome.survivors), "[a][3][e][4]");
  EXPECT_EQ(keys(outcome.replaced), "[a][5]");
}

}  // namespace
}  // namespace ingot::silver
