// Scans and table contents as relations for a query engine.
#pragma once

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "base/relation.h"
#include "iceberg/table.h"
#include "rows/scan.h"

namespace ingot::rows {

/// Calls `work(thread, batch)` for every batch of the plan, on at most `threads` threads numbered from 0. Text may come
/// as dictionaries.
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

/// The columns of a table at its current snapshot, or at another one those of then: what has to be known of a table
/// before it is known which of its rows are asked for. Without a way to open them.
Result<Relation> ColumnsOf(const iceberg::Table& table, std::optional<iceberg::SnapshotId> snapshot_id = {});

/// The rows of such a plan of that table, one part a row group; reads only the columns that are asked for.
Result<Relation> RelationOf(const iceberg::Table& table, ScanPlan plan);

/// The batch with exactly the columns of `schema`, nested ones too, found by name; missing ones null, other types of
/// the same values converted.
Result<std::shared_ptr<arrow::RecordBatch>> AlignColumns(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                         const iceberg::Schema& schema);

}  // namespace ingot::rows
