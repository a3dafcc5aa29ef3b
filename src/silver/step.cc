#include "silver/step.h"

#include <fmt/format.h>
#include <version.h>

#include <algorithm>

#include "pipeline/definition.h"

namespace ingot::silver {
namespace {

using iceberg::SnapshotId;
using iceberg::TableMetadata;
using stage::Changes;
using stage::Environment;
using stage::Mark;

/// The marks after the one that consumed up to `before`, newest first.
struct Ahead {
  std::vector<Mark> marks;
  bool whole = false;  // no mark between them and `before` is missing
};

Ahead MarksAfter(const TableMetadata& metadata, std::optional<SnapshotId> before) {
  Ahead ahead;
  // A mark with a step records its predecessor.
  const auto follows = [&](const Mark& mark) { return !mark.step_id.empty() && mark.from == before; };
  const auto chain = AncestorsOf(metadata, metadata.current_snapshot_id);
  for (const iceberg::Snapshot* snapshot : chain) {
    const auto mark = stage::MarkIn(snapshot->summary);
    if (!mark) continue;
    ahead.whole = mark->snapshot == before;
    if (ahead.whole) return ahead;
    ahead.marks.push_back(*mark);
    ahead.whole = follows(*mark);
    if (ahead.whole) return ahead;
  }
  const bool truncated = chain.empty() || chain.back()->parent_id;
  if (const auto kept = stage::MarkIn(metadata.properties); kept && truncated && ahead.marks.empty()) {
    ahead.marks.push_back(*kept);
    ahead.whole = follows(*kept);
  } else {
    ahead.whole = !truncated && !before;
  }
  return ahead;
}

/// Removes the appends that exceed one commit. Returns whether none is left for another one.
bool Limit(Changes& changes, int64_t rows_max) {
  if (changes.rewritten) return true;
  int64_t rows = 0;
  size_t count = 0;
  for (; count < changes.appends.size(); ++count) {
    rows += iceberg::SummaryNumber(*changes.appends[count], "added-records");
    if (count > 0 && rows > rows_max) break;
  }
  const bool last = count == changes.appends.size();
  changes.appends.resize(count);
  if (count > 0) changes.until = changes.appends.back()->snapshot_id;
  return last;
}

Error CannotReconcile(const Tables& tables, const Mark& silver, const Mark& quarantine) {
  const auto up_to = [](const Mark& mark) { return mark.snapshot ? fmt::format("{}", *mark.snapshot) : "nothing"; };
  return {
      ErrorKind::kCorrupt,
      fmt::format("{0} has consumed {1} up to snapshot {2}, {3} up to {4}, and what the one has more was computed by "
                  "another pipeline file: it cannot be completed. Roll both back to commits of the same snapshot of "
                  "{1} (ingot table rollback), or drop both; see docs/troubleshooting.md, \"A stage lost its "
                  "position\"",
                  tables.silver.home.name.Text(), tables.bronze.home.name.Text(), up_to(silver),
                  tables.quarantine.home.name.Text(), up_to(quarantine))};
}

}  // namespace

Status Tables::Reload() {
  INGOT_ASSIGN(silver, iceberg::LoadTable(silver.home));
  while (true) {
    INGOT_ASSIGN(quarantine, iceberg::LoadTable(quarantine.home));
    if (stage::MarkOf(*silver.metadata).snapshot == stage::MarkOf(*quarantine.metadata).snapshot) break;
    // Another run may have committed between the two loads.
    INGOT_ASSIGN(auto later, iceberg::LoadTable(silver.home));
    const bool same = later.metadata_location == silver.metadata_location;
    silver = std::move(later);
    if (same) break;
  }
  INGOT_ASSIGN(bronze, iceberg::LoadTable(bronze.home));
  return {};
}

std::string TokenOf(const Mark& mark) {
  return !mark.step_id.empty() ? mark.step_id : fmt::format("up to {}", mark.snapshot.value_or(0));
}

bool HasConsumed(const TableMetadata& bronze, const Mark& mark, std::optional<SnapshotId> snapshot) {
  return mark.snapshot && snapshot &&
         std::ranges::any_of(AncestorsOf(bronze, mark.snapshot),
                             [&](const iceberg::Snapshot* before) { return before->snapshot_id == *snapshot; });
}

Result<Step> NextStep(const Environment& environment, const Tables& tables, const StepOptions& options) {
  const TableMetadata& bronze = *tables.bronze.metadata;
  const std::string name = tables.bronze.home.name.Text();
  for (const iceberg::Table* table : {&tables.silver, &tables.quarantine})
    INGOT_TRY(stage::CheckNotReplaced(*table->metadata, table->home.name.Text(), *table->home.storage));
  const Mark silver = stage::MarkOf(*tables.silver.metadata), quarantine = stage::MarkOf(*tables.quarantine.metadata);
  INGOT_ASSIGN(Changes left, stage::ChangesSince(bronze, silver, name));
  if (HasConsumed(bronze, silver, options.until)) {
    left = {.since = silver.snapshot};
  } else if (options.until && options.until != bronze.current_snapshot_id) {
    INGOT_ASSIGN(left, stage::ChangesSince(bronze, silver, name, options.until));
  }
  INGOT_ASSIGN(const Changes left_of_quarantine, stage::ChangesSince(bronze, quarantine, name));
  Step step{.definition = tables.definition};
  if (silver.snapshot == quarantine.snapshot) {
    step.changes = std::move(left);
    step.last = Limit(step.changes, options.rows_max) && !step.changes.more;
    if (step.changes.until)
      step.mark = stage::NextMark(environment, silver, tables.bronze, *step.changes.until, step.definition);
    step.mark.follow_deletes = tables.spec->follow_deletes && step.changes.rewritten;
    return step;
  }
  // Both have the same history, and one is ahead of the other.
  const auto chain = AncestorsOf(bronze, bronze.current_snapshot_id);
  const auto place = [&](const Mark& mark) {
    return mark.snapshot ? std::ranges::find(chain, *mark.snapshot, &iceberg::Snapshot::snapshot_id) : chain.end();
  };
  const bool quarantine_ahead = place(quarantine) < place(silver);
  const Mark &first = quarantine_ahead ? quarantine : silver, &behind = quarantine_ahead ? silver : quarantine;
  const Ahead ahead =
      MarksAfter(quarantine_ahead ? *tables.quarantine.metadata : *tables.silver.metadata, behind.snapshot);
  const bool single = ahead.whole && ahead.marks.size() == 1, interrupted = quarantine_ahead && single;
  const std::string id = pipeline::DefinitionId(step.definition);
  const bool same = ahead.whole && std::ranges::all_of(ahead.marks, [&](const Mark& mark) {
                      return mark.definition_id == id && (!interrupted || mark.program == INGOT_VERSION);
                    });
  const bool being_reverted =
      iceberg::NewestSummary(*tables.silver.metadata, stage::kRevertedKey) == TokenOf(quarantine);
  if (interrupted && (!same || being_reverted)) {
    INGOT_ASSIGN(step.changes, stage::ChangesSince(bronze, silver, name, quarantine.snapshot));
    step.revert = true;
    return step;
  }
  if (!same) return std::unexpected(CannotReconcile(tables, silver, quarantine));
  INGOT_ASSIGN(step.changes, stage::ChangesSince(bronze, behind, name, first.snapshot));
  Limit(step.changes, options.rows_max);
  step.outputs = {.silver = quarantine_ahead, .quarantine = !quarantine_ahead};
  step.mark = stage::NextMark(environment, behind, tables.bronze, *step.changes.until, step.definition);
  step.mark.step_id = TokenOf(first);
  // As in the half that is committed, whatever the pipeline file says now.
  step.mark.follow_deletes = first.follow_deletes;
  return step;
}

}  // namespace ingot::silver
