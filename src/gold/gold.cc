#include "gold/gold.h"

#include <arrow/api.h>

#include <algorithm>
#include <set>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/rows.h"
#include "gold/changed_groups.h"
#include "gold/touched.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "rows/arrow_schema.h"
#include "rows/scan_relation.h"
#include "stage/changes.h"
#include "stage/fence.h"
#include "stage/stage.h"

namespace ingot::gold {
namespace {

using iceberg::SnapshotId;
using iceberg::Table;
using pipeline::GoldSpec;
using stage::Changes;
using stage::Environment;
using stage::StageReport;
using Batch = std::shared_ptr<arrow::RecordBatch>;

class GoldRun {
 public:
  GoldRun(const Environment& environment, const GoldSpec& spec, const std::string& definition, Gold::Kept& kept,
          bool keeps, Table silver, Table gold)
      : environment_(environment),
        keeps_(keeps),
        spec_(spec),
        kept_(kept),
        silver_(std::move(silver)),
        gold_(std::move(gold)),
        definition_(definition),
        mark_(stage::MarkOf(*gold_.metadata)),
        consumed_(mark_.snapshot) {}

  Result<StageReport> Process(const Changes& changes) {
    Begin();
    only_added_ = changes.only_added;
    if (!only_added_ || !CatchUp()) kept_.Drop();
    auto report = RecomputeTouched(changes);
    if (report && keeps_ && only_added_) {
      kept_.silver_snapshot = changes.until;
      INGOT_TRY(Trim());
    } else {
      kept_.Drop();
    }
    return report;
  }

  /// Recomputes these days from the current silver. The consumed snapshot does not change: rows that arrive meanwhile
  /// are counted again with their hour when they are consumed.
  Result<StageReport> RecomputeDays(stage::DaySpan days) {
    Begin();
    INGOT_ASSIGN(auto writer, stage::RowWriter::Open(environment_, gold_));
    for (int32_t day = days.from; day <= days.to; ++day) {
      kept_.Drop();
      INGOT_ASSIGN(const Batch keys, GroupsOfDay(spec_, day));
      GroupTable mine;
      INGOT_TRY(mine.Number(keys));
      INGOT_TRY(touched_.Number(keys));
      INGOT_TRY(ReadGroups(*keys, mine, std::nullopt, kept_.state));
      if (kept_.state.Empty()) continue;
      INGOT_TRY(WriteGroups(kept_.state, mine, writer));
    }
    kept_.Drop();
    INGOT_TRY(RewriteUntouchedRows(writer));
    INGOT_ASSIGN(auto written, writer.Finish());
    report_.bytes_out = written.bytes;
    stage::Mark mark = mark_;
    mark.run_id = environment_.run_id;
    INGOT_TRY(Commit(std::move(written.files), mark));
    return report_;
  }

 private:
  void Begin() {
    report_ = stage::BeginReport(stage::Stage::kGold, gold_.home.name.Text(), environment_.run_id);
    report_.commits = 1;
  }

  Result<StageReport> RecomputeTouched(const Changes& changes) {
    INGOT_ASSIGN(auto writer, stage::RowWriter::Open(environment_, gold_));
    INGOT_TRY(changes.rewritten ? RecomputeChanged(changes, writer) : RecomputeAdded(changes, writer));
    INGOT_TRY(FaultPoint("gold.computed"));
    if (touched_.size() > 0) INGOT_TRY(RewriteUntouchedRows(writer));
    INGOT_ASSIGN(auto written, writer.Finish());
    report_.bytes_out = written.bytes;
    INGOT_TRY(FaultPoint("gold.after_files"));
    INGOT_TRY(
        Commit(std::move(written.files), stage::NextMark(environment_, mark_, silver_, *changes.until, definition_)));
    INGOT_TRY(FaultPoint("gold.after_commit"));
    return report_;
  }

