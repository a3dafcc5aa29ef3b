#include "silver/replay.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <mutex>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/row_hash.h"
#include "base/rows.h"
#include "iceberg/commit.h"
#include "maintain/delete_rows.h"
#include "pipeline/definition.h"
#include "rows/scan_relation.h"
#include "silver/rule_evaluator.h"
#include "silver/unique_rows.h"
#include "stage/fence.h"
#include "stage/stage.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::Table;
using iceberg::TableMetadata;
using stage::Environment;

constexpr int64_t kBytesPerRow = 128;  // positions, and hashes of keys
constexpr int kCommitsMax = 100;       // tried, each after the rows that others added before it

Status Conflict(const std::string& message) {
  return Fail(ErrorKind::kConflict, message);
}

/// Removes the rows at `positions` from quarantine, with the name of the replay. Returns their number.
Result<int64_t> RemoveRows(const Environment& environment, const Tables& tables, const SourcePositions& positions,
                           const iceberg::Filter& filter, const std::string& name, iceberg::Properties summary,
                           bool dry_run) {
  const Table& quarantine = tables.quarantine;
  maintain::DeleteRowsOptions options{
      .columns = PositionColumns(), .filter = filter, .threads = environment.threads, .dry_run = dry_run};
  options.matches = [&](const Batch& rows) -> Result<std::shared_ptr<arrow::Array>> {
    INGOT_ASSIGN(const auto found, positions.Find(*rows));
    return maintain::ToBooleans(found.known);
  };
  summary[stage::kReplayKey] = name;
  options.amend = [&](iceberg::SnapshotChange& change) {
    change.summary.insert(summary.begin(), summary.end());
    // After a rebuild by another definition the same positions may be in quarantine again, and not in silver.
    stage::Fence(change, pipeline::SilverDefinition(*environment.pipeline, *tables.spec), quarantine.home.name.Text());
  };
  INGOT_ASSIGN(const auto deleted, maintain::DeleteRows(quarantine.home, options));
  return deleted.rows;
}

/// One replay of the rows of a span, from the state of the tables at its start.
class Replaying {
 public:
  Replaying(const Environment& environment, Tables& tables, const ReplayOptions& options, const IngestSpan& span,
            std::string name, HashSet& moved_keys)
      : environment_(environment),
        tables_(tables),
        spec_(*tables.spec),
        options_(options),
        span_(span),
        name_(std::move(name)),
        rules_(*environment.pipeline, spec_),
        unique_(*environment.pipeline, spec_, environment.threads),
        counts_(rules_.names().size()),
        moved_keys_(moved_keys) {}

  /// `moved_before`: rows that an interrupted replay has moved, which do not count. Sets `in_silver` when the rows are
  /// in silver, and the others must still leave quarantine.
  Result<Replayed> Run(const SourcePositions& moved_before, std::optional<Replayed>& in_silver) {
    INGOT_ASSIGN(const ReplayRows input,
                 ReplayRows::Find(environment_, tables_, options_.selection, span_, moved_before));
    replayed_.selected = input.count() + input.unidentified();
    replayed_.unidentified = input.unidentified();
    if (input.count() == 0) return replayed_;
    if (!spec_.unique.empty()) {
      INGOT_TRY(input.ForEach(options_.parser, [&](size_t thread, const Batch& rows) -> Status {
        INGOT_ASSIGN(const Batch keys, rules_.Fixed(*rows, spec_.unique));
        return unique_.AddKeys(thread, *keys);
      }));
      INGOT_TRY(unique_.FindPossibleDuplicates(tables_.silver));
    }
    std::optional<stage::RowWriter> writer;
    if (!options_.dry_run) {
      INGOT_ASSIGN(writer, stage::RowWriter::Open(environment_, tables_.silver));
    }
    INGOT_TRY(input.ForEach(options_.parser, [&](size_t, const Batch& rows) { return Check(*rows, writer); }));
    INGOT_ASSIGN(const auto outcome, unique_.Survivors());
    for (const Batch& rows : outcome.survivors) INGOT_TRY(Move(rows, writer));
    replayed_.duplicates = accepted_ - replayed_.moved;
    for (size_t bit = 0; bit < counts_.size(); ++bit)
      if (counts_[bit] > 0) replayed_.broken_by_rule[rules_.names()[bit]] = counts_[bit];
    if (options_.dry_run || accepted_ == 0) return replayed_;
    left_.Seal();
    INGOT_TRY(CommitToSilver(*writer));
    if (replayed_.moved > 0) in_silver = replayed_;
    INGOT_TRY(FaultPoint("replay.between_commits"));
    INGOT_TRY(RemoveFromQuarantine(input.times()));
    INGOT_TRY(FaultPoint("replay.after_commits"));
    return replayed_;
  }

