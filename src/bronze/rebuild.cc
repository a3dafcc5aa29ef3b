#include "bronze/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "base/fault.h"
#include "base/log.h"
#include "base/progress.h"
#include "bronze/recompute.h"
#include "iceberg/commit.h"
#include "pipeline/definition.h"
#include "pipeline/difference.h"
#include "rows/scan_relation.h"
#include "rows/variant.h"
#include "stage/changes.h"
#include "stage/evolve.h"
#include "stage/fence.h"
#include "stage/marks.h"
#include "stage/stage.h"

namespace ingot::bronze {
namespace {

using iceberg::Schema;
using iceberg::Table;
using iceberg::TableMetadata;
using stage::Environment;

constexpr int kStartsMax = 10;    // of the whole rebuild
constexpr int kCommitsMax = 100;  // tried, each after the rows that were appended before it

/// Variants of other engines are copied as they are stored. _extra is JSON.
Schema WithCopiedVariants(const Schema& schema) {
  Schema stored = rows::WithStoredVariants(schema);
  for (size_t i = 0; i < schema.fields.size(); ++i)
    if (schema.fields[i].name == "_extra") stored.fields[i] = schema.fields[i];
  return stored;
}

/// How rows are recomputed. The same for each thread and state of the table.
struct Definitions {
  const pipeline::Pipeline& pipeline;
  pipeline::RecordSpec before;
  std::map<std::string, std::string> renames;
};

Result<Definitions> DefinitionsOf(const Environment& environment, const Table& bronze, const std::string& before) {
  INGOT_ASSIGN(auto spec, RecordsBefore(bronze, before));
  return Definitions{*environment.pipeline, std::move(spec), pipeline::Renames(*environment.pipeline)};
}

/// Recomputes the rows of the plan on several threads. Calls `take(result, rows_read)`, one call at a time.
template <typename Take>
Status RecomputeRows(const Environment& environment, const Definitions& definitions, const Table& table,
                     rows::ScanPlan plan, const Schema& to, bool only_counts, const Take& take) {
  plan.projection = WithCopiedVariants(plan.projection);
  std::vector<std::unique_ptr<Recompute>> per_thread(size_t(std::max(1, environment.threads)));
  std::mutex mutex;
  return rows::ForEachBatch(table, plan, environment.threads,
                            [&](size_t thread, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                              std::unique_ptr<Recompute>& recompute = per_thread[thread];
                              if (recompute == nullptr) {
                                INGOT_ASSIGN(recompute, Recompute::Make({.pipeline = definitions.pipeline,
                                                                         .before = definitions.before,
                                                                         .from = plan.projection,
                                                                         .to = to,
                                                                         .renames = definitions.renames,
                                                                         .only_counts = only_counts}));
                              }
                              INGOT_ASSIGN(const Recomputed result, recompute->Rows(batch));
                              std::lock_guard lock(mutex);
                              return take(result, batch->num_rows());
                            });
}

class Rebuilding {
 public:
  Rebuilding(const Environment& environment, Definitions definitions, iceberg::TableHome home,
             const std::string& before, const iceberg::Properties& summary)
      : environment_(environment),
        definitions_(std::move(definitions)),
        home_(std::move(home)),
        before_(before),
        summary_(summary),
        want_(pipeline::BronzeDefinition(*environment.pipeline)) {
    evolution_.renames = definitions_.renames;
    evolution_.replaces_types = true;
  }

  /// Deletes the files that were not committed.
  ~Rebuilding() { Forget(); }
  Rebuilding(const Rebuilding&) = delete;
  Rebuilding& operator=(const Rebuilding&) = delete;

  Status Run() {
    for (int start = 0; start < kStartsMax; ++start) {
      INGOT_ASSIGN(const bool done, Attempt());
      if (done) return {};
      LogWarning("table " + home_.name.Text() +
                 ": its rows or columns were changed meanwhile; the rebuild starts over");
      Forget();
    }
    return Fail(ErrorKind::kRetry, "table " + home_.name.Text() +
                                       " was changed during each rebuild: stop what deletes or rewrites its rows, "
                                       "then run `ingot apply` again");
  }

