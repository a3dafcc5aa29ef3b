#include "run/rebuild_days.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fault.h"
#include "base/rows.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "maintain/delete_rows.h"
#include "maintain/retention.h"
#include "pipeline/definition.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"
#include "run/change_record.h"
#include "run/held_keys.h"
#include "run/parse_again.h"
#include "run/staging.h"
#include "silver/positions.h"
#include "stage/changes.h"
#include "stage/fence.h"
#include "stage/marks.h"

namespace ingot::run {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using pipeline::SilverSpec;
using stage::Environment;
using stage::StageReport;
using Batch = std::shared_ptr<arrow::RecordBatch>;

/// What a staging table is for: the target, the days, and how often days of the two targets were computed again when it
/// was created. After that the files of the staging table are the target's. Runs of other days have other names.
constexpr const char* kDaysOf = "ingot.days-of";
constexpr const char* kNumbers = "ingot.days-numbers";

int64_t NumberOf(const Table& table) {
  return table.metadata->PropertyInt(stage::kRecomputedKey, 0);
}

/// Gates do not judge rows again that were published before.
iceberg::Properties PublishedBefore(const std::vector<std::string>&) {
  return {};
}

/// The days of one silver table and its quarantine, over several attempts.
class DaysAgain {
 public:
  DaysAgain(const Environment& environment, const SilverSpec& spec, stage::Days days)
      : environment_(environment),
        spec_(spec),
        days_(std::move(days)),
        definition_(SilverDefinition(*environment.pipeline, spec)),
        report_(stage::BeginReport(stage::Stage::kSilver, spec.table.table, environment.run_id)) {
    record_ = ToJson({.action = "recomputed",
                      .differences = {fmt::format("rows of {}: {}", days_.column(), days_.span().Text())},
                      .definition_before = pipeline::DefinitionId(definition_),
                      .started_at_micros = NowMicros()});
  }

  /// Whether another run that replaced the rows has dropped the staging tables.
  Result<bool> StagingIsGone() const {
    for (const Table* staging : {&silver_staging_, &quarantine_staging_}) {
      if (staging->home.catalog == nullptr) return false;
      INGOT_ASSIGN(const auto found, iceberg::FindTable(staging->home));
      if (!found) return true;
    }
    return false;
  }

  /// One attempt, on the newest state of the tables. Quarantine gets the rows that are quarantined now first, and loses
  /// those that are not any more last, so that each row is in one of the two tables at any time.
  Result<StageReport> Attempt(const std::function<void(int64_t)>& progress) {
    INGOT_TRY(LoadTables());
    const stage::Mark mark = stage::MarkOf(*silver_.metadata);
    if (!mark.snapshot) return report_;
    if (stage::MarkOf(*quarantine_.metadata).snapshot != mark.snapshot) return Conflict(quarantine_);
    until_ = mark.snapshot;
    INGOT_TRY(OpenStaging());
    INGOT_TRY(Fill(progress));
    INGOT_ASSIGN(const bool nothing, NothingToReplace());
    if (!nothing) INGOT_TRY(Replace());
    for (const Table* staging : {&silver_staging_, &quarantine_staging_})
      DiscardStaging(staging->home, staging->metadata->location);
    return report_;
  }

 private:
  Status Replace() {
    INGOT_TRY(SwapQuarantine());
    INGOT_TRY(DeleteHeldKeys(environment_, spec_, silver_staging_, silver_, days_));
    INGOT_TRY(SwapSilver());
    return RemoveStale();
  }

  /// Whether the days have no rows in bronze, silver and quarantine.
  Result<bool> NothingToReplace() {
    INGOT_TRY(CountRows());
    int64_t rows = report_.rows_in;
    for (const Table* table : {&silver_, &quarantine_}) {
      auto deletion = DeletionOfDays();
      deletion.dry_run = true;
      if (rows > 0) return false;
      INGOT_ASSIGN(const auto old, maintain::DeleteRows(table->home, deletion));
      rows += old.rows;
    }
    if (rows == 0) report_.commits = 0;
    return rows == 0;
  }