  Status RecomputeAdded(const Changes& changes, stage::RowWriter& writer) {
    INGOT_ASSIGN(auto fresh, PlanAdded(changes, pipeline::GoldInputColumns(spec_), {}));
    CountInput(fresh);
    if (fresh.RecordCount() <= RowsAtOnce()) return Pass(fresh, nullptr, writer);
    kept_.Drop();
    INGOT_ASSIGN(const auto touching, PlanAdded(changes, pipeline::TouchedInputColumns(spec_), {}));
    INGOT_ASSIGN(const auto parts, SplitTouched(touching));
    for (const Batch& part : parts) {
      GroupTable only;
      INGOT_TRY(only.Number(part));
      INGOT_ASSIGN(fresh, PlanAdded(changes, pipeline::GoldInputColumns(spec_), SilverFilter(spec_, *part)));
      INGOT_TRY(Pass(fresh, &only, writer));
      kept_.Drop();
    }
    return {};
  }

  /// Recomputes the groups in which rows were added, changed or deleted, from all of their rows.
  Status RecomputeChanged(const Changes& changes, stage::RowWriter& writer) {
    INGOT_ASSIGN(const stage::Difference difference, stage::PlanDifference(*silver_.home.storage, *silver_.metadata,
                                                                           changes, pipeline::GoldInputColumns(spec_)));
    CountInput(difference.before);
    CountInput(difference.after);
    INGOT_ASSIGN(const ChangedGroups changed, FindChangedGroups(silver_, difference, spec_, environment_.threads));
    for (const Batch& part : SplitByRows(changed.groups, changed.rows)) {
      GroupTable mine;
      INGOT_TRY(mine.Number(part));
      INGOT_TRY(touched_.Number(part));
      INGOT_TRY(ReadGroups(*part, mine, changes.until, kept_.state));
      if (!kept_.state.Empty()) INGOT_TRY(WriteGroups(kept_.state, mine, writer));
      kept_.Drop();
    }
    return {};
  }

  void CountInput(const rows::ScanPlan& plan) {
    report_.rows_in += plan.RecordCount();
    for (const auto& task : plan.tasks) report_.bytes_in += task.file.file_bytes;
  }

  /// Brings the kept state to the snapshot that gold has consumed, which another follower may have advanced. Errors:
  /// when that is not possible.
  Status CatchUp() {
    if (!kept_.silver_snapshot)
      return Fail(ErrorKind::kNotFound, "no groups of an earlier round are in memory; gold reads silver again");
    if (kept_.silver_snapshot == consumed_) return {};
    INGOT_ASSIGN(const Changes missed, stage::ChangesSince(*silver_.metadata, {.snapshot = kept_.silver_snapshot},
                                                           silver_.home.name.Text(), consumed_));
    if (!missed.only_added)
      return Fail(ErrorKind::kNotFound,
                  "rows of silver that are in memory were deleted from it; gold reads silver again");
    INGOT_ASSIGN(const auto plan, PlanAdded(missed, pipeline::GoldInputColumns(spec_), {}));
    return Collect(plan, kept_.plan, &kept_.whole, kept_.state);
  }

  /// Above half of the budget, keeps only the groups of this round, or none if they alone exceed it.
  Status Trim() {
    const size_t most = size_t(environment_.memory_bytes / 2);
    if (kept_.state.Bytes() <= most) return {};
    GroupState touched(kept_.plan);
    INGOT_TRY(touched.Merge(kept_.state, &touched_));
    kept_.state = std::move(touched);
    kept_.whole = std::move(touched_);
    if (kept_.state.Bytes() > most) kept_.Drop();
    return {};
  }

  Result<rows::ScanPlan> PlanAdded(const Changes& changes, const std::vector<std::string>& columns,
                                   const iceberg::Filter& filter) const {
    return stage::PlanAdded(*silver_.home.storage, *silver_.metadata, changes, columns, filter);
  }

  /// Adds the plan's rows to `state`; with `only`, those of its touched groups.
  Status Collect(const rows::ScanPlan& plan, const GoldPlan& gold, const GroupTable* only, GroupState& state) const {
    std::vector<GroupState> parts;
    for (int thread = 0; thread < std::max(1, environment_.threads); ++thread) parts.emplace_back(gold);
    // A thread settles its state when it has collected much of the budget, because the number of old rows is unbounded.
    std::vector<int64_t> loose(parts.size());
    INGOT_TRY(rows::ForEachBatch(silver_, plan, environment_.threads, [&](size_t thread, const Batch& batch) -> Status {
      INGOT_ASSIGN(const int64_t added, parts[thread].Add(batch, only));
      loose[thread] += added;
      if (loose[thread] < RowsAtOnce() * 3 / 4) return {};
      loose[thread] = 0;
      return parts[thread].Settle(nullptr, 1);
    }));
    for (GroupState& part : parts) INGOT_TRY(state.Merge(part, nullptr));
    return {};
  }

