#include "bronze/rebuild.h"

#include <nlohmann/json.hpp>

#include "base/rows.h"
#include "bronze/offsets.h"
#include "bronze/record_parser.h"
#include "iceberg/commit.h"
#include "maintain/delete_rows.h"
#include "pipeline/definition.h"
#include "pipeline/plan.h"
#include "stage/evolve.h"
#include "stage/fence.h"
#include "stage/stage.h"
#include "tests/rows/fixtures.h"

namespace ingot::bronze {
namespace {

constexpr int64_t kIngestedAt = 1'700'000'000'000'000;

pipeline::Pipeline PipelineOf(const std::string& fields, const std::string& source = "",
                              const std::string& bronze = "") {
  auto pipeline = pipeline::ParsePipeline("pipeline: p\nsource: {files: x" + source + "}\nfields:\n" + fields +
                                              "bronze: {table: b.t" + bronze + "}\nsilver: {table: s.t}\n",
                                          "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return *std::move(pipeline);
}

/// A catalog that lets another writer act just before a commit.
class BusyCatalog : public rows::MemoryCatalog {
 public:
  Status Swap(const iceberg::TableName& table, const std::string& expected, const std::string& next) override {
    if (const auto act = std::exchange(before_swap, nullptr)) act();
    return MemoryCatalog::Swap(table, expected, next);
  }
  std::function<void()> before_swap;
};

/// A bronze table, filled by one pipeline file.
class House {
 public:
  explicit House(pipeline::Pipeline pipeline) : pipeline_(std::move(pipeline)) {
    environment_.catalog = catalog_;
    environment_.storage = storage_;
    environment_.warehouse = "file:///w";
    environment_.run_id = "r";
    environment_.pipeline = &pipeline_;
    const auto table = stage::EnsureTable(environment_, {.spec = pipeline_.bronze,
                                                         .schema = pipeline::BronzeSchema(pipeline_),
                                                         .definition = pipeline::BronzeDefinition(pipeline_)});
    EXPECT_TRUE(table) << table.error().message;
  }

  iceberg::Table Table() const { return *iceberg::LoadTable(*environment_.Home("b.t")); }

  /// Reads records as a run does: rows and offset in one commit. An empty text is a record without a value.
  Status Append(const std::vector<std::string>& records, int64_t ingested_at = kIngestedAt) {
    source::RawBatch batch;
    batch.from = {"topic", 0};
    for (const std::string& record : records) {
      batch.records.push_back({.begin = batch.bytes.size(), .size = record.size(), .offset = next_++});
      batch.records.back().absent = record.empty();
      batch.bytes += record + "\n";
    }
    batch.bytes.append(source::kPadding, '\0');
    INGOT_ASSIGN(const auto parser, RecordParser::Make(pipeline_));
    INGOT_ASSIGN(const auto parsed, parser->Parse(batch, ingested_at));
    INGOT_ASSIGN(auto writer, stage::RowWriter::Open(environment_, Table()));
    INGOT_TRY(writer.Write(parsed.rows));
    INGOT_ASSIGN(auto written, writer.Finish());
    iceberg::SnapshotChange change{.added = written.files};
    change.summary[stage::kOffsetsKey] = PositionsToJson({{{"topic", 0}, next_}});
    stage::Fence(change, pipeline::BronzeDefinition(pipeline_), "b.t");
    INGOT_TRY(iceberg::CommitFiles(Table().home, change));
    return {};
  }

  /// Continues with another pipeline file. Existing rows stay as they are.
  Status ChangeForward(const pipeline::Pipeline& after) {
    const std::string before = pipeline::BronzeDefinition(pipeline_);
    pipeline_ = after;
    INGOT_TRY(
        stage::CommitDefinition(environment_, stage::Wanted(pipeline_, {.spec = &pipeline_.bronze}), {}, before, {}));
    return {};
  }

  /// Rebuilds by another pipeline file.
  Status Rebuild(const pipeline::Pipeline& after) {
    auto environment = environment_;
    environment.pipeline = &after;
    return bronze::Rebuild(environment, Table(), pipeline::BronzeDefinition(pipeline_), {{"x", "y"}});
  }

  Result<UnfitRows> Unfit(const pipeline::Pipeline& after) {
    auto environment = environment_;
    environment.pipeline = &after;
    return CountUnfit(environment, Table(), pipeline::BronzeDefinition(pipeline_));
  }

  void Delete(int64_t offset) {
    const auto deleted = maintain::DeleteRows(
        Table().home,
        {.columns = {"_source_offset"}, .matches = [&](const auto& batch) -> Result<std::shared_ptr<arrow::Array>> {
           const auto& offsets = static_cast<const arrow::Int64Array&>(*batch->column(0));
           arrow::BooleanBuilder builder;
           for (int64_t row = 0; row < offsets.length(); ++row) (void)builder.Append(offsets.Value(row) == offset);
           return *builder.Finish();
         }});
    EXPECT_TRUE(deleted) << deleted.error().message;
  }

  /// The rows by offset, as text: the columns of the schema, JSON in a canonical form.
  std::map<int64_t, std::string> Rows(const iceberg::Schema& schema) const {
    const iceberg::Table table = Table();
    auto plan = rows::PlanScan(*storage_, *table.metadata, {});
    const auto read = *rows::ReadRows(storage_, *table.metadata, *plan);
    const auto batch = *DecodeDictionaries(*read->CombineChunksToBatch());
    std::map<int64_t, std::string> rows;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      std::string text;
      for (const iceberg::Field& field : schema.fields)
        text += field.name + "=" + CellText(*batch, field.name, row) + " ";
      const auto offset = batch->GetColumnByName("_source_offset")->GetScalar(row).ValueOrDie()->ToString();
      EXPECT_TRUE(rows.emplace(std::stoll(offset), text).second) << "two rows with offset " << offset;
    }
    return rows;
  }

  std::shared_ptr<BusyCatalog> catalog_ = std::make_shared<BusyCatalog>();
  std::shared_ptr<storage::Storage> storage_ = storage::MakeMemoryStorage();

 private:
  static std::string CellText(const arrow::RecordBatch& batch, const std::string& column, int64_t row) {
    const auto array = batch.GetColumnByName(column);
    if (array == nullptr) return "absent";
    if (array->IsNull(row)) return "null";
    if (column != "_extra" && column != "_payload") return array->GetScalar(row).ValueOrDie()->ToString();
    const auto bytes = column == "_extra" ? static_cast<const arrow::StringArray&>(*array).GetView(row)
                                          : static_cast<const arrow::BinaryArray&>(*array).GetView(row);
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    return json.is_object() ? json.dump() : std::string(bytes);
  }

  pipeline::Pipeline pipeline_;
  stage::Environment environment_;
  int64_t next_ = 0;
};

struct Change {
  const char* name;
  std::string before, after;  // fields
  std::vector<std::string> records;
};

const Change kChanges[] = {
    {"rename",
     "  kind: {type: string}\n",
     "  sort: {type: string, renamed_from: kind}\n",
     {R"({"kind":"a"})", R"({"kind":"b","sort":"c"})", R"({"sort":"d","x":1})", R"({"kind":7})", "{", ""}},
    {"widen",
     "  n: {type: int}\n",
     "  n: {type: long}\n",
     {R"({"n":1})", R"({"n":3000000000})", R"({"n":3000000000,"x":"y"})", R"({"n":"q"})", R"({"x":[1]})"}},
    {"narrow",
     "  n: {type: long}\n  t: {type: string}\n",
     "  n: {type: int}\n  t: {type: string}\n",
     {R"({"n":1,"t":"a\n\u00e9\"\\"})", R"({"n":3000000000,"t":"b\u0001\"","x":1.50})", R"({"n":-1})", "[]"}},
    {"number to text", "  n: {type: long}\n", "  n: {type: string}\n", {R"({"n":1})", R"({"n":"a"})", R"({})"}},
    {"text to number",
     "  n: {type: string}\n",
     "  n: {type: long, coerce: true}\n",
     {R"({"n":"12"})", R"({"n":"x","m":1})", R"({"n":5})", R"({"n":null})"}},
    {"fractions",
     "  n: {type: double}\n",
     "  n: {type: long}\n",
     {R"({"n":1})", R"({"n":2.0})", R"({"n":2.5})", R"({"n":-0.0})", R"({"n":12345678})"}},
    {"single precision", "  n: {type: float}\n", "  n: {type: double}\n", {R"({"n":0.1})", R"({"n":16777216})"}},
    {"unit",
     "  n: {type: double, unit: s, from_unit: ms}\n  m: {type: float, unit: ms, from_unit: us}\n",
     "  n: {type: double}\n  m: {type: double, unit: s, from_unit: us}\n",
     {R"({"n":12345.678,"m":0.7})", R"({"n":0.1,"m":1234567})", R"({"n":7,"m":33})", R"({"n":1e300})",
      R"({"n":-3e-5})"}},
    {"time unit",
     "  t: {type: timestamptz, unit: ms}\n",
     "  t: {type: timestamptz, unit: s}\n",
     {R"({"t":1487249458633})", R"({"t":1487249458.5})", R"({"t":-1500})", R"({"t":86400000})", R"({"t":"now"})"}},
    {"time to number",
     "  a: {type: timestamptz, unit: s}\n  b: {type: timestamptz_ns, unit: ns}\n",
     "  a: {type: double}\n  b: {type: long}\n",
     {R"({"a":1487249458.633125,"b":1487249458633000001})", R"({"a":-1.5,"b":-1})", R"({"a":10,"b":0})"}},
    {"text to time",
     "  a: {type: string}\n  b: {type: string}\n",
     "  a: {type: timestamptz, unit: rfc3339}\n  b: {type: timestamptz_ns, unit: rfc3339}\n",
     {R"({"a":"2024-01-02T03:04:05.678901Z","b":"2024-01-02T03:04:05.123456789Z"})", R"({"a":"x","b":"y"})"}},
    {"time to text",
     "  a: {type: timestamptz, unit: rfc3339}\n  b: {type: timestamptz_ns, unit: rfc3339}\n",
     "  a: {type: string}\n  b: {type: string}\n",
     {R"({"a":"2024-01-02T03:04:05.678901Z","b":"2024-01-02T03:04:05.123456789Z"})",
      R"({"a":"1969-12-31T23:59:59Z","b":"1969-12-31T23:59:59.999999999Z"})", R"({"a":"2024-01-02T03:04:05.500Z"})"}},
    {"other types",
     "  u: {type: uuid}\n  d: {type: date}\n  b: {type: boolean}\n",
     "  u: {type: string}\n  d: {type: string}\n  b: {type: boolean, default: true}\n",
     {R"({"u":"0f8fad5b-d9cb-469f-a165-70867728950e","d":"2024-02-29","b":false})", R"({"d":"0001-01-01"})"}},
    {"path",
     "  n: {type: long, from: $.a}\n",
     "  n: {type: long, from: $.b}\n",
     {R"({"a":1,"b":2})", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":"x"})", R"({"c":3})"}},
    {"nested",
     "  n: {type: long, from: \"$.d.m[-1].v\"}\n  k: {type: string}\n",
     "  n: {type: string, from: \"$.d.m[0].w\"}\n  k: {type: string}\n",
     {R"({"d":{"m":[{"v":1,"w":"a"},{"v":2,"w":"b"}]},"k":"k1"})", R"({"d":{"m":[]},"k":"k2"})", R"({"d":null})",
      R"({"d":{"m":[{"w":5}]}})"}},
    {"alternatives",
     "  n: {type: long, from: [\"$.d.v\", $.a, $.b]}\n",
     "  n: {type: long, from: [$.b, $.a]}\n",
     {R"({"d":{"v":1},"a":2,"b":3})", R"({"d":{"w":1},"a":2,"b":3})", R"({"a":4})", R"({"d":{"v":null},"a":5})"}},
    {"new and removed",
     "  a: {type: string}\n  b: {type: double}\n  c: {type: timestamptz, unit: rfc3339}\n",
     "  x: {type: long}\n  y: {type: double, from: $.z.y}\n  b: {type: double}\n",
     {R"({"a":"\u0041\n\"","b":0.1,"x":12,"z":{"y":1.5}})", R"({"a":"é","x":"no","q":12345678901234567890123})",
      R"({"b":1.50,"c":"2024-01-01T00:00:00Z","y":0.1000})", R"({"x":null})",
      R"({"z":{"y":"text"},"k":{"a":[1, 2]}})"}},
    {"all removed but one",
     "  a: {type: long}\n  b: {type: boolean}\n",
     "  b: {type: boolean}\n",
     {R"({"a":1,"b":true})", R"({"a":-9223372036854775808})", R"({"b":false,"c":1})", R"({"a":"s","b":true})"}},
    {"default",
     "  a: {type: long, default: 7}\n  b: {type: string}\n  c: {type: double, default: 0}\n",
     "  a: {type: long, default: 8}\n  b: {type: string, default: none}\n  c: {type: double}\n",
     {R"({"a":1,"b":"x","c":2.5})", R"({})", R"({"a":null,"b":null})", R"({"a":"bad"})", ""}},
    {"one member of two fields",
     "  a: {type: long, from: $.m}\n",
     "  a: {type: long, from: $.m}\n  b: {type: double, from: $.m}\n",
     {R"({"m":1})", R"({"m":"x"})", R"({"n":2})", R"({"m":9007199254740993})"}},
    {"one member given back",
     "  a: {type: long, from: $.m}\n  b: {type: string, from: $.s}\n",
     "  b: {type: string, from: $.s}\n  c: {type: double, from: $.m}\n",
     {R"({"m":1,"s":"x"})", R"({"s":"y"})"}},
    {"range",
     "  t: {type: timestamptz, unit: s}\n",
     "  t: {type: timestamptz, unit: s, range: [\"2020-01-01T00:00:00Z\", now]}\n",
     {R"({"t":1600000000})", R"({"t":1500000000,"x":1})", R"({"t":1699999999})", R"({"t":1800000000})"}},
    {"many digits",
     "  a: {type: long}\n",
     "  a: {type: long}\n  big: {type: double}\n",
     {R"({"a":1,"big":12345678901234567890123,"y":1e400,"z":0.1000})", R"({"a":2,"big":18446744073709551615})",
      R"({"big":1e400,"a":3})"}},
    {"duplicate keys", "  a: {type: long}\n", "  a: {type: double}\n", {R"({"a":1,"a":2,"b":3,"b":4})"}},
};