 private:
  Status Check(const arrow::RecordBatch& rows, std::optional<stage::RowWriter>& writer) {
    INGOT_ASSIGN(const CheckedRows checked, rules_.Apply(rows));
    INGOT_ASSIGN(Batch accepted, rules_.Accepted(checked));
    INGOT_TRY(left_.Add(*accepted));
    {
      std::lock_guard lock(mutex_);
      accepted_ += accepted->num_rows();
      for (const uint64_t broken : checked.broken)
        if (rules_.Quarantines(broken))
          for (uint64_t bits = broken; bits != 0; bits &= bits - 1) ++counts_[size_t(std::countr_zero(bits))];
    }
    options_.progress(rows.num_rows());
    INGOT_ASSIGN(accepted, unique_.Certain(accepted));
    return accepted->num_rows() > 0 ? Move(accepted, writer) : Status();
  }

  Status Move(const Batch& rows, std::optional<stage::RowWriter>& writer) {
    std::vector<uint64_t> keys;
    if (!spec_.unique.empty()) {
      INGOT_ASSIGN(keys, HashRows(*SelectColumns(*rows, spec_.unique)));
    }
    std::lock_guard lock(mutex_);
    int64_t repeated = 0;  // keys that an earlier span would have moved, in a dry run
    for (const uint64_t key : keys) repeated += !moved_keys_.Insert(key);
    replayed_.moved += rows->num_rows() - (writer ? 0 : repeated);
    if (!writer) return {};
    INGOT_ARROW_ASSIGN(const auto with_run, rows->AddColumn(rows->num_columns(), "_run_id",
                                                            RepeatText(environment_.run_id, rows->num_rows())));
    return writer->Write(with_run);
  }

  Status CommitToSilver(stage::RowWriter& writer) {
    INGOT_ASSIGN(auto written, writer.Finish());
    INGOT_TRY(FaultPoint("replay.after_files"));
    if (replayed_.moved == 0) return {};
    const auto files = iceberg::LocationsOf(written.files);
    iceberg::SnapshotChange change{.operation = "append", .added = std::move(written.files)};
    change.summary = options_.summary(replayed_);
    change.summary[stage::kReplayKey] = name_;
    change.summary[stage::kRunIdKey] = environment_.run_id;
    change.validate = [&](const TableMetadata& metadata) -> Status {
      return metadata.current_snapshot_id == tables_.silver.metadata->current_snapshot_id
                 ? Status()
                 : Conflict("table " + tables_.silver.home.name.Text() + " has changed meanwhile");
    };
    stage::Fence(change, pipeline::SilverDefinition(*environment_.pipeline, spec_), tables_.silver.home.name.Text());
    for (int tries = 1;; ++tries) {
      Status outcome = CheckQuarantine();
      if (outcome) {
        const auto committed = iceberg::CommitSnapshot(tables_.silver.home, change);
        if (committed) return {};
        outcome = std::unexpected(committed.error());
        if (committed.error().kind == ErrorKind::kConflict && tries < kCommitsMax) {
          outcome = Follow();
          if (outcome) continue;
        }
      }
      iceberg::DiscardUnlessUnknown(*tables_.silver.home.storage, files, outcome.error());
      return outcome;
    }
  }

  /// Rows that were erased meanwhile must not come to silver. Errors: kConflict if rows have left quarantine.
  Status CheckQuarantine() const {
    INGOT_ASSIGN(const Table quarantine, iceberg::LoadTable(tables_.quarantine.home));
    const auto changes =
        stage::ChangesSince(*quarantine.metadata, {.snapshot = tables_.quarantine.metadata->current_snapshot_id},
                            quarantine.home.name.Text());
    if (changes && changes->only_added) return {};
    return Conflict("rows of " + quarantine.home.name.Text() + " were removed meanwhile");
  }