  Status LoadTables() {
    for (const auto& [table, spec] : {std::pair{&silver_, &spec_.table}, {&quarantine_, &spec_.quarantine}}) {
      INGOT_ASSIGN(const auto home, environment_.Home(spec->table));
      INGOT_ASSIGN(*table, iceberg::LoadTable(home));
    }
    return {};
  }

  static std::unexpected<Error> Conflict(const Table& table) {
    return Fail(ErrorKind::kConflict, "another run was first: table " + table.home.name.Text() + " changed meanwhile");
  }

  Status OpenStaging() {
    const int64_t quarantine_number = NumberOf(quarantine_) - (quarantine_swapped_ ? 1 : 0);
    if (stamp_.empty() || silver_number_ != NumberOf(silver_) || quarantine_number_ != quarantine_number) {
      quarantine_swapped_ = false;
      silver_number_ = NumberOf(silver_);
      quarantine_number_ = NumberOf(quarantine_);
      stamp_ = fmt::format("{} of {}: {}, {}, {}", days_.column(), days_.span().Text(), silver_.metadata->table_uuid,
                           silver_number_, quarantine_number_);
      INGOT_TRY(DiscardOutdated());
    }
    INGOT_ASSIGN(const auto bronze_home, environment_.Home(environment_.pipeline->bronze.table));
    INGOT_ASSIGN(const Table bronze, iceberg::LoadTable(bronze_home));
    const std::string suffix = kDaysSuffix + pipeline::DefinitionId(stamp_).substr(0, kDaysDigits);
    for (const auto& [staging, table] : {std::pair{&silver_staging_, &silver_}, {&quarantine_staging_, &quarantine_}}) {
      staging->home = table->home;
      staging->home.name.name += suffix;
      INGOT_TRY(ContinueStaging(environment_, staging->home, *table->metadata, &*bronze.metadata,
                                {{kDaysOf, stamp_}, {kNumbers, Numbers()}}));
    }
    return {};
  }

  std::string Numbers() const { return fmt::format("{} {}", silver_number_, quarantine_number_); }

  /// Drops staging tables of interrupted runs, of any days, that were made before days of the targets were last
  /// replaced.
  Status DiscardOutdated() const {
    INGOT_ASSIGN(const auto tables, silver_.home.catalog->ListTables());
    for (const Table* table : {&silver_, &quarantine_})
      for (const iceberg::TableName& name : tables) {
        if (name.space != table->home.name.space || !name.name.starts_with(table->home.name.name + kDaysSuffix))
          continue;
        iceberg::TableHome home = table->home;
        home.name = name;
        const auto found = iceberg::FindTable(home);
        if (!found || !*found) continue;  // another run drops it
        const std::string numbers = (*found)->metadata->Property(kNumbers, "");
        if (!numbers.empty() && numbers != Numbers()) DiscardStaging(home, (*found)->metadata->location);
      }
    return {};
  }

  /// Runs silver from bronze to the staging tables.
  Status Fill(const std::function<void(int64_t)>& progress) {
    pipeline::Pipeline pipeline = *environment_.pipeline;
    pipeline.silver = {spec_};
    pipeline.silver[0].table.table = silver_staging_.home.name.Text();
    pipeline.silver[0].quarantine.table = quarantine_staging_.home.name.Text();
    pipeline.gold.clear();
    Environment filling = environment_;
    filling.pipeline = &pipeline;
    // One step, so that of all rows with a key the one with the lowest position stays.
    silver::Silver silver({.rows_per_commit = std::numeric_limits<int64_t>::max(),
                           .until = until_,
                           .clean = {.parser = ParserOf(environment_), .days = days_},
                           .gates = {.publish_anyway = PublishedBefore, .published_until = until_}});
    INGOT_ASSIGN(const StageReport filled, silver.Run(filling, {}, progress));
    if (!filled.pending_changes.empty()) return Fail(ErrorKind::kPendingChange, filled.pending_changes.front());
    INGOT_TRY(FaultPoint("days.filled"));
    INGOT_TRY(LoadStaging());
    return CheckFilled();
  }

