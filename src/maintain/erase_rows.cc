#include "maintain/erase_rows.h"

#include <arrow/table.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/parallel.h"
#include "base/rows.h"
#include "iceberg/commit.h"
#include "iceberg/summary.h"
#include "maintain/applied_deletes.h"
#include "maintain/rewrite.h"

namespace ingot::maintain {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using rows::FileTask;
using rows::ScanPlan;

/// Counts the reasons of the rows of a batch, of which 0 does not count.
void Count(const std::vector<uint8_t>& reasons, RowsErased& done) {
  for (const uint8_t reason : reasons)
    if (reason != 0) ++done.rows[reason];
}

class Erasure {
 public:
  Erasure(const Table& table, const EraseRowsOptions& options) : table_(table), options_(options) {}

  Result<RowsErased> Run() {
    head_ = HeadOf(*table_.metadata);
    if (!head_) return done_;
    INGOT_ASSIGN(
        plan_, rows::PlanScan(*table_.home.storage, *table_.metadata, {.snapshot_id = head_, .current_schema = true}));
    INGOT_TRY(Choose());
    if (options_.dry_run) {
      INGOT_TRY(CountRows());
      return done_;
    }
    // A delete file that applies to no data file is unneeded: any commit removes it.
    if (chosen_.empty() && done_.delete_files == 0 && !options_.always_commits) return done_;
    std::vector<DataFile> files;
    Status outcome = Rewrite(files);
    if (outcome) outcome = FaultPoint("erase.after_files");
    if (!outcome) {
      iceberg::Discard(*table_.home.storage, iceberg::LocationsOf(files));
      return std::unexpected(outcome.error());
    }
    INGOT_TRY(Commit(files));
    done_.committed = true;
    INGOT_TRY(FaultPoint("erase.after_commit"));
    return done_;
  }

 private:
  std::optional<iceberg::SnapshotId> HeadOf(const TableMetadata& metadata) const {
    if (options_.branch == "main") return metadata.current_snapshot_id;
    const auto ref = metadata.refs.find(options_.branch);
    return ref == metadata.refs.end() ? std::nullopt : std::optional(ref->second.snapshot_id);
  }

  /// Chooses the data files that store such rows, and those with a delete file that holds a value.
  Status Choose() {
    std::vector<char> stores(plan_.tasks.size());
    INGOT_TRY(ForEachInParallel(options_.threads, plan_.tasks.size(), [&](size_t, size_t i) -> Status {
      INGOT_ASSIGN(stores[i], StoresErased(table_, plan_.tasks[i].file, options_.search));
      options_.progress(plan_.tasks[i].file.record_count);
      return {};
    }));
    std::set<std::string> deletes;
    for (const DataFile& file : plan_.deletes) {
      INGOT_ASSIGN(const bool holds, StoresErased(table_, file, options_.search));
      if (!holds || !deletes.insert(file.Key()).second) continue;
      ++done_.delete_files;
      done_.bytes += file.file_bytes;
    }
    for (size_t i = 0; i < stores.size(); ++i) {
      const FileTask& task = plan_.tasks[i];
      const bool applies =
          std::ranges::any_of(task.deletes, [&](const DataFile& file) { return deletes.contains(file.Key()); });
      if (!stores[i] && !applies) continue;
      chosen_.push_back(&task);
      done_.files += stores[i];
      done_.bytes += stores[i] ? task.file.file_bytes : 0;
    }
    return {};
  }

  Status CountRows() {
    return ForEachInParallel(options_.threads, chosen_.size(), [&](size_t, size_t i) -> Status {
      INGOT_ASSIGN(const auto reader,
                   rows::OpenTask(table_.home.storage, *table_.metadata, plan_.projection, *chosen_[i]));
      while (true) {
        INGOT_ARROW_ASSIGN(const Batch batch, reader->Next());
        if (batch == nullptr) return {};
        INGOT_ASSIGN(const auto reasons, options_.search.rows(*batch));
        std::lock_guard lock(mutex_);
        Count(reasons, done_);
      }
    });
  }

