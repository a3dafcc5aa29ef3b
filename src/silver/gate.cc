#include "silver/gate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/clock.h"
#include "iceberg/summary_numbers.h"
#include "pipeline/definition.h"
#include "stage/fence.h"

namespace ingot::silver {
namespace {

using iceberg::SnapshotId;
using iceberg::TableMetadata;
using stage::Mark;

/// The snapshot of bronze up to which rows were judged together, in the commits before the one that consumes it.
constexpr const char* kJudgedUntilKey = "ingot.judged-until-snapshot-id";

/// How far rows were judged by the commit with the newest mark, if the same definition computed it.
std::optional<SnapshotId> JudgedUntil(const TableMetadata& metadata, const std::string& definition_id) {
  for (const iceberg::Snapshot* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id)) {
    const auto mark = stage::MarkIn(snapshot->summary);
    if (!mark) continue;
    const auto judged = snapshot->summary.find(kJudgedUntilKey);
    if (judged == snapshot->summary.end() || mark->definition_id != definition_id) return std::nullopt;
    return iceberg::SummaryNumber(*snapshot, kJudgedUntilKey);
  }
  return std::nullopt;
}

}  // namespace

void Gate::Begin(const Tables& tables) {
  published_anyway_.clear();
  if (!HasGate(spec_->rules)) return;
  const TableMetadata& bronze = *tables.bronze.metadata;
  end_ = bronze.current_snapshot_id;
  // Rows that were rewritten or erased since would be published as they were before.
  if (const auto published = options_.published_until) {
    const auto later = stage::ChangesSince(bronze, {.snapshot = published}, tables.bronze.home.name.Text());
    if (later && !later->rewritten && !later->erased) decided_ = published;
  }
  if (IsDecided(tables)) return;
  const std::string definition_id = pipeline::DefinitionId(stage::DefinitionIn(*tables.silver.metadata));
  for (const iceberg::Table* table : {&tables.silver, &tables.quarantine})
    if (const auto judged = JudgedUntil(*table->metadata, definition_id)) decided_ = judged;
  if (!IsDecided(tables)) decided_.reset();
}

bool Gate::IsDecided(const Tables& tables) const {
  const Mark mark = stage::MarkOf(*tables.silver.metadata);
  const TableMetadata& bronze = *tables.bronze.metadata;
  return decided_ && HasConsumed(bronze, {.snapshot = bronze.current_snapshot_id}, decided_) &&
         !HasConsumed(bronze, mark, decided_);
}

std::optional<SnapshotId> Gate::Until(const Tables& tables) const {
  return IsDecided(tables) ? decided_ : end_;
}

Result<Verdict> Gate::Judge(const stage::Environment& environment, const Tables& tables, const Step& step) {
  if (!HasGate(spec_->rules) || IsDecided(tables)) return Verdict::kPublish;
  decided_.reset();
  const Mark mark = stage::MarkOf(*tables.silver.metadata);
  if (pending_.after != mark.snapshot) pending_ = {.after = mark.snapshot};
  if (step.last && !pending_.suspect && !options_.judges_first) return Verdict::kClean;
  INGOT_TRY(CountPending(environment, tables));
  // Rows of a rewritten table may be of any age.
  const auto& appends = step.changes.appends;
  const auto oldest = appends.empty() ? std::nullopt : std::optional(appends.front()->timestamp_ms * 1000);
  const Verdict verdict = Decide(pending_.rows.counts, oldest);
  if (verdict == Verdict::kPublish) decided_ = end_;
  return verdict;
}

bool Gate::JudgeCleaned(const stage::RuleCounts& counts) {
  pending_.suspect = Decide(counts, std::nullopt) != Verdict::kPublish;
  return !pending_.suspect;
}

Status Gate::CountPending(const stage::Environment& environment, const Tables& tables) {
  const TableMetadata& bronze = *tables.bronze.metadata;
  const std::string name = tables.bronze.home.name.Text();
  Mark from = stage::MarkOf(*tables.silver.metadata);
  INGOT_ASSIGN(stage::Changes changes, stage::ChangesSince(bronze, from, name, end_));
  if (pending_.counted && !changes.rewritten) {
    if (pending_.until == end_) return {};
    from.snapshot = pending_.until;
    INGOT_ASSIGN(changes, stage::ChangesSince(bronze, from, name, end_));
  } else {
    pending_.rows = {};
  }
  while (true) {
    INGOT_ASSIGN(auto counted, CountBrokenRows(environment, tables, changes));
    pending_.rows.Add(std::move(counted));
    if (!changes.more) break;
    from.snapshot = changes.until;
    INGOT_ASSIGN(changes, stage::ChangesSince(bronze, from, name, end_));
  }
  pending_.counted = pending_.suspect = true;
  pending_.until = end_;
  return {};
}

Verdict Gate::Decide(const stage::RuleCounts& pending, std::optional<int64_t> oldest_micros) {
  const int64_t now = NowMicros();
  auto exceeded = ExceededRules(*spec_, pending);
  if (options_.follow) {
    const auto also = ExceededRules(*spec_, recent_.With(pending, spec_->gate_rows, now));
    std::erase_if(exceeded, [&](const pipeline::Rule* rule) { return std::ranges::find(also, rule) == also.end(); });
  }
  published_anyway_.clear();
  if (exceeded.empty()) return Verdict::kPublish;
  if (options_.publish_anyway) {
    for (const pipeline::Rule* rule : exceeded) published_anyway_.push_back(ExceededText(*rule, pending));
    return Verdict::kPublish;
  }
  const bool hopeless = std::ranges::any_of(exceeded, [](const auto* rule) { return *rule->fail_above == 0; });
  const bool young = oldest_micros && now - *oldest_micros < kGateMicros;
  const bool waits = options_.follow && young && pending.rows < spec_->gate_rows && !hopeless;
  return waits ? Verdict::kWait : Verdict::kHold;
}

void Gate::PutDecision(iceberg::SnapshotChange& change, const Step& step) const {
  if (decided_ && decided_ != step.mark.snapshot) change.summary[kJudgedUntilKey] = fmt::format("{}", *decided_);
  if (!published_anyway_.empty()) change.summary.merge(options_.publish_anyway(published_anyway_));
}

void Gate::Published(const stage::RuleCounts& counts) {
  if (options_.follow && HasGate(spec_->rules)) recent_.Add(NowMicros(), counts);
}

stage::HeldRows Gate::Held() {
  stage::HeldRows held{.table = spec_->table.table,
                       .after = pending_.after,
                       .counts = pending_.rows.counts,
                       .samples_by_rule = {},
                       .rules = {},
                       .reasons = {}};
  for (const pipeline::Rule* rule : ExceededRules(*spec_, held.counts)) {
    held.rules.push_back(rule->name);
    held.reasons.push_back(ExceededText(*rule, held.counts));
  }
  for (const auto& [rule, rows] : pending_.rows.samples)
    held.samples_by_rule[rule] = fmt::format("[{}]", fmt::join(rows, ","));
  const int64_t now = NowMicros();
  const bool changed = held.counts.rows != pending_.reported_rows && now - pending_.reported_micros >= kGateMicros;
  held.is_news = held.rules != pending_.reported || changed;
  if (held.is_news)
    pending_.reported = held.rules, pending_.reported_rows = held.counts.rows, pending_.reported_micros = now;
  return held;
}

}  // namespace ingot::silver