  /// Rows that silver did not compute must not be missed in what replaces the days.
  Status CheckFilled() const {
    INGOT_ASSIGN(const auto home, environment_.Home(environment_.pipeline->bronze.table));
    INGOT_ASSIGN(const Table bronze, iceberg::LoadTable(home));
    if (bronze.metadata->SnapshotById(*until_) == nullptr)
      return Fail(ErrorKind::kNotFound,
                  fmt::format("table {}: snapshot {}, up to which {} has consumed it, has expired", home.name.Text(),
                              *until_, spec_.table.table));
    const auto left =
        stage::ChangesSince(*bronze.metadata, stage::MarkOf(*silver_staging_.metadata), home.name.Text(), until_);
    if (!left) return Conflict(silver_staging_);  // the same command elsewhere has processed more
    if (left->Empty()) return {};
    return Fail(ErrorKind::kRetry, "table " + spec_.table.table + ": not all rows of " + days_.span().Text() +
                                       " were computed; nothing was replaced");
  }

  Status LoadStaging() {
    for (Table* staging : {&silver_staging_, &quarantine_staging_}) {
      INGOT_ASSIGN(*staging, iceberg::LoadTable(staging->home));
      if (staging->metadata->Property(kDaysOf, "") != stamp_) return Conflict(*staging);
    }
    return {};
  }

  /// Commits the staging table's files in place of the rows that `deletion` selects. The table must still be the one
  /// that was read.
  Status Swap(const Table& table, const Table& staging, maintain::DeleteRowsOptions deletion) {
    bool moved = false;
    INGOT_ASSIGN(deletion.replacements, FilesOf(staging));
    deletion.amend = [&](iceberg::SnapshotChange& change) {
      change.summary[stage::kRunIdKey] = environment_.run_id;
      change.summary[kChangeKey] = record_;
      if (&table == &silver_) change.summary.merge(report_.ToSummary());
      change.metadata_change = [number = NumberOf(table) + 1](TableMetadata& metadata) -> Status {
        metadata.properties[stage::kRecomputedKey] = std::to_string(number);
        return {};
      };
      stage::Fence(change, definition_, table.home.name.Text());
    };
    deletion.validate = [&](const TableMetadata& metadata) -> Status {
      moved = metadata.current_snapshot_id != table.metadata->current_snapshot_id ||
              !SameLayout(metadata, *staging.metadata);
      return moved ? Fail(ErrorKind::kCancelled, "the table changed meanwhile") : Status();
    };
    const auto done = maintain::DeleteRows(table.home, deletion);
    if (moved) return Conflict(table);
    return done ? Status() : Status(std::unexpected(done.error()));
  }

