// Scans as relations for a query engine.
#pragma once

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "base/relation.h"
#include "iceberg/table.h"
#include "rows/scan.h"

namespace ingot::rows {

/// Calls `work(thread, batch)` for every batch of the plan, on at most `threads` threads, numbered from 0. Text may be
/// returned as dictionaries.
template <typename Work>
Status ForEachBatch(const iceberg::Table& table, const ScanPlan& plan, int threads, const Work& work) {
  INGOT_ASSIGN(std::vector<FileTask> parts, PartsOf(*table.home.storage, plan));
  for (FileTask& part : parts) part.dictionaries = true;
  return ForEachInParallel(threads, parts.size(), [&](size_t thread, size_t part) -> Status {
    INGOT_ASSIGN(const auto reader, OpenTask(table.home.storage, *table.metadata, plan.projection, parts[part]));
    while (true) {
      INGOT_ARROW_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, reader->Next());
      if (batch == nullptr) return {};
      INGOT_TRY(work(thread, batch));
    }
  });
}

/// A relation with the table's columns, at the current snapshot or at `snapshot_id`, but without rows. It serves to
/// resolve a query before it is known which rows the query needs.
Result<Relation> ColumnsOf(const iceberg::Table& table, std::optional<iceberg::SnapshotId> snapshot_id = {});

/// The rows of a plan of the table, one part per row group; reads only the columns that are requested.
Result<Relation> RelationOf(const iceberg::Table& table, ScanPlan plan);

/// Returns the batch with exactly the columns of `schema`, found by name, including nested ones. Missing columns are
/// null; types are converted where the values fit.
Result<std::shared_ptr<arrow::RecordBatch>> AlignColumns(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                         const iceberg::Schema& schema);

}  // namespace ingot::rows