  /// The rows of a batch that stay, and the changed ones.
  Result<Batch> Change(const Batch& batch) {
    INGOT_ASSIGN(const auto reasons, options_.search.rows(*batch));
    std::vector<bool> keep;
    for (const uint8_t reason : reasons) keep.push_back(reason == 0);
    {
      std::lock_guard lock(mutex_);
      Count(reasons, done_);
    }
    INGOT_ASSIGN(const Batch kept, FilterRows(batch, keep));
    if (!options_.change || kept->num_rows() == batch->num_rows()) return kept;
    keep.flip();
    INGOT_ASSIGN(const Batch found, FilterRows(batch, keep));
    INGOT_ASSIGN(const Batch changed, options_.change(found));
    INGOT_ARROW_ASSIGN(const auto both, arrow::Table::FromRecordBatches(batch->schema(), {kept, changed}));
    INGOT_ARROW_ASSIGN(const Batch whole, both->CombineChunksToBatch());
    return whole;
  }

  Status Rewrite(std::vector<DataFile>& files) {
    RewriteOptions rewrite{.buffered_bytes_max = options_.memory_bytes / 4 / std::max(1, options_.threads),
                           .progress = options_.progress,
                           .change = [&](const Batch& batch) { return Change(batch); }};
    rewrite.file_bytes_target = table_.metadata->PropertyInt("write.target-file-size-bytes", rewrite.file_bytes_target);
    return ForEachInParallel(options_.threads, chosen_.size(), [&](size_t, size_t i) -> Status {
      const Bin bin{.tasks = {*chosen_[i]}, .bytes = chosen_[i]->file.file_bytes};
      INGOT_ASSIGN(auto rewritten, RewriteBin(table_, plan_.projection, bin, rewrite));
      std::lock_guard lock(mutex_);
      std::ranges::move(rewritten, std::back_inserter(files));
      return {};
    });
  }

  Status Commit(const std::vector<DataFile>& files) {
    Replaced replaced;
    for (const FileTask* task : chosen_) replaced[task->file.location] = DeletesOf(*task, false);
    const auto unneeded = UnneededDeletes(plan_, replaced);
    iceberg::SnapshotChange change{.operation = "overwrite", .added = files, .branch = options_.branch};
    if (options_.summary) change.summary = options_.summary(done_);
    if (table_.metadata->format_version >= 2) change.added_sequence_number = table_.metadata->last_sequence_number;
    change.removes = [&](const DataFile& file) -> Result<bool> {
      return replaced.contains(file.location) || unneeded.contains(file.Key());
    };
    // Manifests with entries of removed files, of this commit and of earlier ones, keep their bounds.
    change.rewrites = [](const iceberg::ManifestFile& manifest) { return manifest.deleted_files.value_or(1) > 0; };
    change.validate = [&](const TableMetadata& metadata) -> Status {
      if (HeadOf(metadata) == head_) return {};
      if (options_.branch == "main" && iceberg::OnlyAppended(metadata, head_)) return {};
      return Fail(ErrorKind::kConflict, "the table was changed while rows were erased from it");
    };
    INGOT_TRY(iceberg::CommitFiles(table_.home, change));
    return {};
  }

  const Table& table_;
  const EraseRowsOptions& options_;
  std::optional<iceberg::SnapshotId> head_;  // of the branch, when it was read
  ScanPlan plan_;
  std::vector<const FileTask*> chosen_;
  std::mutex mutex_;
  RowsErased done_;
};

}  // namespace

Result<RowsErased> EraseRows(const iceberg::TableHome& home, const EraseRowsOptions& options) {
  return iceberg::RetryOnConflict(home, [&](const Table& table) { return Erasure(table, options).Run(); });
}

}  // namespace ingot::maintain
