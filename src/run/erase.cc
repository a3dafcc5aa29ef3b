#include "run/erase.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/progress.h"
#include "base/random.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "maintain/erase_ref.h"
#include "pipeline/tables.h"
#include "run/apply.h"
#include "run/change_record.h"
#include "run/erase_condition.h"
#include "run/erase_records.h"
#include "run/ledger.h"
#include "run/maintenance.h"
#include "run/other_tables.h"
#include "run/run.h"
#include "run/staging.h"
#include "stage/changes.h"
#include "stage/marks.h"

namespace ingot::run {
namespace {

using iceberg::Table;
using maintain::EraseSearch;
using pipeline::PipelineTable;
using pipeline::TableKind;
using stage::Environment;

constexpr int kRoundsMax = 8;  // rows of a running follower may arrive in between
constexpr const char* kErased = "(erased)";

/// A table of the pipeline that exists.
struct Target {
  PipelineTable table;
  iceberg::TableHome home;
  maintain::ErasedHistory history;  // at the begin

  bool HoldsRecords() const { return table.kind != TableKind::kGold && table.kind != TableKind::kOps; }
};

/// The texts of the rows that hold a value, replaced as a whole.
Result<std::shared_ptr<arrow::RecordBatch>> WithoutTexts(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                         const EraseCondition& condition) {
  arrow::ArrayVector columns = rows->columns();
  for (size_t at = 0; at < columns.size(); ++at) {
    auto& column = columns[at];
    const std::string& name = rows->schema()->field(int(at))->name();
    if (column->type_id() != arrow::Type::STRING) continue;
    const auto& texts = static_cast<const arrow::StringArray&>(*column);
    arrow::StringBuilder builder;
    for (int64_t i = 0; i < texts.length(); ++i)
      INGOT_ARROW(texts.IsNull(i)                           ? builder.AppendNull()
                  : condition.InOps(name, texts.GetView(i)) ? builder.Append(kErased)
                                                            : builder.Append(texts.GetView(i)));
    INGOT_ARROW_ASSIGN(column, builder.Finish());
  }
  return arrow::RecordBatch::Make(rows->schema(), rows->num_rows(), std::move(columns));
}

/// All branches and tags but main.
std::vector<std::string> RefsOf(const iceberg::TableMetadata& metadata) {
  std::vector<std::string> refs;
  for (const auto& [name, ref] : metadata.refs)
    if (name != "main") refs.push_back(name);
  return refs;
}

std::string Text(const maintain::RowsErased& rows) {
  return fmt::format("{} rows: {} by the condition, {} by unparsed bytes, {} by source position", rows.Rows(),
                     rows.rows[kByCondition], rows.rows[kByBytes], rows.rows[kByRecord]);
}

class EraseRun {
 public:
  EraseRun(const Environment& environment, const EraseOptions& options, EraseCondition condition)
      : environment_(environment), options_(options), condition_(std::move(condition)) {
    environment_.run_id = RandomUuid();
    erasure_.fields = condition_.fields();
    erasure_.searches_metadata = condition_.SearchesMetadata();
  }

  Result<Erasure> Run(const Table& bronze) {
    if (!options_.dry_run) INGOT_TRY(CatchUp());
    INGOT_TRY(FindTargets());
    INGOT_ASSIGN(auto records, EraseRecords::Load(bronze));
    records_ = std::make_unique<EraseRecords>(std::move(records));
    INGOT_TRY(FindRecords());
    INGOT_TRY(Survey());
    if (options_.dry_run) return std::move(erasure_);
    INGOT_TRY(CheckRefs());
    if (found_ || records_->Stored()) {
      INGOT_TRY(records_->Save());
      INGOT_TRY(FaultPoint("erase.begun"));
      INGOT_TRY(EraseTables());
      INGOT_TRY(WriteLedger(environment_));
      INGOT_TRY(EraseOps());
      INGOT_TRY(EraseStorage());
    }
    INGOT_TRY(Prove());
    if (!found_ && !records_->Stored()) erasure_.nothing_found = true;
    if (erasure_.nothing_found || !erasure_.Left().empty()) return std::move(erasure_);
    INGOT_TRY(Record(bronze.home));
    INGOT_TRY(FaultPoint("erase.recorded"));
    INGOT_TRY(records_->Delete());
    return std::move(erasure_);
  }

