#include "run/apply.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bronze/rebuild.h"
#include "gold/touched.h"
#include "iceberg/commit.h"
#include "pipeline/definition.h"
#include "run/adopt.h"
#include "run/change_record.h"
#include "run/ledger.h"
#include "run/rebuild.h"
#include "run/rebuild_days.h"

namespace ingot::run {
namespace {

using iceberg::TableMetadata;
using pipeline::TableKind;
using stage::Environment;

/// The columns of a table that the pipeline file does not have.
std::vector<std::string> ColumnsToDrop(const Environment& environment, const TablePlan& table) {
  const auto wanted = stage::Wanted(*environment.pipeline, table.table);
  const iceberg::Schema& current = table.current->metadata->CurrentSchema();
  const auto renames = stage::RenamesOf(current, wanted.schema, EvolutionOf(*environment.pipeline).renames);
  std::vector<std::string> names;
  for (const iceberg::Field& field : current.fields)
    if (wanted.schema.FindByName(field.name) == nullptr && !renames.contains(field.name)) names.push_back(field.name);
  return names;
}

class Applying {
 public:
  Applying(const Environment& environment, const ApplyOptions& options,
           const std::function<void(const std::string&)>& done)
      : environment_(environment), options_(options), done_(done) {}

  /// One attempt, on the newest state of the tables.
  Status Run(std::span<const stage::Stage> stages) {
    INGOT_ASSIGN(PipelinePlan plan, MakePlan(environment_));
    INGOT_TRY(DecideAdoptions(environment_, plan));
    if (options_.existing == Existing::kUndecided && plan.Pending(stages))
      return std::unexpected(PendingError(plan, stages));
    for (const TablePlan& table : plan.tables) {
      INGOT_TRY(CheckRowsCanStay(plan, table));
      INGOT_TRY(CheckCanRebuild(table));
      INGOT_TRY(CheckDaysCanDiffer(plan, table));
    }
    for (const TablePlan& table : plan.tables)
      if (std::ranges::find(stages, StageOf(table.table.kind)) != stages.end()) INGOT_TRY(ApplyTo(plan, table));
    return {};
  }

 private:
  Status ApplyTo(const PipelinePlan& plan, const TablePlan& table) {
    switch (table.need) {
      case Need::kCreate:
        return {};
      case Need::kNothing:
        return options_.drop_columns ? Evolve(table, "drop columns") : Status();
      case Need::kApply:
        return Evolve(table, "automatic");
      case Need::kAdopt:
        return Evolve(table, "adopted");
      case Need::kChoice:
        return MustRebuild(plan, table) ? RebuildTable(plan, table) : Evolve(table, "forward-only");
    }
    return {};
  }

  /// Rows stay as they are, although the pipeline file gives others.
  bool RowsStay() const { return options_.existing == Existing::kForwardOnly || options_.days; }

  bool MustRebuild(const PipelinePlan& plan, const TablePlan& table) const {
    if (options_.days) return false;  // CheckDaysCanDiffer
    return options_.existing == Existing::kRebuild || CountsTwice(table) || IsHalfRebuilt(plan, table);
  }

  static const TablePlan& OtherTable(const PipelinePlan& plan, const TablePlan& table, TableKind kind) {
    return *std::ranges::find_if(plan.tables, [&](const TablePlan& other) {
      return other.table.kind == kind && other.table.item == table.table.item;
    });
  }

  static bool IsHalfRebuilt(const PipelinePlan& plan, const TablePlan& table) {
    if (table.table.kind != TableKind::kSilver && table.table.kind != TableKind::kQuarantine) return false;
    return HalfRebuilt(OtherTable(plan, table, TableKind::kSilver), OtherTable(plan, table, TableKind::kQuarantine));
  }

  /// Refuses a forward-only change that needs another column for existing values, before any table changes.
  Status CheckRowsCanStay(const PipelinePlan& plan, const TablePlan& table) const {
    if (table.need != Need::kChoice || !RowsStay() || MustRebuild(plan, table)) return {};
    TableMetadata next = *table.current->metadata;
    const Status stays = stage::EvolveMetadata(next, stage::Wanted(*environment_.pipeline, table.table),
                                               EvolutionOf(*environment_.pipeline));
    if (stays || (stays.error().kind != ErrorKind::kBadInput && stays.error().kind != ErrorKind::kBadConfig))
      return stays;
    return Fail(ErrorKind::kBadConfig, "table " + table.name + ": " + stays.error().message +
                                           ": existing values cannot stay in the column; use `ingot apply --rebuild`");
  }

  /// Refuses a rebuild of some days where rows of the other days do not go together with them.
  Status CheckDaysCanDiffer(const PipelinePlan& plan, const TablePlan& table) const {
    if (!options_.days || table.need != Need::kChoice || table.sample_agrees) return {};
    INGOT_ASSIGN(const std::string reason, WhyAllDays(plan, table));
    if (reason.empty()) return {};
    return Fail(ErrorKind::kBadConfig, table.name + ": " + reason + "; leave out --from and --to to rebuild all days");
  }

