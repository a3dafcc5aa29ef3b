#include "sql/engine.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/status_detail.h"
#include "tests/nested_rows.h"

namespace ingot::sql {
namespace {

/// A relation of `parts` parts, each with the numbers 0 to 9,999 and a text column.
Relation Numbers(int parts) {
  Relation relation;
  relation.schema = arrow::schema({arrow::field("n", arrow::int64()), arrow::field("text", arrow::utf8())});
  relation.open = [parts](const std::vector<int>& columns) -> Result<std::vector<Relation::Part>> {
    std::vector<Relation::Part> list;
    for (int part = 0; part < parts; ++part)
      list.push_back([columns]() -> Result<std::shared_ptr<arrow::RecordBatchReader>> {
        arrow::Int64Builder n;
        arrow::StringBuilder text;
        for (int64_t i = 0; i < 10'000; ++i) (void)n.Append(i), (void)text.Append("value number " + std::to_string(i));
        const arrow::ArrayVector all{*n.Finish(), *text.Finish()};
        arrow::ArrayVector arrays;
        arrow::FieldVector fields;
        for (const int column : columns)
          arrays.push_back(all[size_t(column)]),
              fields.push_back(arrow::field("c" + std::to_string(arrays.size()), all[size_t(column)]->type()));
        return *arrow::RecordBatchReader::Make({arrow::RecordBatch::Make(arrow::schema(fields), 10'000, arrays)});
      });
    return list;
  };
  return relation;
}

/// The integers of a result of one row.
std::vector<int64_t> QueryNumbers(Engine& engine, const std::string& sql) {
  const auto batch = *(*engine.Query(sql))->Next();
  std::vector<int64_t> numbers;
  for (const auto& column : batch->columns())
    numbers.push_back(dynamic_cast<const arrow::Int64Array&>(*column).Value(0));
  return numbers;
}

// Goal:   a relation is read completely, in parallel, more than once in a statement. Method: sums, a self join, counts
// only.
TEST(Engine, ReadsRelations) {
  const auto engine = *Engine::Open({.threads = 2});
  ASSERT_TRUE(engine->Register({"cat", "space", "numbers"}, Numbers(3)));
  EXPECT_EQ(QueryNumbers(*engine, "SELECT count(*), sum(n)::BIGINT, count(DISTINCT text) FROM cat.space.numbers"),
            (std::vector<int64_t>{30'000, 149'985'000, 10'000}));
  EXPECT_EQ(QueryNumbers(*engine, "SELECT count(*) FROM cat.space.numbers a JOIN cat.space.numbers b USING (n)"),
            std::vector<int64_t>{90'000});
  EXPECT_EQ(QueryNumbers(*engine, "SELECT count(*) FROM cat.space.numbers"), std::vector<int64_t>{30'000});
}

// Goal:   all streamed rows arrive; a consumer's error stops the statement and is returned. Method: a union of two
// scans.
TEST(Engine, StreamsAndStops) {
  const auto engine = *Engine::Open({.threads = 2});
  ASSERT_TRUE(engine->Register({"numbers"}, Numbers(4)));
  int64_t rows = 0;
  const auto count = [&](const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
    return rows += batch->num_rows(), Status();
  };
  const auto schema = engine->Stream(
      "SELECT n, text FROM numbers WHERE n % 2 = 0 UNION ALL SELECT n, text FROM numbers WHERE n % 2 = 1", count);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_EQ((*schema)->field_names(), (std::vector<std::string>{"n", "text"}));
  EXPECT_EQ(rows, 40'000);
  const auto stopped = engine->Stream("SELECT * FROM numbers",
                                      [](const auto&) -> Status { return Fail(ErrorKind::kConflict, "enough"); });
  EXPECT_EQ(stopped.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(stopped.error().message, "enough");
}

// Goal:   errors carry DuckDB's message. Method: invalid SQL, a missing table.
TEST(Engine, Errors) {
  const auto engine = *Engine::Open({});
  EXPECT_EQ(engine->Query("SELEC 1").error().kind, ErrorKind::kBadInput);
  EXPECT_NE(engine->Query("SELECT * FROM nothing").error().message.find("nothing"), std::string::npos);
  const auto tables = engine->TablesIn("SELECT * FROM a.b, c");
  ASSERT_TRUE(tables);
  EXPECT_EQ(tables->size(), 2u);
  EXPECT_FALSE(engine->TablesIn("SELEC 1"));
}

/// A relation that fails while the step `fails_in` is done: "open", "part", "batch".
Relation Failing(const std::string& fails_in) {
  const auto away = [] { return Error{ErrorKind::kRetry, "s3://b/f: no answer"}; };
  Relation relation = Numbers(1);
  relation.open = [=](const std::vector<int>&) -> Result<std::vector<Relation::Part>> {
    if (fails_in == "open") return std::unexpected(away());
    if (fails_in == "part")
      return std::vector<Relation::Part>{
          [=]() -> Result<std::shared_ptr<arrow::RecordBatchReader>> { return std::unexpected(away()); }};
    return std::vector<Relation::Part>{[=]() -> Result<std::shared_ptr<arrow::RecordBatchReader>> {
      const auto failing = [=]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> { return ToArrow(away()); };
      return *arrow::RecordBatchReader::MakeFromIterator(arrow::MakeFunctionIterator(failing),
                                                         arrow::schema(arrow::FieldVector{}));
    }};
  };
  return relation;
}

// Goal:   errors of a relation keep kind and message through the engine. Method: each step of a scan fails, in each
// kind of call; the next statement is not affected.
TEST(Engine, ErrorsOfRelationsKeepTheirKind) {
  const auto engine = *Engine::Open({.threads = 2});
  ASSERT_TRUE(engine->Register({"good"}, Numbers(1)));
  for (const std::string step : {"open", "part", "batch"}) {
    ASSERT_TRUE(engine->Register({step}, Failing(step)));
    const std::string sql = "SELECT sum(n) AS n FROM " + step;
    for (const Error& error :
         {engine->Query(sql).error(), engine->Stream(sql, [](const auto&) -> Status { return {}; }).error(),
          engine->Execute("CREATE TABLE copy AS " + sql).error()}) {
      EXPECT_EQ(error.kind, ErrorKind::kRetry) << step << ": " << error.message;
      EXPECT_EQ(error.message, "s3://b/f: no answer");
    }
    EXPECT_EQ(engine->Query("SELECT nothing FROM good").error().kind, ErrorKind::kBadInput);
  }
}

// Goal:   the conditions on each relation are found if the plan shows them. Method: many kinds of statements.
TEST(Engine, FindsConditions) {
  const auto engine = *Engine::Open({.threads = 1});
  ASSERT_TRUE(engine->Register({"cat", "space", "numbers"}, Numbers(1)));
  const auto conditions = [&](const std::string& sql) {
    const auto all = engine->ConditionsIn(sql);
    EXPECT_LE(all.size(), 1u);
    auto asked = all.empty() ? std::vector<std::string>{"unknown"} : all.at("cat.space.numbers");
    std::ranges::sort(asked);
    return asked;
  };
  using Conditions = std::vector<std::string>;
  EXPECT_EQ(conditions("FROM cat.space.numbers WHERE n = 1 + 2"), (Conditions{"(n = 3)"}));
  EXPECT_EQ(conditions("FROM cat.space.numbers WHERE text = 'it''s' AND n > 3 -- so"),
            (Conditions{"((n > 3) AND (text = 'it''s'))"}));
  EXPECT_EQ(conditions("SELECT m FROM (SELECT n AS m, text AS n FROM cat.space.numbers) WHERE m < 3 LIMIT 1"),
            (Conditions{"(n < 3)"}));
  EXPECT_EQ(conditions("FROM cat.space.numbers a JOIN cat.space.numbers b ON a.n = b.n WHERE b.text = 'x'"),
            (Conditions{"", "(text = 'x')"}));
  EXPECT_EQ(conditions("WITH t AS (FROM cat.space.numbers WHERE n > 1) FROM t a, t b WHERE a.n = 7 AND b.n = 8"),
            (Conditions{"((n > 1) AND ((n = 7) OR (n = 8)))"}));
  EXPECT_EQ(conditions("SELECT * FROM (FROM cat.space.numbers LIMIT 10) WHERE n = 3"), Conditions{""});
  EXPECT_EQ(conditions("SELECT * FROM (SELECT *, row_number() OVER () AS r FROM cat.space.numbers) WHERE n = 3"),
            Conditions{""});
  EXPECT_EQ(conditions("SELECT * FROM (FROM cat.space.numbers TABLESAMPLE 10%) WHERE n = 3"), Conditions{""});
  for (const char* unknown :
       {"SELECT 1", "CREATE TABLE memory.main.t AS FROM cat.space.numbers WHERE n = 1", "FROM nowhere",
        "FROM cat.space.numbers WHERE n = 1; FROM cat.space.numbers", "FROM cat.space.numbers WHERE false",
        "FROM cat.space.numbers a POSITIONAL JOIN cat.space.numbers b WHERE a.n = 1", "",
        "PIVOT cat.space.numbers ON text USING sum(n)"})
    EXPECT_EQ(conditions(unknown), Conditions{"unknown"}) << unknown;
  EXPECT_EQ(QueryNumbers(*engine, "SELECT count(*) FROM duckdb_tables()"), std::vector<int64_t>{0});
}

// Goal:   a registered relation is replaced, also within a transaction. Method: two, then three times the rows.
TEST(Engine, ReplacesRelations) {
  const auto engine = *Engine::Open({.threads = 1});
  const auto count = [&] { return QueryNumbers(*engine, "SELECT count(*) FROM cat.space.numbers"); };
  ASSERT_TRUE(engine->Register({"cat", "space", "numbers"}, Numbers(2)));
  ASSERT_TRUE(engine->Execute("BEGIN"));
  EXPECT_EQ(count(), std::vector<int64_t>{20'000});
  ASSERT_TRUE(engine->Register({"cat", "space", "numbers"}, Numbers(3)));
  EXPECT_EQ(count(), std::vector<int64_t>{30'000});
}

// Goal:   nested columns round-trip through the engine. Method: random ones of 5,000 rows, as slices of slices; DuckDB
// reads 2,048 rows at a time.
TEST(Engine, NestedColumnsRoundTrip) {
  Random random(4);
  constexpr int64_t kRows = 5'000;
  std::string numbers;
  for (int64_t row = 0; row < kRows; ++row) numbers += (row > 0 ? "," : "") + std::to_string(row);
  const auto n = ArrayOf(arrow::int64(), "[" + numbers + "]");
  ASSERT_TRUE(InitializeKernels());
  for (int trial = 0; trial < 40; ++trial) {
    const auto type = RandomType(random, 4);
    SCOPED_TRACE(std::to_string(trial) + ": " + type->ToString());
    arrow::Int64Builder indices;
    for (int64_t row = 0; row < kRows; ++row) (void)indices.Append(int64_t(Below(random, 70)));
    const auto column = arrow::compute::Take(*RandomArray(type, 70, random), **indices.Finish()).ValueOrDie();
    const auto stored = Disarranged(column, random);
    const auto schema = arrow::schema({arrow::field("n", arrow::int64()), arrow::field("c", type)});
    const auto engine = *Engine::Open({.threads = 2});
    ASSERT_TRUE(engine->Register({"t"}, RelationOf(arrow::RecordBatch::Make(schema, kRows, {n, stored}))));
    int64_t rows = 0;
    const auto streamed = engine->Stream("SELECT n, c FROM t", [&](const auto& batch) -> Status {
      for (int64_t row = 0; row < batch->num_rows(); ++row, ++rows) {
        const int64_t at = static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(row);
        const std::string value = ValueOf(*batch->column(1), row), wanted = ValueOf(*column, at);
        if (value != wanted) return Fail(ErrorKind::kInternal, std::to_string(at) + ": " + value + ", not " + wanted);
      }
      return {};
    });
    ASSERT_TRUE(streamed) << streamed.error().message;
    EXPECT_EQ(rows, kRows);
  }
}

// Goal:   types that DuckDB represents differently are converted, also when nested. Method: UUIDs, nanoseconds with a
// time zone and columns of nulls in a struct in a list, 3,000 rows; booleans and arrays from DuckDB.
TEST(Engine, NestedTypesAreConverted) {
  const auto uuid = arrow::field("u", arrow::fixed_size_binary(16), true,
                                 arrow::key_value_metadata({"ARROW:extension:name"}, {"arrow.uuid"}));
  const auto type = arrow::list(
      arrow::struct_({uuid, arrow::field("t", arrow::timestamp(arrow::TimeUnit::NANO, "UTC")),
                      arrow::field("nothing", arrow::null()), arrow::field("f", arrow::fixed_size_binary(2))}));
  std::string json;
  for (int row = 0; row < 3'000; ++row) {
    const std::string digits = std::to_string(1000 + row % 9000);
    json += (row > 0 ? ",[[\"0123456789ab" : "[[\"0123456789ab") + digits + "\"," + std::to_string(row) +
            ",null,\"xy\"],null]";
  }
  const auto column = ArrayOf(type, "[" + json + "]");
  Random random(5);
  const auto engine = *Engine::Open({.threads = 1});
  ASSERT_TRUE(
      engine->Register({"t"}, RelationOf(arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                                                  column->length(), {Disarranged(column, random)}))));
  EXPECT_EQ(QueryNumbers(*engine,
                         "SELECT count(*), count(DISTINCT c[1].u), sum(epoch_ns(c[1].t))::BIGINT, "
                         "count(c[1].nothing), count(*) FILTER (c[2] IS NULL AND c[1].f = 'xy'::BLOB) FROM t"),
            (std::vector<int64_t>{3'000, 3'000, 2'999 * 1'500, 0, 3'000}));
  EXPECT_EQ(
      QueryNumbers(*engine, "SELECT count(*) FROM t WHERE c[1].u::VARCHAR = '30313233-3435-3637-3839-616233393939'"),
      std::vector<int64_t>{1});
  const auto made = *(*engine->Query("SELECT [true, NULL, false]::BOOL[3] AS a, {'x': [true]::BOOL[1]} AS b, "
                                     "MAP {'k': 170141183460469231731687303715884105727::HUGEINT / 10::HUGEINT} AS c"))
                         ->Next();
  EXPECT_TRUE(made->ValidateFull().ok()) << made->ValidateFull().ToString();
  EXPECT_EQ(made->column(0)->type()->field(0)->type()->id(), arrow::Type::BOOL);
}

}  // namespace
}  // namespace ingot::sql
