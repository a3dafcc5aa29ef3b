#include "silver/silver.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fault.h"
#include "base/retry.h"
#include "iceberg/lineage.h"
#include "iceberg/scan_relation.h"
#include "pipeline/plan.h"
#include "sql/engine.h"

namespace ingot::silver {
namespace {

using iceberg::Snapshot;
using iceberg::SnapshotId;
using iceberg::Table;
using pipeline::StageContext;
using pipeline::StageReport;

/// The bronze snapshots of one silver commit.
struct Chunk {
  std::vector<const Snapshot*> snapshots;
  bool quarantine_done = false;
  SnapshotId last() const { return snapshots.back()->snapshot_id; }
};

/// The next snapshots, as many as fit into a commit. Where quarantine is ahead, up to it and no further.
Result<Chunk> NextChunk(const StageContext& context, const Table& bronze, const Table& silver,
                        const Table& quarantine) {
  Chunk chunk;
  INGOT_ASSIGN(const auto pending,
               iceberg::SnapshotsToConsume(*bronze.metadata, iceberg::ConsumedSnapshot(*silver.metadata),
                                           bronze.home.name.Text()));
  const auto quarantined = iceberg::ConsumedSnapshot(*quarantine.metadata);
  const auto ahead =
      std::ranges::find_if(pending, [&](const Snapshot* snapshot) { return quarantined == snapshot->snapshot_id; });
  if (ahead != pending.end()) {
    chunk.snapshots.assign(pending.begin(), ahead + 1);
    chunk.quarantine_done = true;
    return chunk;
  }
  int64_t rows = 0;
  for (const Snapshot* snapshot : pending) {
    rows += iceberg::SummaryNumber(*snapshot, "added-records");
    if (!chunk.snapshots.empty() && rows > context.rows_per_commit) break;
    chunk.snapshots.push_back(snapshot);
  }
  return chunk;
}

/// Files of silver that can hold a key of the new rows. A partition column that is part of the key bounds them; without
/// one every file has to be looked into.
iceberg::Filter ExistingKeysFilter(const pipeline::Pipeline& pipeline, const iceberg::ScanPlan& plan,
                                   const iceberg::Schema& bronze_schema) {
  std::vector<iceberg::Filter> columns;
  for (const auto& [column, transform] : pipeline.silver.partition) {
    const iceberg::Field* field = bronze_schema.FindByName(column);
    if (field == nullptr || std::ranges::find(pipeline.unique, column) == pipeline.unique.end()) continue;
    std::vector<iceberg::Filter> ranges;
    bool bounded = true;
    for (const iceberg::FileTask& task : plan.tasks) {
      const auto lower = task.file.lower_bounds.find(field->id), upper = task.file.upper_bounds.find(field->id);
      const auto nulls = task.file.null_counts.find(field->id), values = task.file.value_counts.find(field->id);
      const bool all_null = nulls != task.file.null_counts.end() && values != task.file.value_counts.end() &&
                            nulls->second == values->second;
      if (all_null) continue;  // refused or not, a null is in no range; silver's nulls are asked for below
      if (lower == task.file.lower_bounds.end() || upper == task.file.upper_bounds.end()) {
        bounded = false;
        break;
      }
      auto low = iceberg::DeserializeValue(lower->second, field->type),
           high = iceberg::DeserializeValue(upper->second, field->type);
      bounded = bounded && low && high;
      if (!bounded) break;
      ranges.push_back(iceberg::And({Compare(column, iceberg::FilterOp::kGreaterOrEqual, *low),
                                     Compare(column, iceberg::FilterOp::kLessOrEqual, *high)}));
    }
    ranges.push_back(Compare(column, iceberg::FilterOp::kIsNull, {}));
    if (bounded) columns.push_back(iceberg::Or(std::move(ranges)));
  }
  return iceberg::And(std::move(columns));
}

class SilverRun {
 public:
  SilverRun(const StageContext& context, Table bronze, Table silver, Table quarantine)
      : context_(context),
        pipeline_(*context.pipeline),
        bronze_(std::move(bronze)),
        silver_(std::move(silver)),
        quarantine_(std::move(quarantine)) {}

