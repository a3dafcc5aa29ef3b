// Nested columns in all operations of this room: reading arrays of other writers, writing, reading back, splitting by
// partition, selecting rows.
#include "base/rows.h"
#include "rows/arrow_project.h"
#include "rows/scan_relation.h"
#include "tests/rows/nested_tables.h"

namespace ingot::rows {
namespace {

// Goal:   nested columns keep their values in every conversion, however the arrays are sliced.
// Method: random columns as slices of slices, dictionaries and runs, projected by id and by name; then some of the
//         rows.
TEST(NestedColumns, EveryProjection) {
  Random random(1);
  for (int trial = 0; trial < 150; ++trial) {
    SCOPED_TRACE(trial);
    const Sample sample = MakeSample(random, 40);
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (size_t i = 0; i < sample.columns.size(); ++i) {
      const iceberg::Field& to = sample.schema.fields[i + 2];
      const auto stored = Disarranged(sample.columns[i], random, true);
      const auto made = ProjectArray(stored, *arrow::field(to.name, stored->type()), to);
      ASSERT_TRUE(made) << made.error().message;
      EXPECT_TRUE((*made)->ValidateFull().ok()) << (*made)->ValidateFull().ToString();
      ASSERT_EQ(ValuesOf(**made), ValuesOf(*sample.columns[i])) << iceberg::TypeName(to.type);
      arrays.push_back(stored);
      fields.push_back(arrow::field(to.name, stored->type()));
    }
    const auto aligned = AlignColumns(arrow::RecordBatch::Make(arrow::schema(fields), 40, arrays), sample.schema);
    ASSERT_TRUE(aligned) << aligned.error().message;
    std::vector<bool> keep(40);
    for (size_t row = 0; row < keep.size(); ++row) keep[row] = Below(random, 2) == 0;
    const auto plain = *DecodeDictionaries(*aligned);
    const auto some = *FilterRows(plain, keep), all = *WithoutOffsets(plain->Slice(7, 20));
    for (size_t i = 0, at = 0; i < sample.columns.size(); ++i, at = 0) {
      for (int64_t row = 0; row < 40; ++row) {
        if (!keep[size_t(row)]) continue;
        ASSERT_EQ(ValueOf(*some->column(int(i) + 2), int64_t(at++)), ValueOf(*sample.columns[i], row));
      }
      for (int64_t row = 0; row < 20; ++row)
        ASSERT_EQ(ValueOf(*all->column(int(i) + 2), row), ValueOf(*sample.columns[i], row + 7));
    }
  }
}

// Goal:   nested columns survive a round trip through files.
// Method: random columns as slices, in one partition and split into three, in row groups smaller than batches.
TEST(NestedColumns, WrittenAndRead) {
  Random random(2);
  for (int trial = 0; trial < 40; ++trial) {
    SCOPED_TRACE(trial);
    const Sample sample = MakeSample(random, 60);
    ExpectTable(TableOf(sample, 1, trial % 2 == 1, random), sample);
  }
}

}  // namespace
}  // namespace ingot::rows