 private:
  Status RunStage(stage::Stage stage) {
    ProgressLine progress(fmt::format("erase: {} stage", stage::StageName(stage)), 0, "records");
    const auto processor = MakeProcessor(stage, {});
    INGOT_ASSIGN(const auto report, processor->Run(environment_, {}, [&](int64_t rows) { progress.Add(rows); }));
    if (!report.pending_changes.empty()) return Fail(ErrorKind::kPendingChange, report.pending_changes.front());
    if (report.held.empty()) return {};
    return Fail(ErrorKind::kBadInput,
                "nothing was erased: rows that a gate holds back keep the history of bronze; "
                "correct the rule or the data, or publish them, then erase again: " +
                    stage::HeldText(report.held.front()));
  }

  /// Consumers that are up to date let go of the snapshots that reach erased rows.
  Status CatchUp() {
    const auto& pipeline = *environment_.pipeline;
    constexpr stage::Stage kBoth[] = {stage::Stage::kSilver, stage::Stage::kGold};
    INGOT_TRY(ApplyWithoutChoice(environment_, kBoth));
    if (!pipeline.silver.empty()) INGOT_TRY(RunStage(stage::Stage::kSilver));
    if (!pipeline.gold.empty()) INGOT_TRY(RunStage(stage::Stage::kGold));
    return WriteLedger(environment_);
  }

  Status FindTargets() {
    for (const PipelineTable& table : TablesOf(*environment_.pipeline)) {
      INGOT_ASSIGN(const auto home, environment_.Home(table.spec->table));
      INGOT_ASSIGN(const auto found, iceberg::FindTable(home));
      if (!found) continue;
      // Interrupted rebuilds hold the rows too. They start again from what is left.
      if (!options_.dry_run) INGOT_TRY(DiscardStagingOf(home));
      targets_.push_back({.table = table, .home = home, .history = {}});
      erasure_.tables.push_back({.name = home.name.Text()});
    }
    return {};
  }

  /// Finds the records of the current snapshots, until the tables have no others.
  Status FindRecords() {
    for (const Target& target : targets_) {
      if (!target.HoldsRecords()) continue;
      INGOT_ASSIGN(const Table table, iceberg::LoadTable(target.home));
      INGOT_ASSIGN(const int64_t more, records_->AddFrom(table, condition_, environment_.threads));
      if (more > 0) clean_ = std::make_shared<maintain::CleanFiles>();
    }
    return {};
  }

  EraseSearch SearchOf(const Target& target, const Table& table) const {
    EraseSearch search{.rows = {},
                       .bytes = [this](std::string_view bytes) { return condition_.InMetadata(bytes); },
                       .filter = condition_.FilterFor(table.metadata->CurrentSchema()),
                       .clean = clean_};
    if (target.table.kind == TableKind::kOps)
      search.rows = [this](const arrow::RecordBatch& rows) { return condition_.RowsWithText(rows); };
    else if (target.table.kind == TableKind::kGold)  // computed again from silver
      search.rows = [](const arrow::RecordBatch& rows) -> Result<std::vector<uint8_t>> {
        return std::vector<uint8_t>(size_t(rows.num_rows()));
      };
    else
      search.rows = [this](const arrow::RecordBatch& rows) {
        return condition_.ReasonsOf(rows, &records_->positions());
      };
    return search;
  }

  maintain::EraseRowsOptions RowsOptions(const Target& target, const Table& table) const {
    maintain::EraseRowsOptions options{.search = SearchOf(target, table),
                                       .memory_bytes = environment_.memory_bytes,
                                       .threads = environment_.threads,
                                       .dry_run = options_.dry_run};
    if (target.table.kind == TableKind::kOps)
      options.change = [this](const auto& rows) { return WithoutTexts(rows, condition_); };
    options.summary = [this, kind = target.table.kind](const maintain::RowsErased& rows) {
      iceberg::Properties summary{{stage::kRunIdKey, environment_.run_id}};
      if (kind == TableKind::kBronze) summary[stage::kErasedKey] = "true";
      if (rows.Rows() > 0 && kind != TableKind::kOps)
        summary[kChangeKey] =
            ChangeText({fmt::format("{} (condition on {})", Text(rows), fmt::join(condition_.fields(), ", "))});
      return summary;
    };
    return options;
  }

