#include "run/rebuild.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "base/log.h"
#include "base/progress.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "run/change_record.h"
#include "run/parse_again.h"
#include "run/run.h"
#include "run/staging.h"
#include "stage/changes.h"
#include "stage/fence.h"
#include "stage/marks.h"

namespace ingot::run {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using stage::Environment;

/// The table that a staging table will replace, by its id.
constexpr const char* kRebuildOf = "ingot.rebuild-of";
/// How often the target was rebuilt when the staging table was created. A staging table of an earlier rebuild, left by
/// a crash after its commit, has files that the target has had already.
constexpr const char* kRebuildNumber = "ingot.rebuild-number";

/// Another apply that finished first drops the staging table. The next attempt starts from what it left.
template <typename Value>
Result<Value> OtherApplyIsAConflict(Result<Value> outcome) {
  if (!outcome && outcome.error().kind == ErrorKind::kNotFound)
    return Fail(ErrorKind::kConflict, "another apply was first: " + outcome.error().message);
  return outcome;
}

/// The staging table of a rebuild: an empty copy of the target, evolved to the wanted schema and definition.
class Rebuild {
 public:
  /// Finds the staging table of an interrupted rebuild, or creates one.
  static Result<Rebuild> Open(const Environment& environment, const TablePlan& plan) {
    Rebuild rebuild(environment, plan);
    INGOT_TRY(rebuild.OpenStaging());
    return rebuild;
  }

  std::string StagingName() const { return plan_->name + kRebuildSuffix; }

  /// Replaces all rows of the target by those of the staging table. Output: the number of rows. Input: `number`: that
  /// of this rebuild, which silver and its quarantine have in common when both are replaced.
  Result<int64_t> Swap(const std::string& change_record, int64_t number) {
    INGOT_ASSIGN(const Table staging, OtherApplyIsAConflict(iceberg::LoadTable(home_)));
    INGOT_ASSIGN(const auto files, FilesOf(staging));
    const stage::Mark mark = stage::MarkOf(*staging.metadata);
    int64_t rows = 0;
    for (const DataFile& file : files) rows += file.record_count;
    iceberg::SnapshotChange change{.operation = "overwrite", .added = files};
    change.removes = [](const DataFile&) -> Result<bool> { return true; };
    if (mark.snapshot) stage::PutMark(change, mark);
    change.summary[stage::kRunIdKey] = environment_->run_id;
    change.summary[stage::kDefinitionKey] = pipeline::DefinitionId(plan_->want);
    change.summary[kChangeKey] = change_record;
    change.validate = [&](const TableMetadata& metadata) { return Validate(metadata, *staging.metadata); };
    change.metadata_change = [&, put_mark = std::move(change.metadata_change)](TableMetadata& metadata) -> Status {
      if (put_mark) INGOT_TRY(put_mark(metadata));
      INGOT_TRY(stage::EvolveMetadata(metadata, wanted_, evolution_));
      stage::SetDefinition(metadata.properties, *environment_, plan_->want);
      metadata.properties[kRebuildNumber] = std::to_string(number);
      return {};
    };
    INGOT_TRY(FaultPoint("rebuild.before_swap"));
    INGOT_TRY(iceberg::CommitSnapshot(plan_->current->home, change));
    INGOT_TRY(FaultPoint("rebuild.after_swap"));
    DiscardStaging(home_, staging.metadata->location);
    return rows;
  }

 private:
  Rebuild(const Environment& environment, const TablePlan& plan)
      : environment_(&environment),
        plan_(&plan),
        wanted_(stage::Wanted(*environment.pipeline, plan.table)),
        evolution_(EvolutionOf(*environment.pipeline)),
        home_(plan.current->home) {
    home_.name.name += kRebuildSuffix;
    evolution_.replaces_types = true;
  }

  Result<TableMetadata> Evolved(TableMetadata metadata) const {
    INGOT_TRY(stage::EvolveMetadata(metadata, wanted_, evolution_));
    stage::SetDefinition(metadata.properties, *environment_, plan_->want);
    return metadata;
  }

  Status OpenStaging() {
    INGOT_ASSIGN(const auto evolved, Evolved(*plan_->current->metadata));
    INGOT_ASSIGN(const auto source_home, environment_->Home(plan_->table.source->table));
    INGOT_ASSIGN(const Table source, iceberg::LoadTable(source_home));
    return ContinueStaging(*environment_, home_, evolved, &*source.metadata,
                           {{kRebuildOf, evolved.table_uuid}, {kRebuildNumber, evolved.Property(kRebuildNumber, "0")}});
  }

  Status Validate(const TableMetadata& target, const TableMetadata& staging) const {
    if (stage::DefinitionIn(target) != plan_->have ||
        target.Property(kRebuildNumber, "0") != staging.Property(kRebuildNumber, ""))
      return Fail(ErrorKind::kConflict, "table " + plan_->name + " has another definition meanwhile");
    INGOT_ASSIGN(const auto evolved, Evolved(target));
    if (SameLayout(evolved, staging)) return {};
    return Fail(ErrorKind::kConflict, "the columns or the partition of table " + plan_->name + " changed meanwhile");
  }