  /// Continues with the newest state of silver if what was added there meanwhile has none of the keys.
  /// Errors: kConflict if the rows must be looked up again.
  Status Follow() {
    INGOT_ASSIGN(Table silver, iceberg::LoadTable(tables_.silver.home));
    const TableMetadata& before = *tables_.silver.metadata;
    const auto changes =
        stage::ChangesSince(*silver.metadata, {.snapshot = before.current_snapshot_id}, silver.home.name.Text());
    if (!changes || !changes->only_added ||
        iceberg::NewestSummary(*silver.metadata, stage::kReplayKey) !=
            iceberg::NewestSummary(before, stage::kReplayKey))
      return Conflict("rows of " + silver.home.name.Text() + " were replayed or changed meanwhile");
    if (!spec_.unique.empty()) {
      INGOT_ASSIGN(const auto added, stage::PlanAdded(*silver.home.storage, *silver.metadata, *changes, spec_.unique));
      INGOT_TRY(rows::ForEachBatch(silver, added, environment_.threads, [&](size_t, const Batch& keys) -> Status {
        INGOT_ASSIGN(const auto hashes, HashRows(*keys));
        if (std::ranges::none_of(hashes, [&](uint64_t hash) { return moved_keys_.Contains(hash); })) return {};
        return Conflict("a run added keys of replayed rows to " + silver.home.name.Text());
      }));
    }
    tables_.silver = std::move(silver);
    return {};
  }

  Status RemoveFromQuarantine(const KeyTimes& times) {
    // A name that silver does not have would look like a replay of which silver lacks the rows.
    const std::string name = replayed_.moved > 0
                                 ? name_
                                 : iceberg::NewestSummary(*tables_.silver.metadata, stage::kReplayKey).value_or(name_);
    auto summary = replayed_.moved > 0 ? iceberg::Properties() : options_.summary(replayed_);
    summary[stage::kRunIdKey] = environment_.run_id;
    const auto removed = RemoveRows(environment_, tables_, left_, times.Filter(), name, std::move(summary), false);
    return removed ? Status() : Status(std::unexpected(removed.error()));
  }

  const Environment& environment_;
  Tables& tables_;
  const pipeline::SilverSpec& spec_;
  const ReplayOptions& options_;
  const IngestSpan& span_;
  const std::string name_;
  const RuleEvaluator rules_;
  UniqueRows unique_;
  std::mutex mutex_;
  Replayed replayed_;
  std::vector<int64_t> counts_;  // by rule, of rows that remain
  int64_t accepted_ = 0;
  SourcePositions left_;  // of accepted rows
  HashSet& moved_keys_;   // their hashes; in a dry run also those of earlier spans
};

/// Loads the tables at a state from which rows can be replayed.
Status LoadTables(const Environment& environment, Tables& tables) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_TRY(tables.Reload());
  const std::string definition = SilverDefinition(pipeline, *tables.spec);
  for (const Table* table : {&tables.silver, &tables.quarantine})
    INGOT_TRY(stage::CheckDefinition(*table->metadata, definition, table->home.name.Text()));
  INGOT_TRY(
      stage::CheckDefinition(*tables.bronze.metadata, BronzeDefinition(pipeline), tables.bronze.home.name.Text()));
  // Of a step that may still be reverted, quarantine has rows that silver may get otherwise.
  if (stage::MarkOf(*tables.silver.metadata).snapshot == stage::MarkOf(*tables.quarantine.metadata).snapshot) return {};
  return Conflict(tables.silver.home.name.Text() + " and " + tables.quarantine.home.name.Text() +
                  " have consumed different snapshots of bronze: a run commits now, or was interrupted; "
                  "`ingot run --stage silver` completes it");
}