  maintain::HistoryOptions HistoryOf(const Target& target, const Table& table) const {
    return {.search = SearchOf(target, table),
            .all_but_current = target.table.kind == TableKind::kGold && gold_changes_,
            .threads = environment_.threads};
  }

  Status Survey() {
    gold_changes_ = records_->Stored() || records_->count() > 0;
    for (size_t i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      ErasedTable& report = erasure_.tables[i];
      INGOT_ASSIGN(const Table table, iceberg::LoadTable(target.home));
      maintain::EraseRowsOptions rows = RowsOptions(target, table);
      rows.dry_run = true;
      INGOT_ASSIGN(const auto erased, maintain::EraseRows(target.home, rows));
      if (options_.dry_run) report.rows = erased;
      INGOT_ASSIGN(const auto files, SearchFilesOf(target, table, {.search = SearchOf(target, table)}));
      if (options_.dry_run) report.searched = files;
      // A group of gold may be named by the value.
      gold_changes_ = gold_changes_ || (target.table.kind == TableKind::kGold && files.files_found > 0);
      INGOT_ASSIGN(target.history, maintain::FindErasedHistory(table, HistoryOf(target, table)));
      // Its current snapshot goes too, when groups have been computed again.
      if (target.table.kind == TableKind::kGold && gold_changes_) target.history.refs = RefsOf(*table.metadata);
      for (const std::string& ref : target.history.refs)
        report.refs.push_back(table.metadata->refs.at(ref).type + " " + ref);
      if (options_.dry_run) {
        report.snapshots = int64_t(target.history.snapshots.size());
        report.history_files = std::max<int64_t>(0, target.history.files - erased.files - erased.delete_files);
      }
      const bool here = erased.files + erased.delete_files + files.files_found > 0 || !target.history.snapshots.empty();
      found_ = found_ || (here && (target.table.kind != TableKind::kGold || files.files_found > 0));
      gold_changes_ = gold_changes_ || (target.HoldsRecords() && here);
    }
    return {};
  }

  Result<maintain::FilesSearched> SearchFilesOf(const Target& target, const Table& table,
                                                maintain::SearchFilesOptions options) const {
    INGOT_ASSIGN(options.other_tables, OtherTables(environment_, table.home.name));
    options.threads = environment_.threads;
    ProgressLine progress("search the files of " + target.home.name.Text(), 0, "bytes");
    options.progress = [&](int64_t bytes) { progress.Add(bytes); };
    return maintain::SearchFiles(target.home, options);
  }

  Status CheckRefs() const {
    std::vector<std::string> refs;
    for (const ErasedTable& table : erasure_.tables)
      for (const std::string& ref : table.refs) refs.push_back(table.name + ": " + ref);
    if (refs.empty() || options_.yes) return {};
    return Fail(ErrorKind::kBadInput,
                fmt::format("nothing was erased: branches and tags reach such rows; with --yes they are made again "
                            "without the rows, and those of gold are dropped:\n  {}",
                            fmt::join(refs, "\n  ")));
  }

  /// The snapshots of a table up to which others have consumed it.
  Result<std::set<iceberg::SnapshotId>> ConsumedOf(const Target& target) const {
    std::set<iceberg::SnapshotId> consumed;
    for (const Target& other : targets_) {
      if (other.table.source != target.table.spec) continue;
      INGOT_ASSIGN(const Table consumer, iceberg::LoadTable(other.home));
      if (const auto id = stage::ConsumedSnapshot(*consumer.metadata)) consumed.insert(*id);
    }
    return consumed;
  }

  /// Whether a consumer has consumed this table up to a snapshot that must go, or the current one lists such a file.
  Result<bool> MustProceed(const Target& target) const {
    INGOT_ASSIGN(const auto consumed, ConsumedOf(target));
    return target.history.current ||
           std::ranges::any_of(consumed, [&](iceberg::SnapshotId id) { return target.history.snapshots.contains(id); });
  }

