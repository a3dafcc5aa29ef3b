#include "maintain/rewrite.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <thread>

#include "base/arrow_result.h"
#include "base/queue.h"
#include "iceberg/journal.h"
#include "iceberg/table_writer.h"
#include "maintain/join_parquet.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

constexpr size_t kBatchesAhead = 2;

/// Batch after batch of all files of the bin.
Status ReadBin(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
               const std::function<Status(Batch)>& consume) {
  for (const iceberg::FileTask& task : bin.tasks) {
    INGOT_ASSIGN(const auto reader, iceberg::OpenTask(table.home.storage, *table.metadata, projection, task));
    while (true) {
      INGOT_ARROW_ASSIGN(auto batch, reader->Next());
      if (batch == nullptr) break;
      if (batch->num_rows() > 0) INGOT_TRY(consume(std::move(batch)));
    }
  }
  return {};
}

/// One thread reads while this one consumes.
Status ReadAhead(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
                 const std::function<Status(const Batch&)>& consume) {
  BoundedQueue<Batch> ready(kBatchesAhead);
  Status read, consumed;
  std::thread reader([&] {
    read = ReadBin(table, projection, bin, [&](Batch batch) -> Status {
      return ready.Push(std::move(batch)) ? Status() : Fail(ErrorKind::kInternal, "nobody reads on");
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

Status WriteSorted(const iceberg::Table& table, const iceberg::Schema& projection, const Bin& bin,
                   const RewriteOptions& options, iceberg::TableWriter& writer) {
  INGOT_TRY(InitializeKernels());
  arrow::RecordBatchVector batches;
  INGOT_TRY(ReadBin(table, projection, bin, [&](Batch batch) -> Status {
    batches.push_back(std::move(batch));
    return {};
  }));
  if (batches.empty()) return {};
  INGOT_ARROW_ASSIGN(const auto rows, arrow::Table::FromRecordBatches(batches));
  std::vector<arrow::compute::SortKey> order;
  for (const std::string& column : options.sort_by) order.emplace_back(column);
  INGOT_ARROW_ASSIGN(const auto indices, arrow::compute::SortIndices(rows, arrow::compute::SortOptions(order)));
  constexpr int64_t kRowsAtOnce = 1 << 16;
  for (int64_t begin = 0; begin < indices->length(); begin += kRowsAtOnce) {
    INGOT_ARROW_ASSIGN(const auto taken, arrow::compute::Take(rows, indices->Slice(begin, kRowsAtOnce)));
    INGOT_ARROW_ASSIGN(const auto batch, taken.table()->CombineChunksToBatch());
    INGOT_TRY(writer.Write(batch));
    options.progress(batch->num_rows());
  }
  return {};
}

/// The bin's files in one, their pages copied; nothing when their rows have to be looked at.
Result<std::optional<iceberg::DataFile>> CopyBin(const iceberg::Table& table, const Bin& bin,
                                                 const RewriteOptions& options) {
  std::vector<iceberg::DataFile> files;
  for (const iceberg::FileTask& task : bin.tasks) {
    if (!task.deletes.empty() || task.file.spec_id != table.metadata->default_spec_id) return std::nullopt;
    files.push_back(task.file);
  }
  if (files.size() < 2 || !options.sort_by.empty()) return std::nullopt;
  INGOT_TRY(iceberg::AnnounceWriter(table.home.storage, *table.metadata));
  const std::string& first = files[0].location;
  const std::string location =
      storage::JoinLocation(first.substr(0, first.rfind('/')), iceberg::NewFileName() + ".parquet");
  return JoinParquet(*table.home.storage, files, table.metadata->CurrentSchema(), location,
                     {.group_bytes_min = options.copied_group_bytes_min});
}

}  // namespace

Result<std::vector<iceberg::DataFile>> RewriteBin(const iceberg::Table& table, const iceberg::Schema& projection,
                                                  const Bin& bin, const RewriteOptions& options) {
  INGOT_ASSIGN(auto copied, CopyBin(table, bin, options));
  if (copied) {
    options.progress(copied->record_count);
    return std::vector{*std::move(copied)};
  }
  iceberg::WriterOptions writing = iceberg::WriterOptionsOf(*table.metadata);
  writing.file_bytes_target = options.file_bytes_target;
  writing.buffered_bytes_max = options.buffered_bytes_max;
  INGOT_ASSIGN(auto writer, iceberg::TableWriter::Open(table.home.storage, *table.metadata, writing));
  Status written;
  if (options.sort_by.empty())
    written = ReadAhead(table, projection, bin, [&](const Batch& batch) -> Status {
      INGOT_TRY(writer->Write(batch));
      options.progress(batch->num_rows());
      return {};
    });
  else
    written = WriteSorted(table, projection, bin, options, *writer);
  auto files = written ? writer->Finish() : std::unexpected(std::move(written).error());
  if (!files) writer->Abandon();
  return files;
}

}  // namespace ingot::maintain