/// The rows that the newest replay has moved to silver, if they have not left quarantine. Empty if they have.
Result<std::optional<std::string>> InterruptedReplay(const Environment& environment, const Tables& tables,
                                                     SourcePositions& positions) {
  const auto name = iceberg::NewestSummary(*tables.silver.metadata, stage::kReplayKey);
  const bool interrupted = name && name != iceberg::NewestSummary(*tables.quarantine.metadata, stage::kReplayKey);
  if (interrupted) {
    const std::string run_id = name->substr(0, name->find('/'));
    std::vector<std::string> columns = PositionColumns();
    columns.emplace_back("_run_id");
    INGOT_ASSIGN(const auto plan,
                 rows::PlanScan(*tables.silver.home.storage, *tables.silver.metadata,
                                {.columns = columns,
                                 .filter = Compare("_run_id", iceberg::FilterOp::kEqual, iceberg::Value(run_id))}));
    INGOT_TRY(rows::ForEachBatch(tables.silver, plan, environment.threads, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(const auto column, DecodeDictionaries(batch->GetColumnByName("_run_id")));
      const auto& runs = static_cast<const arrow::StringArray&>(*column);
      std::vector<bool> keep(size_t(batch->num_rows()));
      for (size_t row = 0; row < keep.size(); ++row)
        keep[row] = runs.IsValid(int64_t(row)) && runs.GetView(int64_t(row)) == run_id;
      INGOT_ASSIGN(const Batch rows, FilterRows(batch, keep));
      return positions.Add(*rows);
    }));
  }
  positions.Seal();
  return interrupted ? name : std::nullopt;
}

}  // namespace

Result<int64_t> FinishReplay(const Environment& environment, const Tables& tables) {
  SourcePositions moved;
  INGOT_ASSIGN(const auto interrupted, InterruptedReplay(environment, tables, moved));
  if (!interrupted) return 0;
  return RemoveRows(environment, tables, moved, {}, *interrupted, {}, false);
}

void Replayed::Add(const Replayed& other) {
  selected += other.selected;
  moved += other.moved;
  duplicates += other.duplicates;
  unidentified += other.unidentified;
  finished += other.finished;
  for (const auto& [rule, rows] : other.broken_by_rule) broken_by_rule[rule] += rows;
}

Result<Replayed> Replay(const Environment& environment, const pipeline::SilverSpec& spec,
                        const ReplayOptions& options) {
  Tables tables{.spec = &spec, .bronze = {}, .silver = {}, .quarantine = {}};
  INGOT_ASSIGN(tables.bronze.home, environment.Home(environment.pipeline->bronze.table));
  INGOT_ASSIGN(tables.silver.home, environment.Home(spec.table.table));
  INGOT_ASSIGN(tables.quarantine.home, environment.Home(spec.quarantine.table));
  INGOT_TRY(iceberg::RetryOnConflict([&] { return LoadTables(environment, tables); }));
  INGOT_ASSIGN(const auto spans, SpansOf(environment, tables.quarantine, options.selection,
                                         std::max<int64_t>(10'000, environment.memory_bytes / 4 / kBytesPerRow)));
  Replayed total;
  HashSet moved_keys;
  for (size_t i = 0; i < spans.size(); ++i) {
    const std::string name = fmt::format("{}/{}", environment.run_id, i);
    std::optional<Replayed> in_silver;
    INGOT_ASSIGN(
        const Replayed part, iceberg::RetryOnConflict([&]() -> Result<Replayed> {
          INGOT_TRY(LoadTables(environment, tables));
          SourcePositions moved_before;
          INGOT_ASSIGN(const auto interrupted, InterruptedReplay(environment, tables, moved_before));
          if (interrupted) {
            INGOT_ASSIGN(const int64_t rows,
                         RemoveRows(environment, tables, moved_before, {}, *interrupted, {}, options.dry_run));
            if (interrupted != name) total.finished += options.dry_run && i > 0 ? 0 : rows;
            if (!options.dry_run) INGOT_TRY(LoadTables(environment, tables));
          }
          // The first attempt has moved the rows, and conflicted in quarantine.
          if (in_silver) return *in_silver;
          if (!options.dry_run) moved_keys = HashSet();
          return Replaying(environment, tables, options, spans[i], name, moved_keys).Run(moved_before, in_silver);
        }));
    total.Add(part);
  }
  return total;
}

}  // namespace ingot::silver