  std::string ChangeText(std::vector<std::string> lines) const {
    return ToJson({.action = "erase",
                   .differences = std::move(lines),
                   .definition_before = "",
                   .started_at_micros = started_at_micros_});
  }

  /// Returns whether files were rewritten.
  Result<bool> EraseIn(size_t i, bool always) {
    const Target& target = targets_[i];
    INGOT_ASSIGN(const Table table, iceberg::LoadTable(target.home));
    maintain::EraseRowsOptions options = RowsOptions(target, table);
    options.always_commits = always;
    INGOT_ASSIGN(const auto erased, maintain::EraseRows(target.home, options));
    auto& total = erasure_.tables[i].rows;
    for (size_t reason = 0; reason < total.rows.size(); ++reason) total.rows[reason] += erased.rows[reason];
    total.files += erased.files;
    total.delete_files += erased.delete_files;
    total.bytes += erased.bytes;
    return erased.files + erased.delete_files > 0;
  }

  Result<bool> EraseKinds(std::initializer_list<TableKind> kinds, bool first) {
    bool any = false;
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (std::ranges::find(kinds, targets_[i].table.kind) == kinds.end()) continue;
      INGOT_ASSIGN(const bool proceed, first ? MustProceed(targets_[i]) : Result<bool>(false));
      INGOT_ASSIGN(const bool rewrote, EraseIn(i, proceed));
      any = any || rewrote;
    }
    return any;
  }

  /// Bronze first: after it no stage can read an erased record, so that none comes back into silver.
  Status EraseTables() {
    for (int round = 0; round < kRoundsMax; ++round) {
      INGOT_ASSIGN(const bool in_bronze, EraseKinds({TableKind::kBronze}, round == 0));
      if (!environment_.pipeline->silver.empty()) INGOT_TRY(RunStage(stage::Stage::kSilver));
      INGOT_ASSIGN(const bool in_silver, EraseKinds({TableKind::kSilver, TableKind::kQuarantine}, round == 0));
      if (!environment_.pipeline->gold.empty()) INGOT_TRY(RunStage(stage::Stage::kGold));
      if (!in_bronze && !in_silver) return {};
      INGOT_TRY(FaultPoint("erase.after_round"));
      const int64_t before = records_->count();
      INGOT_TRY(FindRecords());
      if (records_->count() > before) INGOT_TRY(records_->Save());
    }
    return Fail(ErrorKind::kConflict,
                "such rows keep arriving in bronze: stop their source, then run the command again");
  }

