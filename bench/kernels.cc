// The kernels of the path from JSON to gold, each alone on one thread with records of the generator:
//
//   kernels [--benchmark_filter=…]
//
// items_per_second is records per second. The sum of their times is the lower bound for bench/batch.py: the same work
// without tables, commits, queues and waiting for files.
#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/row_hash.h"
#include "base/rows.h"
#include "bench/must.h"
#include "bronze/record_parser.h"
#include "gold/group_state.h"
#include "pipeline/plan.h"
#include "rows/arrow_schema.h"
#include "rows/parquet_file.h"
#include "rows/scan_relation.h"
#include "rows/table_writer.h"
#include "silver/key_hash.h"
#include "silver/rule_evaluator.h"
#include "source/generator.h"
#include "source/record_split.h"

namespace {

using namespace ingot;
using bench::Must;
using Batch = std::shared_ptr<arrow::RecordBatch>;

constexpr int64_t kRecords = 24'000;  // about one batch of the file source
constexpr int64_t kBatches = 32;      // per file

/// The inputs of all kernels, created once.
struct Inputs {
  pipeline::Pipeline pipeline = Must(pipeline::LoadPipeline(INGOT_SOURCE_DIR "/pipelines/speedtest.yaml"));
  source::RawBatch raw;
  Batch bronze, silver;
  std::shared_ptr<storage::Storage> storage = storage::MakeMemoryStorage();
  iceberg::TableMetadata bronze_table, silver_table;
  iceberg::DataFile bronze_file, silver_file;

  static Inputs& Get() {
    static Inputs inputs;
    return inputs;
  }

  void Split() {
    raw.records.clear();
    source::SplitLines(std::string_view(raw.bytes).substr(0, raw.bytes.size() - source::kPadding), source::Rest::kNone,
                       raw.records);
  }

  Batch ToSilver(const Batch& rows) const {
    const auto checked = Must(silver::RuleEvaluator(pipeline, pipeline.silver[0]).Apply(*rows));
    const auto run_id = RepeatText(std::string(36, 'r'), checked.rows->num_rows());
    return Must(rows::AlignColumns(checked.rows->AddColumn(checked.rows->num_columns(), "_run_id", run_id).ValueOrDie(),
                                   silver_table.CurrentSchema()));
  }

  iceberg::DataFile Write(const iceberg::TableMetadata& table, const Batch& rows, int64_t times) const {
    auto writer = Must(rows::TableWriter::Open(storage, table, {}));
    for (int64_t i = 0; i < times; ++i) Must(writer->Write(rows));
    return Must(writer->Finish()).at(0);
  }

  int64_t Read(const iceberg::TableMetadata& table, const iceberg::DataFile& file,
               const std::vector<std::string>& columns) const {
    iceberg::Schema projection;
    for (const auto& column : columns) projection.fields.push_back(*table.CurrentSchema().FindByName(column));
    const auto reader = Must(rows::OpenTask(storage, table, projection, {.file = file, .dictionaries = true}));
    int64_t rows = 0;
    while (const auto batch = reader->Next().ValueOrDie()) rows += batch->num_rows();
    return rows;
  }

 private:
  static iceberg::TableMetadata TableOf(const iceberg::Schema& schema, const char* location) {
    return Must(iceberg::MakeTableMetadata({.schema = schema, .location = location}));
  }

  Inputs() {
    source::GeneratorOptions options{.records = kRecords, .start_micros = NowMicros() - 86'400'000'000};
    source::GenerateRecords(options, 0, kRecords, raw.bytes);
    raw.bytes.append(source::kPadding, '\0');
    raw.from = {"speedtest_raw", 0};
    Split();
    bronze_table = TableOf(pipeline::BronzeSchema(pipeline), "file:///bench/bronze");
    silver_table = TableOf(pipeline::SilverSchema(pipeline, pipeline.silver[0]), "file:///bench/silver");
    bronze = Must(Must(bronze::RecordParser::Make(pipeline))->Parse(raw, NowMicros())).rows;
    silver = ToSilver(bronze);
    bronze_file = Write(bronze_table, bronze, kBatches);
    silver_file = Write(silver_table, silver, kBatches);
  }
};

void Count(benchmark::State& state, int64_t records) {
  state.SetItemsProcessed(state.iterations() * records);
}

void SplitLines(benchmark::State& state) {
  for (auto _ : state) Inputs::Get().Split();
  Count(state, kRecords);
}

void Parse(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  const auto parser = Must(bronze::RecordParser::Make(inputs.pipeline));
  for (auto _ : state) benchmark::DoNotOptimize(Must(parser->Parse(inputs.raw, NowMicros())).rows);
  Count(state, kRecords);
}

void EncodeBronze(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  for (auto _ : state) inputs.Write(inputs.bronze_table, inputs.bronze, kBatches);
  Count(state, kRecords * kBatches);
}

void DecodeKeys(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  for (auto _ : state) inputs.Read(inputs.bronze_table, inputs.bronze_file, inputs.pipeline.silver[0].unique);
  Count(state, kRecords * kBatches);
}

void HashKeys(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  const Batch keys = SelectColumns(*inputs.silver, inputs.pipeline.silver[0].unique);
  for (auto _ : state) {
    std::vector<silver::HashParts> parts(1);
    for (int64_t i = 0; i < kBatches; ++i) parts[0].Add(Must(HashRows(*keys, uint64_t(i))));
    benchmark::DoNotOptimize(Must(silver::FindRepeated(parts, 1)));
  }
  Count(state, kRecords * kBatches);
}

void DecodeBronze(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  for (auto _ : state)
    inputs.Read(inputs.bronze_table, inputs.bronze_file, pipeline::SilverInputColumns(inputs.pipeline));
  Count(state, kRecords * kBatches);
}

void ApplyRules(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  const silver::RuleEvaluator rules(inputs.pipeline, inputs.pipeline.silver[0]);
  for (auto _ : state) benchmark::DoNotOptimize(Must(rules.Apply(*inputs.bronze)));
  Count(state, kRecords);
}

void EncodeSilver(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  for (auto _ : state) inputs.Write(inputs.silver_table, inputs.silver, kBatches);
  Count(state, kRecords * kBatches);
}

void DecodeSilver(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  for (auto _ : state)
    inputs.Read(inputs.silver_table, inputs.silver_file, pipeline::GoldInputColumns(inputs.pipeline.gold[0]));
  Count(state, kRecords * kBatches);
}

void Aggregate(benchmark::State& state) {
  Inputs& inputs = Inputs::Get();
  const gold::GoldPlan plan(inputs.pipeline.gold[0]);
  for (auto _ : state) {
    gold::GroupState groups(plan);
    for (int64_t i = 0; i < kBatches; ++i) Must(groups.Add(inputs.silver, nullptr));
    benchmark::DoNotOptimize(Must(groups.Rows(nullptr, 1)));
  }
  Count(state, kRecords * kBatches);
}

BENCHMARK(SplitLines);
BENCHMARK(Parse);
BENCHMARK(EncodeBronze)->MeasureProcessCPUTime();
BENCHMARK(DecodeKeys);
BENCHMARK(HashKeys);
BENCHMARK(DecodeBronze);
BENCHMARK(ApplyRules);
BENCHMARK(EncodeSilver)->MeasureProcessCPUTime();
BENCHMARK(DecodeSilver);
BENCHMARK(Aggregate);

}  // namespace

BENCHMARK_MAIN();
