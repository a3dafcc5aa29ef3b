#include "maintain/rewrite.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <thread>

#include "base/arrow_result.h"
#include "base/queue.h"
#include "iceberg/journal.h"
#include "iceberg/metadata_columns.h"
#include "maintain/join_parquet.h"
#include "rows/table_writer.h"
#include "rows/variant.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::DataFile;

constexpr size_t kBatchesAhead = 2;

/// Reads all files of the bin in batches, with `change` applied.
Status ReadBin(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
               const RewriteOptions& options, const std::function<Status(Batch)>& consume) {
  for (const rows::FileTask& task : bin.tasks) {
    INGOT_ASSIGN(const auto reader, rows::OpenTask(table.home.storage, *table.metadata, projection, task));
    while (true) {
      INGOT_ARROW_ASSIGN(auto batch, reader->Next());
      if (batch == nullptr) break;
      if (options.change) {
        INGOT_ASSIGN(batch, options.change(batch));
      }
      if (batch->num_rows() > 0) INGOT_TRY(consume(std::move(batch)));
    }
  }
  return {};
}

/// The same, but another thread reads ahead.
Status ReadAhead(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
                 const RewriteOptions& options, const std::function<Status(const Batch&)>& consume) {
  BoundedQueue<Batch> ready(kBatchesAhead);
  Status read, consumed;
  std::thread reader([&] {
    read = ReadBin(table, projection, bin, options, [&](Batch batch) -> Status {
      return ready.Push(std::move(batch)) ? Status() : Fail(ErrorKind::kInternal, "reading was cancelled");
    });
    ready.Close();
  });
  while (auto batch = ready.Pop())
    if (consumed = consume(*batch); !consumed) break;
  ready.Close();
  reader.join();
  INGOT_TRY(consumed);
  return read;
}

bool NullsFirst(const iceberg::SortColumn& column) {
  return column.nulls_first.value_or(!column.descending);
}

arrow::compute::SortOptions OrderOf(const std::vector<iceberg::SortColumn>& columns) {
  using arrow::compute::NullPlacement, arrow::compute::SortOrder;
  std::vector<arrow::compute::SortKey> keys;
  for (const auto& column : columns)
    keys.emplace_back(column.column, column.descending ? SortOrder::Descending : SortOrder::Ascending,
                      NullsFirst(column) ? NullPlacement::AtStart : NullPlacement::AtEnd);
  return arrow::compute::SortOptions(std::move(keys));
}

Status WriteInOrder(const arrow::RecordBatchVector& batches, const RewriteOptions& options, rows::TableWriter& writer) {
  if (batches.empty()) return {};
  INGOT_ARROW_ASSIGN(const auto rows, arrow::Table::FromRecordBatches(batches));
  INGOT_ARROW_ASSIGN(const auto indices, arrow::compute::SortIndices(rows, OrderOf(options.sort_by)));
  constexpr int64_t kRowsAtOnce = 1 << 16;
  for (int64_t begin = 0; begin < indices->length(); begin += kRowsAtOnce) {
    INGOT_ARROW_ASSIGN(const auto taken, arrow::compute::Take(rows, indices->Slice(begin, kRowsAtOnce)));
    INGOT_ARROW_ASSIGN(const auto batch, taken.table()->CombineChunksToBatch());
    INGOT_TRY(writer.Write(batch));
    options.progress(batch->num_rows());
  }
  return {};
}

/// Sorts the rows, in parts if the bin exceeds the memory limit. Returns whether all rows are in one order.
Result<bool> WriteSorted(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
                         const RewriteOptions& options, rows::TableWriter& writer) {
  INGOT_TRY(InitializeKernels());
  arrow::RecordBatchVector batches;
  int64_t bytes = 0;
  bool whole = true;
  INGOT_TRY(ReadBin(table, projection, bin, options, [&](Batch batch) -> Status {
    INGOT_ARROW_ASSIGN(const int64_t more, arrow::util::ReferencedBufferSize(*batch));
    if (bytes + more > options.sorted_bytes_max && !batches.empty()) {
      INGOT_TRY(WriteInOrder(batches, options, writer));
      batches.clear();
      bytes = 0, whole = false;
    }
    batches.push_back(std::move(batch));
    bytes += more;
    return {};
  }));
  INGOT_TRY(WriteInOrder(batches, options, writer));
  return whole;
}