  /// Computes the groups that the rows of `fresh` touch; with `only`, those in it. Adds them to touched_.
  Status Pass(const rows::ScanPlan& fresh, const GroupTable* only, stage::RowWriter& writer) {
    GroupState found(kept_.plan);
    INGOT_TRY(Collect(fresh, kept_.plan, only, found));
    if (found.Empty()) return {};
    GroupTable mine;
    INGOT_ASSIGN(const Batch keys, found.Touched());
    INGOT_TRY(touched_.Number(keys));
    INGOT_TRY(mine.Number(keys));
    if (only_added_) {
      // Earlier rows of silver come from the kept state, or from silver at the consumed snapshot.
      GroupTable unknown;
      INGOT_ASSIGN(auto known, kept_.whole.Has(*keys));
      known.flip();
      INGOT_ASSIGN(const Batch missed, FilterRows(keys, known));
      INGOT_TRY(unknown.Number(missed));
      if (consumed_ && unknown.size() > 0) INGOT_TRY(ReadGroups(*missed, unknown, consumed_, kept_.state));
      INGOT_TRY(kept_.whole.Number(keys));
      INGOT_TRY(kept_.state.Merge(found, nullptr));
    } else {
      INGOT_TRY(ReadGroups(*keys, mine, std::nullopt, kept_.state));
    }
    if (kept_.state.Empty()) return {};
    INGOT_ASSIGN(const Batch rows, kept_.state.Rows(&mine, environment_.threads));
    if (keeps_) INGOT_TRY(kept_.state.Settle(&mine, environment_.threads));
    report_.rows_out += rows->num_rows();
    INGOT_ASSIGN(const Batch whole, WithTime(*rows));
    return writer.Write(whole);
  }

  /// Adds the rows of these groups at the given snapshot of silver, by default the current one.
  Status ReadGroups(const arrow::RecordBatch& keys, const GroupTable& only, std::optional<SnapshotId> snapshot,
                    GroupState& state) const {
    const rows::ScanOptions options{.snapshot_id = snapshot,
                                    .current_schema = true,
                                    .columns = pipeline::GoldInputColumns(spec_),
                                    .filter = SilverFilter(spec_, keys)};
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*silver_.home.storage, *silver_.metadata, options));
    return Collect(plan, kept_.plan, &only, state);
  }

  /// The number of rows whose unsettled values take a third of the memory budget. Reading and writing take the rest.
  int64_t RowsAtOnce() const {
    return environment_.memory_bytes / 3 / std::max<int64_t>(1, kept_.plan.bytes_per_row * 3 / 2);
  }

  Status WriteGroups(GroupState& state, const GroupTable& groups, stage::RowWriter& writer) {
    INGOT_ASSIGN(const Batch rows, state.Rows(&groups, environment_.threads));
    report_.rows_out += rows->num_rows();
    INGOT_ASSIGN(const Batch whole, WithTime(*rows));
    return writer.Write(whole);
  }

  /// Splits the groups that the rows of `fresh` touch into parts of at most RowsAtOnce rows. A part may exceed this
  /// only with a single group.
  Result<std::vector<Batch>> SplitTouched(const rows::ScanPlan& fresh) const {
    GoldSpec counting;
    counting.group = pipeline::TouchedGroups(spec_);
    pipeline::Expression count{.kind = pipeline::Expression::Kind::kCall, .text = "count"};
    count.arguments.push_back({.kind = pipeline::Expression::Kind::kStar});
    counting.measures = {{.name = "rows", .expression = count, .type = {.id = iceberg::TypeId::kLong}}};
    const GoldPlan plan(counting);
    GroupState state(plan);
    INGOT_TRY(Collect(fresh, plan, nullptr, state));
    if (state.Empty()) return std::vector<Batch>();
    INGOT_ASSIGN(const Batch counts, state.Rows(nullptr, environment_.threads));
    const auto rows = std::static_pointer_cast<arrow::Int64Array>(counts->GetColumnByName("rows"));
    return SplitByRows(SelectColumns(*counts, kept_.plan.touched), {rows->raw_values(), size_t(rows->length())});
  }