  Result<std::string> WhyAllDays(const PipelinePlan& plan, const TablePlan& table) const {
    const pipeline::Pipeline& pipeline = *environment_.pipeline;
    if (table.table.kind == TableKind::kBronze) return "bronze changes, which is recomputed as a whole";
    if (IsHalfRebuilt(plan, table)) return "an interrupted rebuild has replaced rows of all days in one of two tables";
    const bool gold = table.table.kind == TableKind::kGold;
    const auto& silver = gold ? pipeline.SourceOf(pipeline.gold[table.table.item]) : pipeline.silver[table.table.item];
    INGOT_ASSIGN(const stage::Days days, stage::DaysOf(pipeline, silver, *options_.days));
    if (HasChoice(table, [](const pipeline::Difference& one) { return one.what.starts_with("unique key"); }))
      return "the key changes: rows of different keys cannot be deduplicated";
    if (HasChoice(table, [&](const pipeline::Difference& one) {
          return one.part == pipeline::DifferingPart::kField && one.name == days.column();
        }))
      return "the field that tells the day changes";
    if (!gold) return "";
    if (CountsTwice(table)) return "its groups change: rows would be counted in two groupings";
    if (gold::DayFieldOf(pipeline.gold[table.table.item]) != days.column())
      return "its groups are not of single days of " + days.column() + ": one would hold values of two meanings";
    return "";
  }

  /// New group columns beside old ones would count a row of silver under both.
  static bool CountsTwice(const TablePlan& table) {
    return HasChoice(table,
                     [](const pipeline::Difference& one) { return one.part == pipeline::DifferingPart::kGroup; });
  }

  /// Whether one of the differences that need a choice is of this kind.
  template <typename Predicate>
  static bool HasChoice(const TablePlan& table, const Predicate& is_one) {
    return std::ranges::any_of(table.differences, [&](const pipeline::Difference& one) {
      return one.change == pipeline::ChangeClass::kChoice && is_one(one);
    });
  }

  ChangeRecord RecordOf(const TablePlan& table, const std::string& action) const {
    std::vector<std::string> differences = LinesOf(table);
    if (options_.days && action == "forward-only")
      differences.push_back(fmt::format("rows of {} are recomputed, those of other days stay", options_.days->Text()));
    return {.action = action,
            .differences = std::move(differences),
            .definition_before = table.have.empty() ? "" : pipeline::DefinitionId(table.have),
            .started_at_micros = NowMicros()};
  }

  /// Changes metadata alone.
  Status Evolve(const TablePlan& table, const std::string& action) {
    const stage::WantedTable wanted = stage::Wanted(*environment_.pipeline, table.table);
    stage::Evolution evolution = EvolutionOf(*environment_.pipeline);
    if (options_.drop_columns) evolution.drops = ColumnsToDrop(environment_, table);
    if (table.need == Need::kNothing && evolution.drops.empty()) return {};
    Status outcome;
    if (table.have == table.want) {
      outcome = Discarded(iceberg::CommitMetadata(table.current->home, [&](TableMetadata& metadata) {
        return stage::EvolveMetadata(metadata, wanted, evolution);
      }));
    } else {
      outcome = Discarded(stage::CommitDefinition(environment_, wanted, evolution, table.have,
                                                  {{kChangeKey, ToJson(RecordOf(table, action))}}));
    }
    INGOT_TRY(outcome);
    for (const std::string& line : LinesOf(table)) done_(line + (action == "automatic" ? "" : " (" + action + ")"));
    for (const std::string& column : evolution.drops) done_(table.name + ": column " + column + ": dropped");
    if (table.need == Need::kAdopt)
      done_(table.name + ": made by an earlier version; a recomputed sample agrees with the pipeline file");
    return {};
  }

  template <typename Value>
  static Status Discarded(const Result<Value>& result) {
    return result ? Status() : Status(std::unexpected(result.error()));
  }

  /// Bronze is rebuilt from its columns, of which its definition says what they were read from.
  Status CheckCanRebuild(const TablePlan& table) const {
    const bool unknown = table.table.kind == TableKind::kBronze && table.need == Need::kChoice && table.have.empty();
    if (!unknown || table.sample_agrees || options_.existing != Existing::kRebuild) return {};
    return Fail(ErrorKind::kBadConfig,
                table.name +
                    " has no definition that says what its columns were read from: run once with the pipeline "
                    "file of that time, then change it; or use `ingot apply --forward-only`");
  }