  Status EraseOps() {
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i].table.kind == TableKind::kOps) INGOT_TRY(EraseIn(i, targets_[i].history.current));
      // The snapshot that recomputed groups lists the files that it replaced, with their bounds.
      if (targets_[i].table.kind == TableKind::kGold && gold_changes_) INGOT_TRY(EraseIn(i, true));
    }
    return {};
  }

  Status RemakeRefs(const Target& target, const Table& table) const {
    for (const std::string& ref : target.history.refs)
      if (!ref.starts_with(maintain::kRemadeRef))
        INGOT_TRY(maintain::RemakeRef(target.home, ref, RowsOptions(target, table)));
    return {};
  }

  Status EraseStorage() {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const Target& target = targets_[i];
      ErasedTable& report = erasure_.tables[i];
      INGOT_ASSIGN(const Table table, iceberg::LoadTable(target.home));
      INGOT_ASSIGN(const auto belongs_to_other, FilesOfOtherTables(environment_, table));
      if (target.table.kind != TableKind::kGold) INGOT_TRY(RemakeRefs(target, table));
      maintain::HistoryOptions options = HistoryOf(target, table);
      INGOT_ASSIGN(options.consumed, ConsumedOf(target));
      INGOT_ASSIGN(const auto history,
                   maintain::EraseHistory(target.home, options, belongs_to_other, stage::KeepMarks));
      report.snapshots += history.snapshots;
      const bool all = target.table.kind == TableKind::kGold && gold_changes_;
      INGOT_ASSIGN(
          const auto files,
          SearchFilesOf(target, table, {.search = SearchOf(target, table), .deletes = true, .deletes_all = all}));
      report.files_deleted += history.files + history.versions + files.deleted;
    }
    return FaultPoint("erase.after_storage");
  }

  /// Reads every remaining file again.
  Status Prove() {
    for (size_t i = 0; i < targets_.size(); ++i) {
      INGOT_ASSIGN(const Table table, iceberg::LoadTable(targets_[i].home));
      EraseSearch search = SearchOf(targets_[i], table);
      search.clean = nullptr;
      search.other_column = [this](const arrow::RecordBatch& rows) { return condition_.ColumnWithLiteral(rows); };
      INGOT_ASSIGN(erasure_.tables[i].searched, SearchFilesOf(targets_[i], table, {.search = search}));
    }
    return FaultPoint("erase.proven");
  }

  /// An empty snapshot of bronze records the proof.
  Status Record(const iceberg::TableHome& bronze) {
    std::vector<std::string> lines{fmt::format("condition on {}", fmt::join(condition_.fields(), ", "))};
    for (const ErasedTable& table : erasure_.tables)
      lines.push_back(fmt::format(
          "{}: {}; {} snapshots, {} branches and tags and {} files removed; proof: {} files, {} bytes, {} rows "
          "searched, 0 found",
          table.name, Text(table.rows), table.snapshots, table.refs.size(), table.files_deleted, table.searched.files,
          table.searched.bytes, table.searched.rows));
    iceberg::SnapshotChange change{
        .operation = "replace",
        .summary = {{stage::kRunIdKey, environment_.run_id}, {kChangeKey, ChangeText(std::move(lines))}}};
    INGOT_TRY(iceberg::CommitSnapshot(bronze, change));
    return WriteLedger(environment_);
  }

  Environment environment_;
  const EraseOptions& options_;
  const EraseCondition condition_;
  const int64_t started_at_micros_ = NowMicros();
  std::vector<Target> targets_;
  std::unique_ptr<EraseRecords> records_;
  std::shared_ptr<maintain::CleanFiles> clean_ = std::make_shared<maintain::CleanFiles>();
  bool found_ = false;         // something must be erased
  bool gold_changes_ = false;  // rows of silver are erased, from which gold was computed
  Erasure erasure_;
};

/// The types of the fields in bronze and silver.
Result<pipeline::ColumnTypes> FieldsOf(const Environment& environment) {
  pipeline::ColumnTypes fields;
  for (const PipelineTable& table : TablesOf(*environment.pipeline)) {
    if (table.kind != TableKind::kBronze && table.kind != TableKind::kSilver) continue;
    for (const auto& field : SchemaOf(*environment.pipeline, table).fields)
      if (!field.type.IsNested() && !field.name.starts_with('_')) fields.emplace(field.name, field.type);
  }
  return fields;
}

std::string DescribeSource(const OpenedPipeline& open) {
  const bool topic = open.source.starts_with("kafka");
  return (topic ? "the records in " : "the input files in ") + open.source +
         (topic ? " (until its retention removes them; a rebuilt consumer would read them again)" : "");
}

}  // namespace

std::vector<std::string> Erasure::Left() const {
  std::vector<std::string> left;
  for (const ErasedTable& table : tables) std::ranges::copy(table.searched.left, std::back_inserter(left));
  return left;
}

Result<Erasure> Erase(const OpenedPipeline& open, const EraseOptions& options) {
  INGOT_ASSIGN(const auto fields, FieldsOf(open.environment));
  INGOT_ASSIGN(const auto condition, EraseCondition::Parse(options.where, fields));
  INGOT_ASSIGN(const auto home, open.environment.Home(open.pipeline->bronze.table));
  INGOT_ASSIGN(const auto bronze, iceberg::FindTable(home));
  if (!bronze)
    return Fail(ErrorKind::kNotFound, "table " + home.name.Text() + " does not exist: there is nothing to erase");
  auto outcome = EraseRun(open.environment, options, condition).Run(*bronze);
  if (!outcome) {
    outcome.error().message = condition.WithoutLiterals(std::move(outcome.error().message));
    return outcome;
  }
  Erasure erasure = *std::move(outcome);
  erasure.outside = {DescribeSource(open), "backups, and copies by other engines",
                     "this command line, in the history of the shell"};
  return erasure;
}

}  // namespace ingot::run