  /// Replaces the rows of the days that are quarantined again, and adds the others.
  Status SwapQuarantine() {
    if (quarantine_swapped_) return {};  // what was quarantined since is there, without deduplication
    silver::SourcePositions again;
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*quarantine_staging_.home.storage, *quarantine_staging_.metadata,
                                                 {.columns = silver::PositionColumns()}));
    INGOT_TRY(rows::ForEachBatch(quarantine_staging_, plan, environment_.threads,
                                 [&](size_t, const Batch& batch) { return again.Add(*batch); }));
    again.Seal();
    stale_ = std::make_unique<silver::SourcePositions>();
    unparsed_ = std::make_unique<silver::SourcePositions>();
    auto deletion = DeletionOfQuarantined();
    deletion.matches = [&](const Batch& rows) { return QuarantinedAgain(rows, again); };
    INGOT_TRY(FaultPoint("days.before_quarantine"));
    INGOT_TRY(Swap(quarantine_, quarantine_staging_, deletion));
    quarantine_swapped_ = true;
    return FaultPoint("days.between_swaps");
  }

  /// Whether each row of quarantine is in the staging table too. Collects the others of the days, and those without a
  /// day. Rows without a position cannot be distinguished: those of the days are in the staging table if bronze has
  /// them.
  Result<std::shared_ptr<arrow::Array>> QuarantinedAgain(const Batch& rows, const silver::SourcePositions& again) {
    const std::vector<bool> inside = days_.Has(*rows);
    INGOT_ASSIGN(auto found, again.Find(*rows));
    const auto day = rows->GetColumnByName(days_.column()), source = rows->GetColumnByName(pipeline::kSource),
               offset = rows->GetColumnByName(pipeline::kSourceOffset);
    std::vector<bool> matches(inside.size()), stale(inside.size()), unparsed(inside.size());
    for (size_t i = 0; i < inside.size(); ++i) {
      const auto row = int64_t(i);
      const bool unidentified = source->IsNull(row) || offset->IsNull(row), without_day = day->IsNull(row);
      matches[i] = inside[i] ? unidentified || found.known[i] : without_day && found.known[i];
      stale[i] = inside[i] && !matches[i];
      unparsed[i] = without_day && !matches[i];
    }
    INGOT_ASSIGN(const Batch of_days, FilterRows(rows, stale));
    INGOT_TRY(stale_->Add(*of_days));
    INGOT_ASSIGN(const Batch without_days, FilterRows(rows, unparsed));
    INGOT_TRY(unparsed_->Add(*without_days));
    return maintain::ToBooleans(matches);
  }

  Status SwapSilver() {
    auto deletion = DeletionOfDays();
    INGOT_ASSIGN(silver_staging_, iceberg::LoadTable(silver_staging_.home));
    INGOT_TRY(CountRows());
    INGOT_TRY(Swap(silver_, silver_staging_, deletion));
    return FaultPoint("days.after_silver");
  }

  /// Removes the rows from quarantine that are not quarantined any more.
  Status RemoveStale() {
    INGOT_TRY(AddParsedAgain());
    stale_->Seal();
    auto deletion = DeletionOfQuarantined();
    deletion.matches = [&](const Batch& rows) -> Result<std::shared_ptr<arrow::Array>> {
      INGOT_ASSIGN(auto found, stale_->Find(*rows));
      return maintain::ToBooleans(found.known);
    };
    deletion.dry_run = true;
    INGOT_ASSIGN(const auto left, maintain::DeleteRows(quarantine_.home, deletion));
    if (left.rows == 0) return {};
    deletion.dry_run = false;
    deletion.amend = [&](iceberg::SnapshotChange& change) {
      change.summary[stage::kRunIdKey] = environment_.run_id;
      change.summary[kChangeKey] = record_;
      stage::Fence(change, definition_, quarantine_.home.name.Text());
    };
    INGOT_TRY(maintain::DeleteRows(quarantine_.home, deletion));
    return FaultPoint("days.after_stale");
  }

  /// Records that could not be parsed have no day in quarantine. Those that silver has now leave it, too.
  Status AddParsedAgain() {
    unparsed_->Seal();
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*silver_staging_.home.storage, *silver_staging_.metadata,
                                                 {.columns = silver::PositionColumns()}));
    return rows::ForEachBatch(silver_staging_, plan, environment_.threads, [&](size_t, const Batch& rows) -> Status {
      INGOT_ASSIGN(const auto found, unparsed_->Find(*rows));
      INGOT_ASSIGN(const Batch parsed, FilterRows(rows, found.known));
      return parsed->num_rows() > 0 ? stale_->Add(*parsed) : Status();
    });
  }

  maintain::DeleteRowsOptions DeletionOfDays() const {
    maintain::DeleteRowsOptions deletion{
        .columns = {days_.column()}, .filter = days_.Inside(), .filter_is_condition = true};
    deletion.matches = [this](const Batch& rows) { return maintain::ToBooleans(days_.Has(*rows)); };
    deletion.threads = environment_.threads;
    return deletion;
  }

  /// Without the condition.
  maintain::DeleteRowsOptions DeletionOfQuarantined() const {
    maintain::DeleteRowsOptions deletion{.columns = silver::PositionColumns()};
    if (std::ranges::find(deletion.columns, days_.column()) == deletion.columns.end())
      deletion.columns.push_back(days_.column());
    deletion.filter = iceberg::Or({days_.Inside(), Compare(days_.column(), iceberg::FilterOp::kIsNull, {})});
    deletion.threads = environment_.threads;
    return deletion;
  }

  /// The counts of the staging tables, which an interrupted run may have filled in part.
  Status CountRows() {
    StageReport filled = stage::BeginReport(stage::Stage::kSilver, report_.table, environment_.run_id);
    for (const iceberg::Snapshot& snapshot : silver_staging_.metadata->snapshots)
      if (const auto part = stage::ReportOf(snapshot, report_.table)) filled.Add(*part);
    filled.started_at_micros = report_.started_at_micros;
    filled.finished_at_micros = NowMicros();
    filled.run_id = environment_.run_id;
    filled.commits = 1;
    filled.rows_out = 0;
    INGOT_ASSIGN(const auto files, FilesOf(silver_staging_));
    for (const DataFile& file : files)
      filled.rows_out += file.content == iceberg::FileContent::kData ? file.record_count : -file.record_count;
    filled.duplicates = filled.rows_in - filled.quarantined - filled.rows_out;
    report_ = filled;
    return {};
  }

  const Environment& environment_;
  const SilverSpec& spec_;
  const stage::Days days_;
  const std::string definition_;
  std::string record_;
  StageReport report_;
  Table silver_, quarantine_, silver_staging_, quarantine_staging_;
  std::optional<iceberg::SnapshotId> until_;  // of bronze
  std::string stamp_;
  int64_t silver_number_ = 0, quarantine_number_ = 0;
  bool quarantine_swapped_ = false;
  std::unique_ptr<silver::SourcePositions> stale_;     // rows that are not quarantined any more
  std::unique_ptr<silver::SourcePositions> unparsed_;  // rows of quarantine without a day
};

