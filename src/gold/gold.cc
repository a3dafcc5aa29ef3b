#include "gold/gold.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/retry.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/lineage.h"
#include "iceberg/scan_relation.h"
#include "pipeline/plan.h"
#include "sql/engine.h"

namespace ingot::gold {
namespace {

using iceberg::Snapshot;
using iceberg::Table;
using pipeline::GoldSpec;
using pipeline::StageContext;
using pipeline::StageReport;

/// Days from 1970 that the touched groups lie in, when the groups are cut from a time; the column of silver they are
/// cut from.
struct TouchedDays {
  std::string column;
  std::set<int32_t> days;
};

/// Silver rows of these days. Whole runs of days become one range.
iceberg::Filter SilverFilter(const TouchedDays& touched) {
  constexpr int64_t kDayMicros = 86'400'000'000;
  if (touched.column.empty()) return {};
  std::vector<iceberg::Filter> ranges;
  for (auto it = touched.days.begin(); it != touched.days.end();) {
    const int32_t first = *it;
    int32_t last = first;
    while (++it != touched.days.end() && *it == last + 1) last = *it;
    ranges.push_back(
        iceberg::And({Compare(touched.column, iceberg::FilterOp::kGreaterOrEqual, int64_t(first) * kDayMicros),
                      Compare(touched.column, iceberg::FilterOp::kLess, int64_t(last + 1) * kDayMicros)}));
  }
  return iceberg::Or(std::move(ranges));
}

class GoldRun {
 public:
  GoldRun(const StageContext& context, const GoldSpec& spec, Table silver, Table gold)
      : context_(context), spec_(spec), silver_(std::move(silver)), gold_(std::move(gold)) {}

  Result<StageReport> Process(const std::vector<const Snapshot*>& snapshots) {
    report_ = {.stage = "gold",
               .table = gold_.home.name.Text(),
               .run_id = context_.run_id,
               .commits = 1,
               .started_at_micros = NowMicros(),
               .broken_by_rule = {}};
    INGOT_ASSIGN(engine_, sql::Engine::Open({.threads = context_.threads,
                                             .memory_bytes = context_.memory_bytes / 2,
                                             .temp_folder = context_.temp_folder}));
    const auto sql =
        pipeline::MakeGoldSql(spec_, pipeline::Dialect::kEmbedded,
                              {.updated_at = fmt::format("make_timestamptz({})", report_.started_at_micros)});
    INGOT_ASSIGN(const TouchedDays touched, FindTouched(sql, snapshots));
    INGOT_TRY(RegisterSilver(touched));
    INGOT_TRY(RegisterOldGold(touched));
    INGOT_ASSIGN(auto files, Write(sql.aggregate, true));
    INGOT_ASSIGN(auto kept_files, Write(sql.kept, false));
    files.insert(files.end(), kept_files.begin(), kept_files.end());
    INGOT_TRY(FaultPoint("gold.after_files"));
    INGOT_TRY(Commit(std::move(files), snapshots.back()->snapshot_id));
    INGOT_TRY(FaultPoint("gold.after_commit"));
    return report_;
  }

 private:
  Result<TouchedDays> FindTouched(const pipeline::GoldSql& sql, const std::vector<const Snapshot*>& snapshots) {
    INGOT_ASSIGN(auto plan, iceberg::PlanAppends(*silver_.home.storage, *silver_.metadata, snapshots,
                                                 pipeline::TouchedInputColumns(spec_)));
    report_.rows_in = plan.RecordCount();
    for (const auto& task : plan.tasks) report_.bytes_in += task.file.file_bytes;
    INGOT_ASSIGN(auto relation, iceberg::RelationOf(silver_.home.storage, silver_.metadata, std::move(plan)));
    INGOT_TRY(engine_->Register({"silver_new"}, std::move(relation)));
    INGOT_TRY(engine_->Execute("CREATE OR REPLACE TEMP TABLE touched AS " + sql.touched));
    TouchedDays touched;
    for (const auto& group : pipeline::TouchedGroups(spec_)) {
      if (group.type.id != iceberg::TypeId::kDate || group.expression.kind != pipeline::Expression::Kind::kCall)
        continue;
      if (group.expression.arguments[0].kind != pipeline::Expression::Kind::kColumn) continue;
      touched.column = group.expression.arguments[0].text;
      const std::string name = pipeline::QuoteName(group.name, pipeline::Dialect::kEmbedded);
      INGOT_ASSIGN(
          const auto rows,
          engine_->Query(fmt::format(
              "SELECT DISTINCT CAST({0} - DATE '1970-01-01' AS BIGINT) AS day FROM touched WHERE {0} IS NOT NULL",
              name)));
      INGOT_ARROW_ASSIGN(const auto table, rows->ToTable());
      for (const auto& chunk : table->column(0)->chunks())
        for (int64_t i = 0; i < chunk->length(); ++i)
          touched.days.insert(int32_t(static_cast<const arrow::Int64Array&>(*chunk).Value(i)));
      // Rows without a time make a group without a date: no range holds them.
      INGOT_ASSIGN(const auto nulls,
                   sql::QueryNumbers(*engine_, fmt::format("SELECT count(*) FROM touched WHERE {} IS NULL", name)));
      if (nulls[0] > 0) touched.column.clear();
      date_group_ = group.name;
      break;
    }
    return touched;
  }