  std::vector<Batch> SplitByRows(const Batch& keys, std::span<const int64_t> rows) const {
    std::vector<Batch> parts;
    if (keys == nullptr) return parts;
    int64_t begin = 0, held = 0;
    for (int64_t i = 0; i < keys->num_rows(); ++i) {
      if (i > begin && held + rows[size_t(i)] > RowsAtOnce()) {
        parts.push_back(keys->Slice(begin, i - begin));
        begin = i;
        held = 0;
      }
      held += rows[size_t(i)];
    }
    parts.push_back(keys->Slice(begin));
    return parts;
  }

  Result<Batch> WithTime(const arrow::RecordBatch& rows) const {
    INGOT_ASSIGN(const auto now,
                 rows::RepeatValue(report_.started_at_micros, {.id = iceberg::TypeId::kTimestamptz}, rows.num_rows()));
    INGOT_ARROW_ASSIGN(auto with, rows.AddColumn(rows.num_columns(), "updated_at", now));
    return with;
  }

  /// Replaces the files of gold that may hold touched groups, and rewrites their untouched rows.
  Status RewriteUntouchedRows(stage::RowWriter& writer) {
    INGOT_ASSIGN(const Batch keys, touched_.Rows());
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*gold_.home.storage, *gold_.metadata,
                                                 {.columns = {}, .filter = GoldFilter(spec_, *keys)}));
    for (const auto& task : plan.tasks) replaced_.insert(task.file.location);
    return rows::ForEachBatch(gold_, plan, 1, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(auto keep, touched_.Has(*SelectColumns(*batch, kept_.plan.touched)));
      keep.flip();
      INGOT_ASSIGN(const Batch others, FilterRows(batch, keep));
      return others->num_rows() > 0 ? writer.Write(others) : Status();
    });
  }

  Status Commit(std::vector<iceberg::DataFile> files, const stage::Mark& mark) {
    report_.finished_at_micros = NowMicros();
    iceberg::SnapshotChange change{.operation = replaced_.empty() ? "append" : "overwrite",
                                   .added = std::move(files),
                                   .summary = report_.ToSummary()};
    if (mark.snapshot) stage::PutMark(change, mark);
    if (!replaced_.empty())
      change.removes = [&](const iceberg::DataFile& file) -> Result<bool> { return replaced_.contains(file.location); };
    // The replaced files must still be those that were read, so that no rows of another writer are lost.
    change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
      if (metadata.current_snapshot_id == gold_.metadata->current_snapshot_id) return {};
      return Fail(ErrorKind::kConflict,
                  "another writer was first: table " + gold_.home.name.Text() + " has changed meanwhile");
    };
    stage::Fence(change, definition_, gold_.home.name.Text());
    INGOT_TRY(iceberg::CommitFiles(gold_.home, change));
    return {};
  }

  const Environment& environment_;
  const bool keeps_;
  const GoldSpec& spec_;
  Gold::Kept& kept_;
  const Table silver_, gold_;
  const std::string& definition_;
  const stage::Mark mark_;
  const std::optional<SnapshotId> consumed_;
  bool only_added_ = false;
  StageReport report_;
  GroupTable touched_;  // the touched columns of all recomputed groups
  std::set<std::string> replaced_;
};

/// The two tables at one moment, and the changes that gold has not consumed.
struct Inputs {
  Table silver, gold;
  Changes changes;
};

Result<Inputs> LoadInputs(const Environment& environment, const GoldSpec& spec) {
  INGOT_ASSIGN(const auto silver_home, environment.Home(environment.pipeline->SourceOf(spec).table.table));
  INGOT_ASSIGN(const auto gold_home, environment.Home(spec.table.table));
  Inputs inputs;
  INGOT_ASSIGN(inputs.gold, iceberg::LoadTable(gold_home));
  // Silver is loaded second: it must have every snapshot that gold has consumed.
  INGOT_ASSIGN(inputs.silver, iceberg::LoadTable(silver_home));
  INGOT_TRY(stage::CheckNotReplaced(*inputs.gold.metadata, gold_home.name.Text(), *gold_home.storage));
  INGOT_ASSIGN(inputs.changes, stage::ChangesSince(*inputs.silver.metadata, stage::MarkOf(*inputs.gold.metadata),
                                                   silver_home.name.Text()));
  return inputs;
}