 private:
  void Forget() {
    iceberg::Discard(*home_.storage, iceberg::LocationsOf(files_));
    files_.clear();
  }

  Result<Table> Load() const {
    INGOT_ASSIGN(Table table, iceberg::LoadTable(home_));
    INGOT_TRY(CheckDefinition(*table.metadata));
    return table;
  }

  Status CheckDefinition(const TableMetadata& metadata) const {
    if (stage::DefinitionIn(metadata) == before_) return {};
    return Fail(ErrorKind::kConflict, "another run was first: table " + home_.name.Text() + " has another definition");
  }

  Result<TableMetadata> Evolved(TableMetadata metadata) const {
    const stage::WantedTable wanted{.spec = environment_.pipeline->bronze,
                                    .schema = pipeline::SchemaOf(*environment_.pipeline, {}),
                                    .definition = want_};
    INGOT_TRY(stage::EvolveMetadata(metadata, wanted, evolution_));
    stage::SetDefinition(metadata.properties, environment_, want_);
    metadata.properties.erase(stage::kRemovedFieldsProperty);  // their values are in _extra now
    return metadata;
  }

  /// Whether files that were written for one are valid files of the other.
  static bool SameLayout(const TableMetadata& a, const TableMetadata& b) {
    return a.CurrentSchema().SameFields(b.CurrentSchema()) && a.default_spec_id == b.default_spec_id &&
           a.DefaultSpec().SameFields(b.DefaultSpec()) && a.format_version == b.format_version;
  }

  /// Returns false if the table changed so that the rows must be recomputed from the start.
  Result<bool> Attempt() {
    INGOT_ASSIGN(Table table, Load());
    INGOT_ASSIGN(evolved_, Evolved(*table.metadata));
    INGOT_ASSIGN(auto all, rows::PlanScan(*home_.storage, *table.metadata, {}));
    INGOT_TRY(Write(table, std::move(all)));
    INGOT_TRY(FaultPoint("bronze.rebuilt"));
    for (int tries = 0; tries < kCommitsMax; ++tries) {
      INGOT_ASSIGN(table, Load());
      INGOT_ASSIGN(const bool appended_only, Follow(table));
      if (!appended_only) return false;
      const Status committed = Commit();
      if (committed) return true;
      if (committed.error().kind != ErrorKind::kConflict) return std::unexpected(committed.error());
    }
    return Fail(ErrorKind::kRetry, "table " + home_.name.Text() +
                                       ": rows were appended faster than they were recomputed: stop what appends "
                                       "rows, then run `ingot apply` again");
  }

  /// Recomputes the rows that were appended after the rows that were read. Returns false if other rows changed.
  Result<bool> Follow(const Table& table) {
    const TableMetadata& metadata = *table.metadata;
    INGOT_ASSIGN(const TableMetadata evolved, Evolved(metadata));
    if (!SameLayout(evolved, evolved_)) return false;
    if (metadata.current_snapshot_id == read_) return true;
    const auto chain = iceberg::AncestorsOf(metadata, metadata.current_snapshot_id);
    const bool known = !read_ || std::ranges::find(chain, *read_, &iceberg::Snapshot::snapshot_id) != chain.end();
    if (!known) return false;
    INGOT_ASSIGN(const auto changes, stage::ChangesSince(metadata, {.snapshot = read_}, home_.name.Text()));
    if (changes.rewritten || !changes.only_added) return false;
    INGOT_ASSIGN(auto added, stage::PlanAdded(*home_.storage, metadata, changes, {}));
    INGOT_TRY(Write(table, std::move(added)));
    return true;
  }