// Goal:   after a rebuild, each row is what the new pipeline file alone would have given.
// Method: each kind of change; the same records are read by a table of the new file from the start. Records are in two
//         commits, and errors and tombstones are among them.
TEST(Rebuild, GivesWhatTheNewFileGives) {
  for (const Change& change : kChanges) {
    const bool nanos = (change.before + change.after).find("_ns") != std::string::npos;
    const char* const bronze = nanos ? ", properties: {format-version: 3}" : "";
    const auto before = PipelineOf(change.before, "", bronze), after = PipelineOf(change.after, "", bronze);
    House house(before), fresh(after);
    for (House* one : {&house, &fresh}) {
      ASSERT_TRUE(one->Append({change.records.begin(), change.records.begin() + 1}));
      ASSERT_TRUE(one->Append({change.records.begin() + 1, change.records.end()}, kIngestedAt + 200'000'000'000'000));
    }
    const auto unfit = house.Unfit(after);
    ASSERT_TRUE(unfit) << change.name << ": " << unfit.error().message;
    const auto errors = [](const House& one) {
      int64_t count = 0;
      for (const auto& [offset, row] : one.Rows({.fields = {{.name = "_error"}}})) count += row != "_error=null ";
      return count;
    };
    const int64_t errors_before = errors(house);
    const auto rebuilt = house.Rebuild(after);
    ASSERT_TRUE(rebuilt) << change.name << ": " << rebuilt.error().message;
    const auto schema = pipeline::BronzeSchema(after);
    EXPECT_EQ(house.Rows(schema), fresh.Rows(schema)) << change.name;
    EXPECT_EQ(stage::DefinitionIn(*house.Table().metadata), pipeline::BronzeDefinition(after));
    EXPECT_LE(errors(house), errors_before + unfit->rows) << change.name;
    EXPECT_EQ(unfit->rows == 0, unfit->example.empty()) << change.name;
  }
}