stage::WantedTable WantedGold(const Environment& environment, const GoldSpec& spec) {
  return {.spec = spec.table,
          .schema = pipeline::GoldSchema(spec),
          .definition = GoldDefinition(*environment.pipeline, spec)};
}

/// Processes the changes of silver, or the given days.
Result<StageReport> RunTable(const Environment& environment, const GoldSpec& spec, Gold::Kept& kept,
                             const GoldOptions& options, const std::function<void(int64_t)>& progress) {
  INGOT_ASSIGN(const auto silver_home, environment.Home(environment.pipeline->SourceOf(spec).table.table));
  INGOT_ASSIGN(const auto there, iceberg::FindTable(silver_home));
  if (!there)
    return Fail(ErrorKind::kNotFound,
                "table " + silver_home.name.Text() + " does not exist: run the silver stage first");
  const stage::WantedTable wanted = WantedGold(environment, spec);
  INGOT_TRY(stage::EnsureTable(environment, wanted));
  const auto& days = options.recompute_days;
  StageReport total = stage::BeginReport(stage::Stage::kGold, spec.table.table, environment.run_id);
  for (bool more = true; more;) {
    INGOT_ASSIGN(const StageReport report, iceberg::RetryOnConflict([&]() -> Result<StageReport> {
                   INGOT_ASSIGN(const Inputs inputs, LoadInputs(environment, spec));
                   more = !days && inputs.changes.more;
                   if (!days && (!inputs.changes.until || inputs.changes.Empty())) return StageReport{};
                   GoldRun run(environment, spec, wanted.definition, kept, options.keep_groups, inputs.silver,
                               inputs.gold);
                   return days ? run.RecomputeDays(*days) : run.Process(inputs.changes);
                 }));
    if (!days) progress(report.rows_in);
    total.Add(report);
  }
  return total;
}

}  // namespace

void Gold::Kept::Drop() {
  state = GroupState(plan);
  whole = GroupTable();
  silver_snapshot.reset();
}

Status Gold::EnsureTables(const Environment& environment) {
  for (const GoldSpec& spec : environment.pipeline->gold)
    INGOT_TRY(stage::EnsureTable(environment, WantedGold(environment, spec)));
  return {};
}

/// Engines handle only appended rows.
Status Gold::PrepareForEngine(const Environment& environment) {
  for (const GoldSpec& spec : environment.pipeline->gold) {
    INGOT_ASSIGN(const Inputs inputs, LoadInputs(environment, spec));
    if (!inputs.changes.rewriter.empty())
      return Fail(ErrorKind::kUnsupported, "table " + inputs.silver.home.name.Text() + ": " + inputs.changes.rewriter +
                                               " rewrote rows, whose groups only the embedded engine can find: run "
                                               "--stage gold --engine embedded once");
  }
  return {};
}

Result<StageReport> Gold::Run(const Environment& environment, const stage::Deadline&,
                              const std::function<void(int64_t)>& progress) {
  StageReport total = stage::BeginReport(stage::Stage::kGold, "", environment.run_id);
  for (const GoldSpec& spec : environment.pipeline->gold) {
    auto& kept = kept_[spec.table.table];
    if (kept == nullptr) kept = std::make_unique<Kept>(spec);
    const GoldOptions only_new{.keep_groups = options_.keep_groups};
    const auto report = RunTable(environment, spec, *kept, only_new, progress);
    if (total.AddPending(report)) continue;
    INGOT_TRY(report);
    total.Add(*report);
    if (options_.recompute_days && (options_.days_required || !DayFieldOf(spec).empty())) {
      INGOT_ASSIGN(const StageReport days, RunTable(environment, spec, *kept, options_, progress));
      total.Add(days);
    }
    total.table += (total.table.empty() ? "" : ", ") + spec.table.table;
  }
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::gold