/// Whether the order is the table's default sort order.
bool IsDefaultOrder(const iceberg::TableMetadata& metadata, const std::vector<iceberg::SortColumn>& columns) {
  return !columns.empty() && std::ranges::equal(metadata.DefaultSort(), columns, [](const auto& a, const auto& b) {
    return a.column == b.column && a.descending == b.descending && NullsFirst(a) == NullsFirst(b);
  });
}

/// The metadata for writing files with copied rows: in format 3 their schema has the columns of row lineage.
iceberg::TableMetadata WithLineageColumns(const iceberg::TableMetadata& metadata) {
  iceberg::TableMetadata wider = metadata;
  iceberg::SetCurrentSchema(wider, iceberg::WithRowLineage(metadata.CurrentSchema()));
  return wider;
}

/// Readers only look up metrics of the table's columns.
void DropLineageMetrics(DataFile& file) {
  for (const iceberg::FieldId id : {iceberg::kRowId, iceberg::kLastUpdatedSequenceNumber}) {
    for (auto* counts : {&file.column_bytes, &file.value_counts, &file.null_counts, &file.nan_counts})
      counts->erase(id);
    for (auto* bounds : {&file.lower_bounds, &file.upper_bounds}) bounds->erase(id);
  }
}

/// Joins the files of the bin by copying pages; nothing if the rows must be rewritten.
Result<std::optional<DataFile>> CopyBin(const iceberg::Table& table, const Bin& bin, const RewriteOptions& options) {
  std::vector<DataFile> files;
  for (const rows::FileTask& task : bin.tasks) {
    if (!task.deletes.empty() || task.file.spec_id != table.metadata->default_spec_id) return std::nullopt;
    files.push_back(task.file);
  }
  if (files.size() < 2 || !options.sort_by.empty() || options.change) return std::nullopt;
  INGOT_TRY(iceberg::AnnounceWriter(table.home.storage, *table.metadata));
  const std::string location =
      storage::JoinLocation(storage::ParentLocation(files[0].location), iceberg::NewFileName() + ".parquet");
  return JoinParquet(*table.home.storage, files, table.metadata->CurrentSchema(), location,
                     {.group_bytes_min = options.copied_group_bytes_min});
}

}  // namespace

Result<std::vector<DataFile>> RewriteBin(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
                                         const RewriteOptions& options) {
  const bool lineage = table.metadata->format_version >= 3;
  if (!lineage) {
    INGOT_ASSIGN(auto copied, CopyBin(table, bin, options));
    if (copied) {
      options.progress(copied->record_count);
      return std::vector{*std::move(copied)};
    }
  }
  const iceberg::Schema columns = rows::WithStoredVariants(lineage ? iceberg::WithRowLineage(projection) : projection);
  const iceberg::TableMetadata wider = lineage ? WithLineageColumns(*table.metadata) : iceberg::TableMetadata();
  rows::WriterOptions writing = rows::WriterOptionsOf(*table.metadata);
  writing.file_bytes_target = options.file_bytes_target;
  writing.buffered_bytes_max = options.buffered_bytes_max;
  INGOT_ASSIGN(auto writer, rows::TableWriter::Open(table.home.storage, lineage ? wider : *table.metadata, writing));
  Result<bool> sorted = false;
  if (!options.sort_by.empty()) {
    sorted = WriteSorted(table, columns, bin, options, *writer);
  } else {
    const Status written = ReadAhead(table, columns, bin, options, [&](const Batch& batch) -> Status {
      INGOT_TRY(writer->Write(batch));
      options.progress(batch->num_rows());
      return {};
    });
    if (!written) sorted = std::unexpected(written.error());
  }
  auto files = sorted ? writer->Finish() : std::unexpected(sorted.error());
  if (!files) writer->Abandon();
  for (size_t i = 0; files && i < files->size(); ++i) {
    DropLineageMetrics((*files)[i]);
    if (*sorted && IsDefaultOrder(*table.metadata, options.sort_by))
      (*files)[i].sort_order_id = table.metadata->default_sort_order_id;
  }
  return files;
}

}  // namespace ingot::maintain