const char* const kOld = "  n: {type: long}\n  s: {type: string}\n";
const char* const kNew = "  n: {type: string, from: $.s}\n  s: {type: string}\n";

// Goal:   one commit replaces everything and keeps the checkpoint, so that the next run reads no record twice.
// Method: summary, checkpoint and files of the table after a rebuild of a partitioned table with a delete file.
TEST(Rebuild, IsOneOverwriteThatKeepsTheCheckpoint) {
  House house(PipelineOf(kOld, "", ", partition: \"truncate(1, s)\""));
  ASSERT_TRUE(house.Append({R"({"n":1,"s":"a"})", R"({"n":2,"s":"b"})"}));
  ASSERT_TRUE(house.Append({R"({"n":3,"s":"a"})", R"({"n":4})", R"({"n":5,"s":"c"})"}));
  house.Delete(0);
  house.Delete(2);
  const iceberg::Table before = house.Table();
  const auto after = PipelineOf(kNew, "", ", partition: \"truncate(1, n)\"");
  const auto rebuilt = house.Rebuild(after);
  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  const iceberg::Table now = house.Table();
  const iceberg::Snapshot& snapshot = *now.metadata->CurrentSnapshot();
  EXPECT_EQ(snapshot.parent_id, before.metadata->current_snapshot_id);
  EXPECT_EQ(snapshot.Operation(), "overwrite");
  EXPECT_EQ(snapshot.summary.at("x"), "y");
  EXPECT_EQ(snapshot.summary.at(stage::kDefinitionKey), pipeline::DefinitionId(pipeline::BronzeDefinition(after)));
  EXPECT_EQ(snapshot.summary.at("total-records"), "3");
  EXPECT_EQ(snapshot.summary.at("total-delete-files"), "0");
  EXPECT_EQ(*ReadCheckpoint(*house.storage_, *now.metadata), *ReadCheckpoint(*house.storage_, *before.metadata));
  EXPECT_EQ(house.Rows({.fields = {{.name = "n"}, {.name = "s"}, {.name = "_error"}}}),
            (std::map<int64_t, std::string>{
                {1, "n=b s=b _error=null "}, {3, "n=null s=null _error=null "}, {4, "n=c s=c _error=null "}}));
  // The old type cannot become the new one, so the column has another id.
  EXPECT_NE(now.metadata->CurrentSchema().FindByName("n")->id, before.metadata->CurrentSchema().FindByName("n")->id);
  EXPECT_EQ(now.metadata->DefaultSpec().fields[0].name, "n_trunc");
}