  const Table& bronze() const { return bronze_; }
  const Table& silver() const { return silver_; }
  const Table& quarantine() const { return quarantine_; }

  /// Bronze last: it must hold every snapshot that the other two say they have consumed.
  Status Reload() {
    INGOT_ASSIGN(silver_, iceberg::LoadTable(silver_.home));
    INGOT_ASSIGN(quarantine_, iceberg::LoadTable(quarantine_.home));
    INGOT_ASSIGN(bronze_, iceberg::LoadTable(bronze_.home));
    return {};
  }

  Result<StageReport> Process(const Chunk& chunk) {
    StageReport report{.stage = "silver",
                       .table = silver_.home.name.Text(),
                       .run_id = context_.run_id,
                       .commits = 1,
                       .started_at_micros = NowMicros(),
                       .broken_by_rule = {}};
    INGOT_ASSIGN(const auto engine, sql::Engine::Open({.threads = context_.threads,
                                                       .memory_bytes = context_.memory_bytes / 2,
                                                       .temp_folder = context_.temp_folder}));
    const auto sql = pipeline::MakeSilverSql(pipeline_, pipeline::Dialect::kEmbedded, {.run_id = context_.run_id});
    INGOT_TRY(Judge(*engine, sql, chunk, report));
    INGOT_TRY(FaultPoint("silver.judged"));
    if (!chunk.quarantine_done) INGOT_TRY(CommitQuarantine(*engine, sql, chunk, report));
    INGOT_TRY(FaultPoint("silver.between_commits"));
    INGOT_TRY(CommitSilver(*engine, sql, chunk, report));
    INGOT_TRY(FaultPoint("silver.after_commit"));
    return report;
  }

 private:
  Status Judge(sql::Engine& engine, const pipeline::SilverSql& sql, const Chunk& chunk, StageReport& report) {
    INGOT_ASSIGN(iceberg::ScanPlan plan, iceberg::PlanAppends(*bronze_.home.storage, *bronze_.metadata, chunk.snapshots,
                                                              pipeline::SilverInputColumns(pipeline_)));
    if (!pipeline_.unique.empty()) {
      iceberg::ScanOptions keys{.columns = pipeline_.unique,
                                .filter = ExistingKeysFilter(pipeline_, plan, bronze_.metadata->CurrentSchema())};
      INGOT_ASSIGN(auto existing, iceberg::PlanScan(*silver_.home.storage, *silver_.metadata, keys));
      INGOT_ASSIGN(auto relation, iceberg::RelationOf(silver_.home.storage, silver_.metadata, std::move(existing)));
      INGOT_TRY(engine.Register({"silver_keys"}, std::move(relation)));
    }
    for (const auto& task : plan.tasks) report.bytes_in += task.file.file_bytes;
    INGOT_ASSIGN(auto source, iceberg::RelationOf(bronze_.home.storage, bronze_.metadata, std::move(plan)));
    INGOT_TRY(engine.Register({"bronze_rows"}, std::move(source)));
    INGOT_TRY(engine.Execute(sql.judge));
    if (!sql.suspects.empty()) INGOT_TRY(engine.Execute(sql.suspects));
    INGOT_ASSIGN(const auto counts, sql::QueryNumbers(engine, sql.counts));
    report.rows_in = counts[0];
    report.quarantined = counts[1];
    report.errors = report.broken_by_rule["parse"] = counts[2];
    size_t next = 3;
    for (const pipeline::Rule& rule : pipeline_.rules)
      if (rule.kind != pipeline::RuleKind::kTrim) report.broken_by_rule[rule.name] = counts[next++];
    return {};
  }