/// Retention has removed rows of bronze whose time is before its limit.
Status CheckBronzeHas(const TableMetadata& bronze, const std::string& table, const stage::Days& days) {
  const auto limit = iceberg::NewestSummary(bronze, maintain::kRetentionKey);
  if (!limit) return {};
  const auto removed = maintain::RemovedByRetention(bronze);
  if (removed && removed->column == days.column() && days.span().from * kMicrosPerDay >= removed->before_micros)
    return {};
  return Fail(ErrorKind::kBadConfig,
              fmt::format("table {} may lack rows of {}: retention has removed rows before {} from it; silver keeps "
                          "what it has of these days",
                          table, days.span().Text(), *limit));
}

}  // namespace

Status CheckDays(const Environment& environment, stage::DaySpan span) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_ASSIGN(const auto home, environment.Home(pipeline.bronze.table));
  INGOT_ASSIGN(const auto bronze, iceberg::FindTable(home));
  for (const SilverSpec& spec : pipeline.silver) {
    INGOT_ASSIGN(const stage::Days days, stage::DaysOf(pipeline, spec, span));
    if (bronze) INGOT_TRY(CheckBronzeHas(*bronze->metadata, pipeline.bronze.table, days));
  }
  return {};
}

Status SilverOfDays::Open(const Environment& environment) {
  INGOT_TRY(silver_.Open(environment));
  return CheckDays(environment, days_);
}

Result<StageReport> SilverOfDays::Run(const Environment& environment, const stage::Deadline& deadline,
                                      const std::function<void(int64_t)>& progress) {
  INGOT_TRY(CheckDays(environment, days_));
  INGOT_ASSIGN(StageReport total, silver_.Run(environment, deadline, progress));
  if (!total.pending_changes.empty()) return total;
  for (const SilverSpec& spec : environment.pipeline->silver) {
    INGOT_ASSIGN(const stage::Days days, stage::DaysOf(*environment.pipeline, spec, days_));
    DaysAgain again(environment, spec, days);
    bool first = true;
    INGOT_ASSIGN(const StageReport report, iceberg::RetryOnConflict([&]() -> Result<StageReport> {
                   // A step that another run left in the middle is completed first.
                   if (!std::exchange(first, false)) INGOT_TRY(silver_.Run(environment, deadline, progress));
                   auto report = again.Attempt(progress);
                   if (report || report.error().kind != ErrorKind::kNotFound) return report;
                   INGOT_ASSIGN(const bool gone, again.StagingIsGone());
                   if (gone) return Fail(ErrorKind::kConflict, "another run was first: " + report.error().message);
                   return report;
                 }));
    const std::string tables = total.table;
    total.Add(report);
    total.table = tables;
  }
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::run