  Status RebuildTable(const PipelinePlan& plan, const TablePlan& table) {
    if (table.sample_agrees) return Evolve(table, "forward-only");
    const std::string record = ToJson(RecordOf(table, "rebuild"));
    switch (table.table.kind) {
      case TableKind::kBronze:
        INGOT_TRY(RebuildBronze(table));
        break;
      case TableKind::kSilver:
      case TableKind::kQuarantine:
        return RebuildPair(plan, table, record);
      case TableKind::kGold:
        INGOT_TRY(RebuildGold(environment_, table, record));
        break;
      case TableKind::kOps:
        return {};
    }
    for (const std::string& line : LinesOf(table)) done_(line + " (rebuilt)");
    return {};
  }

  /// Silver then has other rows to judge: which of them a gate held back before is not known any more.
  Status RebuildBronze(const TablePlan& table) {
    ChangeRecord record = RecordOf(table, "rebuild");
    for (const pipeline::SilverSpec& silver : environment_.pipeline->silver) {
      INGOT_ASSIGN(const std::string held, HeldBack(environment_, silver));
      if (held.empty()) continue;
      record.differences.push_back("rows that a gate held back are judged again, together with all others: " + held);
      LogWarning("quality: " + record.differences.back());
    }
    return bronze::Rebuild(environment_, *table.current, table.have, {{kChangeKey, ToJson(record)}});
  }

  Status RebuildPair(const PipelinePlan& plan, const TablePlan& table, const std::string& record) {
    if (!rebuilt_.insert(table.table.item).second) return {};
    const TablePlan& silver = OtherTable(plan, table, TableKind::kSilver);
    const TablePlan& quarantine = OtherTable(plan, table, TableKind::kQuarantine);
    for (const TablePlan* one : {&silver, &quarantine})
      if (!one->current) {
        INGOT_TRY(stage::EnsureTable(environment_, stage::Wanted(*environment_.pipeline, one->table)));
        return Fail(ErrorKind::kConflict, "table " + one->name + " was missing and has been created");
      }
    INGOT_TRY(RebuildSilver(environment_, silver, quarantine, record));
    for (const std::string& line : LinesOf(table)) done_(line + " (rebuilt)");
    return {};
  }

  const Environment& environment_;
  const ApplyOptions& options_;
  const std::function<void(const std::string&)>& done_;
  std::set<size_t> rebuilt_;  // silver tables that were rebuilt with their quarantine
};

Status ApplyTo(Environment environment, std::span<const stage::Stage> stages, const ApplyOptions& options,
               const std::function<void(const std::string&)>& done) {
  environment.run_id = RandomUuid();
  bool changed = false;
  const std::function<void(const std::string&)> count = [&](const std::string& line) {
    changed = true;
    done(line);
  };
  const Status applied = iceberg::RetryOnConflict([&] { return Applying(environment, options, count).Run(stages); });
  // The ledger records what was applied, even when a later table failed.
  const Status ledger = changed ? WriteLedger(environment) : Status();
  INGOT_TRY(applied);
  return ledger;
}

/// Recomputes the days of silver, then of gold.
Status RecomputeDays(const Environment& environment, stage::DaySpan days,
                     const std::function<void(const std::string&)>& done) {
  INGOT_ASSIGN(Runner runner,
               Runner::Open(environment, {stage::Stage::kSilver, stage::Stage::kGold},
                            {.gold = {.recompute_days = days, .days_required = false}, .silver_days = days}));
  INGOT_ASSIGN(const RunReport report, runner.Run({}));
  if (!report.pending_changes.empty()) return Fail(ErrorKind::kPendingChange, report.pending_changes.front());
  for (const stage::HeldRows& held : report.held) LogWarning("quality: " + stage::HeldText(held));
  for (const stage::StageReport& stage : report.stages)
    done(fmt::format("{}: {} recomputed", stage.table, days.Text()));
  return {};
}

}  // namespace

Status ApplyPlan(const Environment& environment, const ApplyOptions& options,
                 const std::function<void(const std::string&)>& done) {
  if (options.days) INGOT_TRY(CheckDays(environment, *options.days));
  INGOT_TRY(ApplyTo(environment, stage::kStages, options, done));
  if (options.days) INGOT_TRY(RecomputeDays(environment, *options.days, done));
  INGOT_ASSIGN(const PipelinePlan left, MakePlan(environment));
  for (const TablePlan& table : left.tables)
    if (table.current && table.need != Need::kChoice) DiscardRebuild(*table.current);
  return {};
}

Status ApplyWithoutChoice(const Environment& environment, std::span<const stage::Stage> stages) {
  return ApplyTo(environment, stages, {}, [](const std::string& line) { LogWarning(line); });
}

Status ApplyBeforeFollowing(const Environment& environment, std::span<const stage::Stage> stages) {
  for (const stage::Stage stage : stages) {
    const Status applied = ApplyWithoutChoice(environment, std::span(&stage, 1));
    const bool waits = !applied && applied.error().kind == ErrorKind::kPendingChange && stage != stage::Stage::kBronze;
    if (!waits) INGOT_TRY(applied);
  }
  return {};
}

}  // namespace ingot::run