  /// The mark moves only from where this chunk began: another run that was first makes this one lose.
  static iceberg::SnapshotChange Change(const Table& table, std::vector<iceberg::DataFile> files, const Chunk& chunk) {
    iceberg::SnapshotChange change{.operation = "append",
                                   .added = std::move(files),
                                   .removes = {},
                                   .summary = {},
                                   .validate = {},
                                   .metadata_change = {}};
    change.summary[iceberg::kSourceSnapshotKey] = std::to_string(chunk.last());
    change.validate = [before = iceberg::ConsumedSnapshot(*table.metadata),
                       name = table.home.name.Text()](const iceberg::TableMetadata& metadata) -> Status {
      if (iceberg::ConsumedSnapshot(metadata) == before) return {};
      return Fail(ErrorKind::kConflict,
                  "another run was first: table " + name + " has consumed more of its source meanwhile");
    };
    return change;
  }

  Status CommitQuarantine(sql::Engine& engine, const pipeline::SilverSql& sql, const Chunk& chunk,
                          const StageReport& report) {
    INGOT_ASSIGN(auto written, pipeline::WriteRows(context_, quarantine_, sql::RowsOf(engine, sql.quarantine)));
    if (written.rows != report.quarantined)
      return Fail(ErrorKind::kInternal, "the quarantined rows were counted differently than written");
    auto change = Change(quarantine_, std::move(written.files), chunk);
    change.summary[iceberg::kRunIdKey] = context_.run_id;
    INGOT_TRY(FaultPoint("silver.after_quarantine_files"));
    INGOT_ASSIGN(quarantine_, pipeline::CommitFiles(quarantine_.home, change));
    return {};
  }

  Status CommitSilver(sql::Engine& engine, const pipeline::SilverSql& sql, const Chunk& chunk, StageReport& report) {
    INGOT_ASSIGN(auto written, pipeline::WriteRows(context_, silver_, sql::RowsOf(engine, sql.clean)));
    report.rows_out = written.rows;
    report.bytes_out = written.bytes;
    report.duplicates = report.rows_in - report.quarantined - report.rows_out;
    report.finished_at_micros = NowMicros();
    auto change = Change(silver_, std::move(written.files), chunk);
    change.summary.merge(report.ToSummary());
    INGOT_TRY(FaultPoint("silver.after_files"));
    INGOT_ASSIGN(silver_, pipeline::CommitFiles(silver_.home, change));
    return {};
  }

  const StageContext& context_;
  const pipeline::Pipeline& pipeline_;
  Table bronze_, silver_, quarantine_;
};

}  // namespace

Result<StageReport> RunSilver(const StageContext& context, const std::function<void(int64_t)>& progress) {
  const pipeline::Pipeline& pipeline = *context.pipeline;
  StageReport total{.stage = "silver",
                    .table = pipeline.silver.table,
                    .run_id = context.run_id,
                    .started_at_micros = NowMicros(),
                    .broken_by_rule = {}};
  INGOT_ASSIGN(const auto bronze_home, context.Home(pipeline.bronze.table));
  auto bronze = iceberg::LoadTable(bronze_home);
  if (!bronze && bronze.error().kind == ErrorKind::kNotFound)
    return Fail(ErrorKind::kNotFound, "table " + pipeline.bronze.table + " does not exist: run the bronze stage first");
  if (!bronze) return std::unexpected(std::move(bronze).error());
  INGOT_ASSIGN(auto silver, pipeline::EnsureTable(context, pipeline.silver, pipeline::SilverSchema(pipeline)));
  INGOT_ASSIGN(auto quarantine,
               pipeline::EnsureTable(context, pipeline.quarantine, pipeline::QuarantineSchema(pipeline)));
  SilverRun run(context, std::move(*bronze), std::move(silver), std::move(quarantine));
  INGOT_TRY(run.Reload());
  Backoff backoff;
  while (true) {
    INGOT_ASSIGN(const Chunk chunk, NextChunk(context, run.bronze(), run.silver(), run.quarantine()));
    if (chunk.snapshots.empty()) break;
    auto report = run.Process(chunk);
    if (!report) {
      if (report.error().kind != ErrorKind::kConflict || !backoff.Wait()) return report;
      INGOT_TRY(run.Reload());
      continue;
    }
    progress(report->rows_in);
    total.Add(*report);
  }
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::silver