// Goal:   rows that another run appends meanwhile are recomputed, and rows that are deleted meanwhile stay deleted.
// Method: another writer acts just before the commit: it appends twice, or deletes, compacts nothing, appends.
TEST(Rebuild, OtherWritersMeanwhile) {
  for (const bool deletes : {false, true}) {
    House house(PipelineOf(kOld)), fresh(PipelineOf(kNew));
    const std::vector<std::string> first{R"({"n":1,"s":"a"})", R"({"n":2,"s":"b"})"}, later{R"({"n":3,"s":"c"})"};
    for (House* one : {&house, &fresh}) ASSERT_TRUE(one->Append(first));
    house.catalog_->before_swap = [&] {
      if (deletes) house.Delete(1);
      ASSERT_TRUE(house.Append(later));
      house.catalog_->before_swap = [&] { ASSERT_TRUE(house.Append(later)); };
    };
    const auto after = PipelineOf(kNew);
    const auto rebuilt = house.Rebuild(after);
    ASSERT_TRUE(rebuilt) << rebuilt.error().message;
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(fresh.Append(later));
    if (deletes) fresh.Delete(1);
    const auto schema = pipeline::BronzeSchema(after);
    EXPECT_EQ(house.Rows(schema), fresh.Rows(schema));
    EXPECT_EQ(house.Rows(schema).size(), deletes ? 3u : 4u);
  }
}