  Status RegisterSilver(const TouchedDays& touched) {
    iceberg::ScanOptions options{.columns = pipeline::GoldInputColumns(spec_), .filter = SilverFilter(touched)};
    INGOT_ASSIGN(auto plan, iceberg::PlanScan(*silver_.home.storage, *silver_.metadata, options));
    INGOT_ASSIGN(auto relation, iceberg::RelationOf(silver_.home.storage, silver_.metadata, std::move(plan)));
    return engine_->Register({"silver_rows"}, std::move(relation));
  }

  Status RegisterOldGold(const TouchedDays& touched) {
    iceberg::ScanOptions options;
    if (!touched.column.empty()) {
      std::vector<iceberg::Value> days(touched.days.begin(), touched.days.end());
      options.filter = iceberg::In(date_group_, std::move(days));
    }
    INGOT_ASSIGN(auto plan, iceberg::PlanScan(*gold_.home.storage, *gold_.metadata, options));
    for (const auto& task : plan.tasks) replaced_.insert(task.file.location);
    INGOT_ASSIGN(auto relation, iceberg::RelationOf(gold_.home.storage, gold_.metadata, std::move(plan)));
    return engine_->Register({"gold_old"}, std::move(relation));
  }

  Result<std::vector<iceberg::DataFile>> Write(const std::string& sql, bool fresh) {
    INGOT_ASSIGN(auto written, pipeline::WriteRows(context_, gold_, sql::RowsOf(*engine_, sql)));
    if (fresh) report_.rows_out = written.rows;
    report_.bytes_out += written.bytes;
    return std::move(written.files);
  }

  Status Commit(std::vector<iceberg::DataFile> files, iceberg::SnapshotId consumed) {
    report_.finished_at_micros = NowMicros();
    iceberg::SnapshotChange change{.operation = replaced_.empty() ? "append" : "overwrite",
                                   .added = std::move(files),
                                   .removes = {},
                                   .summary = report_.ToSummary(),
                                   .validate = {},
                                   .metadata_change = {}};
    change.summary[iceberg::kSourceSnapshotKey] = std::to_string(consumed);
    if (!replaced_.empty())
      change.removes = [&](const iceberg::DataFile& file) -> Result<bool> { return replaced_.contains(file.location); };
    // What was read must still be what is replaced: compaction may pass, another writer's rows may not be lost.
    change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
      if (metadata.current_snapshot_id == gold_.metadata->current_snapshot_id) return {};
      return Fail(ErrorKind::kConflict,
                  "another writer was first: table " + gold_.home.name.Text() + " has changed meanwhile");
    };
    INGOT_TRY(pipeline::CommitFiles(gold_.home, change));
    return {};
  }

  const StageContext& context_;
  const GoldSpec& spec_;
  const Table silver_, gold_;
  StageReport report_;
  std::unique_ptr<sql::Engine> engine_;
  std::string date_group_;
  std::set<std::string> replaced_;
};

Result<StageReport> RunTable(const StageContext& context, const GoldSpec& spec,
                             const std::function<void(int64_t)>& progress) {
  INGOT_ASSIGN(const auto silver_home, context.Home(context.pipeline->silver.table));
  if (const auto silver = iceberg::LoadTable(silver_home); !silver) {
    if (silver.error().kind != ErrorKind::kNotFound) return std::unexpected(silver.error());
    return Fail(ErrorKind::kNotFound,
                "table " + context.pipeline->silver.table + " does not exist: run the silver stage first");
  }
  INGOT_TRY(pipeline::EnsureTable(context, spec.table, pipeline::GoldSchema(spec)));
  Backoff backoff;
  while (true) {
    INGOT_ASSIGN(const auto home, context.Home(spec.table.table));
    INGOT_ASSIGN(const Table gold, iceberg::LoadTable(home));
    // Silver second: it must hold every snapshot that gold says it has consumed.
    INGOT_ASSIGN(const Table silver, iceberg::LoadTable(silver_home));
    INGOT_ASSIGN(const auto pending,
                 iceberg::SnapshotsToConsume(*silver.metadata, iceberg::ConsumedSnapshot(*gold.metadata),
                                             silver_home.name.Text()));
    if (pending.empty()) return StageReport{};
    auto report = GoldRun(context, spec, silver, gold).Process(pending);
    if (report) progress(report->rows_in);
    if (report || report.error().kind != ErrorKind::kConflict || !backoff.Wait()) return report;
  }
}

}  // namespace

Result<StageReport> RunGold(const StageContext& context, const std::function<void(int64_t)>& progress) {
  StageReport total{.stage = "gold", .run_id = context.run_id, .started_at_micros = NowMicros(), .broken_by_rule = {}};
  for (const GoldSpec& spec : context.pipeline->gold) {
    INGOT_ASSIGN(const StageReport report, RunTable(context, spec, progress));
    total.Add(report);
    total.table += (total.table.empty() ? "" : ", ") + spec.table.table;
  }
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::gold
