#include "silver/silver.h"

#include <algorithm>

#include "base/clock.h"
#include "base/fault.h"
#include "base/retry.h"
#include "iceberg/lineage.h"
#include "pipeline/plan.h"
#include "silver/clean.h"

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

class SilverRun {
 public:
  SilverRun(const StageContext& context, Table bronze, Table silver, Table quarantine)
      : context_(context), bronze_(std::move(bronze)), silver_(std::move(silver)), quarantine_(std::move(quarantine)) {}

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
    INGOT_ASSIGN(Cleaned cleaned,
                 Clean(context_, bronze_, silver_, quarantine_, chunk.snapshots, !chunk.quarantine_done));
    report.rows_in = cleaned.rows_in;
    report.bytes_in = cleaned.bytes_in;
    report.quarantined = cleaned.quarantined;
    report.errors = cleaned.broken_by_rule["parse"];
    report.broken_by_rule = cleaned.broken_by_rule;
    report.rows_out = cleaned.clean.rows;
    report.bytes_out = cleaned.clean.bytes;
    report.duplicates = report.rows_in - report.quarantined - report.rows_out;
    report.finished_at_micros = NowMicros();
    INGOT_TRY(FaultPoint("silver.after_files"));
    if (!chunk.quarantine_done) {
      auto change = pipeline::MarkedChange(quarantine_, std::move(cleaned.refused.files), chunk.last());
      change.summary[iceberg::kRunIdKey] = context_.run_id;
      auto committed = pipeline::CommitFiles(quarantine_.home, change);
      if (!committed) {
        for (const auto& file : cleaned.clean.files) (void)silver_.home.storage->Delete(file.location);
        return std::unexpected(std::move(committed).error());
      }
      quarantine_ = std::move(*committed);
    }
    INGOT_TRY(FaultPoint("silver.between_commits"));
    auto change = pipeline::MarkedChange(silver_, std::move(cleaned.clean.files), chunk.last());
    change.summary.merge(report.ToSummary());
    INGOT_ASSIGN(silver_, pipeline::CommitFiles(silver_.home, change));
    INGOT_TRY(FaultPoint("silver.after_commit"));
    return report;
  }

 private:
  const StageContext& context_;
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