// Goal:   a rebuild that cannot commit leaves the table and its folder as they were.
// Method: another run applies another definition just before the commit; a damaged definition; data files are counted.
TEST(Rebuild, AnotherDefinitionIsAConflict) {
  House house(PipelineOf(kOld));
  ASSERT_TRUE(house.Append({R"({"n":1,"s":"a"})"}));
  const size_t files = house.storage_->List(house.Table().metadata->location + "/data")->size();
  house.catalog_->before_swap = [&] {
    ASSERT_TRUE(iceberg::CommitMetadata(house.Table().home, [](iceberg::TableMetadata& metadata) -> Status {
      metadata.properties[stage::kDefinitionProperty] = "another";
      return {};
    }));
  };
  const auto rebuilt = house.Rebuild(PipelineOf(kNew));
  ASSERT_FALSE(rebuilt);
  EXPECT_EQ(rebuilt.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(house.storage_->List(house.Table().metadata->location + "/data")->size(), files);
  EXPECT_EQ(house.Rows({.fields = {{.name = "n"}}}), (std::map<int64_t, std::string>{{0, "n=1 "}}));
  stage::Environment environment;
  const auto pipeline = PipelineOf(kNew);
  environment.pipeline = &pipeline;
  EXPECT_EQ(Rebuild(environment, house.Table(), "{", {}).error().kind, ErrorKind::kCorrupt);
}

// Goal:   the column of a removed field gives its values to the field that reads its member next.
// Method: the field is removed without a rebuild, records follow, then another field takes the member.
TEST(Rebuild, FindsTheColumnOfARemovedField) {
  const auto first = PipelineOf("  a: {type: string}\n  b: {type: long}\n"), second = PipelineOf("  b: {type: long}\n");
  for (const std::string again : {"c: {type: string, from: $.a}", "a: {type: string}", "a: {type: long, from: $.x}"}) {
    const auto third = PipelineOf("  b: {type: long}\n  " + again + "\n");
    House house(first), fresh(third);
    const std::vector<std::string> old{R"({"a":"o","b":1,"x":7})", R"({"a":"p"})"}, later{R"({"a":"q","b":2})"};
    ASSERT_TRUE(house.Append(old));
    const auto removed = house.ChangeForward(second);
    ASSERT_TRUE(removed) << removed.error().message;
    ASSERT_TRUE(house.Append(later));
    ASSERT_TRUE(fresh.Append(old));
    ASSERT_TRUE(fresh.Append(later));
    const auto rebuilt = house.Rebuild(third);
    ASSERT_TRUE(rebuilt) << rebuilt.error().message;
    const auto schema = pipeline::BronzeSchema(third);
    EXPECT_EQ(house.Rows(schema), fresh.Rows(schema)) << again;
    EXPECT_FALSE(house.Table().metadata->properties.contains(stage::kRemovedFieldsProperty));
  }
}

// Goal:   a field that was added for new records only is computed for the old ones too.
// Method: the stored definition has the field already, but the rows are older.
TEST(Rebuild, ComputesWhatAnEarlierChangeLeftOut) {
  House house(PipelineOf("  s: {type: string}\n"));
  ASSERT_TRUE(house.Append({R"({"n":1,"s":"a","d":{"v":2}})", R"({"s":"b"})"}));
  const auto after = PipelineOf("  s: {type: string}\n  n: {type: long, default: 5}\n  v: {type: long, from: $.d.v}\n");
  const std::string definition = pipeline::BronzeDefinition(after);
  ASSERT_TRUE(house.ChangeForward(after));
  stage::Environment environment;
  environment.pipeline = &after;
  environment.catalog = house.catalog_;
  environment.storage = house.storage_;
  const auto rebuilt = Rebuild(environment, house.Table(), definition, {});
  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  EXPECT_EQ(house.Rows({.fields = {{.name = "n"}, {.name = "v"}, {.name = "_extra"}}}),
            (std::map<int64_t, std::string>{{0, "n=1 v=2 _extra={\"d\":{\"v\":2}} "}, {1, "n=5 v=null _extra=null "}}));
}

}  // namespace
}  // namespace ingot::bronze