  const Environment* environment_;
  const TablePlan* plan_;
  stage::WantedTable wanted_;
  stage::Evolution evolution_;
  iceberg::TableHome home_;
};

int64_t NumberOf(const TablePlan& table) {
  return table.current->metadata->PropertyInt(kRebuildNumber, 0);
}

/// Reports rows that a gate holds back. They are not part of the rebuild, and the next run judges them again.
/// Errors: kBadInput if published rows are among them, because bronze was rewritten after they were published.
Status CheckHeld(const Environment& environment, const stage::HeldRows& held,
                 std::optional<iceberg::SnapshotId> published) {
  INGOT_ASSIGN(const auto home, environment.Home(environment.pipeline->bronze.table));
  INGOT_ASSIGN(const Table bronze, iceberg::LoadTable(home));
  const auto rows = stage::ChangesSince(*bronze.metadata, {.snapshot = held.after}, home.name.Text(), published);
  if (published && (!rows || !rows->Empty()))
    return Fail(ErrorKind::kBadInput,
                fmt::format("rebuild: {} rows exceed a limit, and published rows are among them: correct the rule or "
                            "the data, then continue with `ingot apply --rebuild`; {}",
                            held.counts.rows, fmt::join(held.reasons, "; ")));
  stage::HeldRows of_target = held;  // of the table that the staging table will replace
  if (of_target.table.ends_with(kRebuildSuffix))
    of_target.table.resize(of_target.table.size() - std::string_view(kRebuildSuffix).size());
  LogWarning("quality: " + HeldText(of_target));
  return {};
}

/// Runs the stage on a pipeline of which only these tables remain, until it has consumed its source. Input:
/// `published`: rows of silver's source up to here were published before, and no gate judges them again.
Status Fill(const Environment& environment, const pipeline::Pipeline& pipeline, stage::Stage stage,
            std::optional<iceberg::SnapshotId> published = {}) {
  Environment filling = environment;
  filling.pipeline = &pipeline;
  ProgressLine progress("rebuild", 0, "records");
  const auto processor = MakeProcessor(
      stage, {.silver = {.clean = {.parser = ParserOf(environment)}, .gates = {.published_until = published}}});
  INGOT_ASSIGN(const auto report,
               OtherApplyIsAConflict(processor->Run(filling, {}, [&](int64_t rows) { progress.Add(rows); })));
  for (const stage::HeldRows& held : report.held) INGOT_TRY(CheckHeld(environment, held, published));
  if (report.pending_changes.empty()) return FaultPoint("rebuild.filled");
  return Fail(ErrorKind::kConflict, report.pending_changes.front());
}

}  // namespace

void DiscardRebuild(const iceberg::Table& target) {
  iceberg::TableHome home = target.home;
  home.name.name += kRebuildSuffix;
  // One that another apply fills now is started again by it.
  if (const auto found = iceberg::FindTable(home); found && *found) DiscardStaging(home, (*found)->metadata->location);
}

bool HalfRebuilt(const TablePlan& silver, const TablePlan& quarantine) {
  return silver.current && quarantine.current && NumberOf(silver) != NumberOf(quarantine);
}

Status RebuildGold(const Environment& environment, const TablePlan& gold, const std::string& change) {
  INGOT_ASSIGN(Rebuild rebuild, Rebuild::Open(environment, gold));
  pipeline::Pipeline pipeline = *environment.pipeline;
  pipeline.gold = {pipeline.gold[gold.table.item]};
  pipeline.gold[0].table.table = rebuild.StagingName();
  INGOT_TRY(Fill(environment, pipeline, stage::Stage::kGold));
  INGOT_TRY(rebuild.Swap(change, NumberOf(gold) + 1));
  return {};
}

Status RebuildSilver(const Environment& environment, const TablePlan& silver, const TablePlan& quarantine,
                     const std::string& change) {
  INGOT_ASSIGN(Rebuild clean, Rebuild::Open(environment, silver));
  INGOT_ASSIGN(Rebuild quarantined, Rebuild::Open(environment, quarantine));
  pipeline::Pipeline pipeline = *environment.pipeline;
  pipeline.silver = {pipeline.silver[silver.table.item]};
  pipeline.silver[0].table.table = clean.StagingName();
  pipeline.silver[0].quarantine.table = quarantined.StagingName();
  pipeline.gold.clear();
  const auto published = stage::ConsumedSnapshot(*silver.current->metadata);
  INGOT_TRY(Fill(environment, pipeline, stage::Stage::kSilver, published));
  const int64_t number = std::max(NumberOf(silver), NumberOf(quarantine)) + 1;
  INGOT_TRY(quarantined.Swap(change, number));
  INGOT_TRY(FaultPoint("rebuild.between_swaps"));
  INGOT_TRY(clean.Swap(change, number));
  return {};
}

}  // namespace ingot::run
