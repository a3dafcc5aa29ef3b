#include "bronze/recompute.h"

#include <gtest/gtest.h>

#include "pipeline/definition.h"
#include "pipeline/plan.h"
#include "rows/arrow_schema.h"
#include "tests/rows.h"

namespace ingot::bronze {
namespace {

pipeline::Pipeline PipelineOf(const std::string& fields, const std::string& source = "") {
  auto pipeline = pipeline::ParsePipeline("pipeline: p\nsource: {files: x" + source + "}\nfields: {" + fields +
                                              "}\nbronze: {table: b.t}\nsilver: {table: s.t}\n",
                                          "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return *std::move(pipeline);
}

/// The columns that matter here. Columns of both schemas with one name have one field id.
iceberg::Schema SchemaOf(const pipeline::Pipeline& pipeline, const iceberg::Schema& known = {}) {
  iceberg::Schema schema = pipeline::BronzeSchema(pipeline);
  for (iceberg::Field& field : schema.fields) {
    const iceberg::Field* same = known.FindByName(field.name);
    field.id = same != nullptr && same->type == field.type ? same->id : field.id + (known.fields.empty() ? 0 : 100);
  }
  return schema;
}

Result<Recomputed> Rows(const pipeline::Pipeline& before, const pipeline::Pipeline& after,
                        const std::vector<ColumnText>& columns, bool only_counts = false) {
  const auto spec = *pipeline::RecordSpecIn(pipeline::BronzeDefinition(before));
  iceberg::Schema from = SchemaOf(before), some;
  for (const ColumnText& column : columns) some.fields.push_back(*from.FindByName(column.name));
  const iceberg::Schema to = SchemaOf(after, from);
  const std::map<std::string, std::string> renames;
  INGOT_ASSIGN(
      const auto recompute,
      Recompute::Make(
          {.pipeline = after, .before = spec, .from = some, .to = to, .renames = renames, .only_counts = only_counts}));
  INGOT_TRY(recompute->Rows(RowsOf(columns)->Slice(0, 1)));  // a batch leaves nothing behind
  return recompute->Rows(RowsOf(columns));
}

std::string Column(const Recomputed& recomputed, const std::string& name) {
  const auto column = recomputed.rows->GetColumnByName(name);
  return column == nullptr ? "absent" : Text(*column);
}

// Goal:   each row takes the way that its columns allow: a kept record, a part, or the row as it is.
// Method: rows with a record beside good values, with a record that did not fit, without a value, and plain ones.
TEST(Recompute, EachRowByWhatItHolds) {
  const auto result = Rows(
      PipelineOf("n: {type: long}, s: {type: string}"), PipelineOf("n: {type: int}, s: {type: string}"),
      {{"n", arrow::int64(), "[1, null, null, 4, 5000000000, null]"},
       {"s", arrow::utf8(), R"(["a", "b", null, "d", "e", "f"])"},
       {"_extra", arrow::utf8(), R"([null, null, null, "{\"x\":1}", "{\"x\":2}", null])"},
       {"_error", arrow::utf8(), R"([null, "n: bad", "no value", null, null, null])"},
       {"_payload", arrow::binary(), R"(["{\"n\":1,\"s\":\"a\"}", "{\"n\":7,\"s\":\"b\"}", null, null, null, null])"}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(Column(*result, "n"), "[1,7,null,4,null,null]");
  EXPECT_EQ(Column(*result, "s"), "[a,b,null,d,e,f]");
  EXPECT_EQ(Column(*result, "_extra"), R"([null,null,null,{"x":1},null,null])");
  EXPECT_EQ(Column(*result, "_error"), "[null,null,no value,null,n: out of the range of an int,null]");
  EXPECT_EQ(Column(*result, "_payload"), R"([{"n":1,"s":"a"},null,null,null,{"x":2,"s":"e","n":5000000000},null])");
  EXPECT_EQ(result->unfit, 1);
  EXPECT_EQ(result->example, "n: out of the range of an int");
}

// Goal:   rows of CSV that did not fit are read again if the names of their columns are known, otherwise they stay.
// Method: one row, with and without names.
TEST(Recompute, RowsOfCsv) {
  for (const bool named : {false, true}) {
    const std::string source = named ? ", format: csv, csv: {header: [n, s]}" : ", format: csv";
    const auto result = Rows(PipelineOf("n: {type: long}, s: {type: string}", source),
                             PipelineOf("n: {type: string}, s: {type: string}", source),
                             {{"n", arrow::int64(), "[12, null]"},
                              {"s", arrow::utf8(), R"(["a", "b"])"},
                              {"_error", arrow::utf8(), R"([null, "n: bad"])"},
                              {"_payload", arrow::binary(), R"([null, "x,b"])"}});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(Column(*result, "n"), named ? "[12,x]" : "[12,null]");
    EXPECT_EQ(Column(*result, "s"), "[a,b]");
    EXPECT_EQ(Column(*result, "_error"), named ? "[null,null]" : "[null,n: bad]");
    EXPECT_EQ(result->unfit, 0);
  }
}

// Goal:   a count needs no rows, and is the same.
// Method: a field that narrows.
TEST(Recompute, OnlyCounts) {
  const auto result = Rows(PipelineOf("n: {type: long}"), PipelineOf("n: {type: int}"),
                           {{"n", arrow::int64(), "[1, 5000000000, -5000000000]"}}, true);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows, nullptr);
  EXPECT_EQ(result->unfit, 2);
}

}  // namespace
}  // namespace ingot::bronze