  Status Write(const Table& table, rows::ScanPlan plan) {
    ProgressLine progress("rebuild", plan.RecordCount(), "records");
    auto written = std::make_shared<TableMetadata>(evolved_);
    iceberg::SetCurrentSchema(*written, WithCopiedVariants(evolved_.CurrentSchema()));
    INGOT_ASSIGN(auto writer,
                 stage::RowWriter::Open(environment_, {.home = home_, .metadata_location = "", .metadata = written}));
    INGOT_TRY(RecomputeRows(environment_, definitions_, table, std::move(plan), written->CurrentSchema(), false,
                            [&](const Recomputed& result, int64_t read) -> Status {
                              progress.Add(read);
                              return writer.Write(result.rows);
                            }));
    INGOT_ASSIGN(auto rows, writer.Finish());
    std::ranges::move(rows.files, std::back_inserter(files_));
    read_ = table.metadata->current_snapshot_id;
    return {};
  }

  Status Commit() {
    iceberg::SnapshotChange change{.operation = "overwrite", .added = files_, .summary = summary_};
    change.removes = [](const iceberg::DataFile&) -> Result<bool> { return true; };
    change.summary[stage::kRunIdKey] = environment_.run_id;
    change.summary[stage::kDefinitionKey] = pipeline::DefinitionId(want_);
    change.validate = [&](const TableMetadata& metadata) -> Status {
      INGOT_TRY(CheckDefinition(metadata));
      INGOT_ASSIGN(const TableMetadata evolved, Evolved(metadata));
      if (metadata.current_snapshot_id == read_ && SameLayout(evolved, evolved_)) return {};
      return Fail(ErrorKind::kConflict, "table " + home_.name.Text() + " changed meanwhile");
    };
    change.metadata_change = [&](TableMetadata& metadata) -> Status {
      INGOT_ASSIGN(metadata, Evolved(std::move(metadata)));
      return {};
    };
    const auto committed = iceberg::CommitSnapshot(home_, change);
    if (!committed && committed.error().kind != ErrorKind::kOutcomeUnknown) return std::unexpected(committed.error());
    files_.clear();  // they are, or may be, part of the table
    if (!committed) return std::unexpected(committed.error());
    return FaultPoint("bronze.rebuild_committed");
  }

  const Environment& environment_;
  const Definitions definitions_;
  const iceberg::TableHome home_;
  const std::string before_;
  const iceberg::Properties summary_;
  const std::string want_;
  stage::Evolution evolution_;
  TableMetadata evolved_;                    // for which the files are written
  std::vector<iceberg::DataFile> files_;     // not committed
  std::optional<iceberg::SnapshotId> read_;  // whose rows are in these files
};

}  // namespace

Result<pipeline::RecordSpec> RecordsBefore(const Table& bronze, const std::string& before) {
  INGOT_ASSIGN(auto spec, pipeline::RecordSpecIn(before));
  INGOT_ASSIGN(spec.removed, pipeline::FieldsIn(bronze.metadata->Property(stage::kRemovedFieldsProperty, "")));
  return spec;
}

Status Rebuild(const Environment& environment, const Table& bronze, const std::string& before,
               const iceberg::Properties& summary) {
  INGOT_ASSIGN(auto definitions, DefinitionsOf(environment, bronze, before));
  return Rebuilding(environment, std::move(definitions), bronze.home, before, summary).Run();
}

Result<UnfitRows> CountUnfit(const Environment& environment, const Table& bronze, const std::string& before) {
  INGOT_ASSIGN(const auto definitions, DefinitionsOf(environment, bronze, before));
  INGOT_ASSIGN(auto plan, rows::PlanScan(*bronze.home.storage, *bronze.metadata, {}));
  UnfitRows unfit;
  INGOT_TRY(RecomputeRows(environment, definitions, bronze, std::move(plan), bronze.metadata->CurrentSchema(), true,
                          [&](const Recomputed& result, int64_t) -> Status {
                            if (unfit.rows == 0) unfit.example = result.example;
                            unfit.rows += result.unfit;
                            return {};
                          }));
  return unfit;
}

}  // namespace ingot::bronze
