#include "rows/row_delete_writer.h"

#include <arrow/builder.h>

#include <algorithm>
#include <map>

#include "base/arrow_result.h"
#include "iceberg/deletion_vector.h"
#include "iceberg/journal.h"
#include "iceberg/metadata_columns.h"
#include "iceberg/puffin.h"
#include "rows/arrow_schema.h"
#include "rows/parquet_file.h"
#include "rows/row_deletes.h"
#include "storage/location.h"

namespace ingot::rows {
namespace {

std::string NewLocation(const iceberg::TableMetadata& metadata, std::string_view ending) {
  const std::string folder = metadata.Property("write.data.path", storage::JoinLocation(metadata.location, "data"));
  return storage::JoinLocation(folder, iceberg::NewFileName() + std::string(ending));
}

iceberg::DataFile DeleteFile(const iceberg::DataFile& of) {
  return {.content = iceberg::FileContent::kPositionDeletes, .spec_id = of.spec_id, .partition = of.partition};
}

/// Writes one Puffin file with a deletion vector per data file.
Result<WrittenDeletes> WriteVectors(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                                    const std::vector<DeletedRows>& rows) {
  WrittenDeletes written;
  std::vector<iceberg::PuffinBlob> blobs;
  for (const auto& [task, fresh] : rows) {
    FileTask by_position = *task;
    std::erase_if(by_position.deletes,
                  [](const iceberg::DataFile& file) { return file.content != iceberg::FileContent::kPositionDeletes; });
    INGOT_ASSIGN(const RowDeletes known, RowDeletes::Read(storage, metadata, by_position));
    std::vector<int64_t> positions;
    std::ranges::set_union(known.Positions(), fresh, std::back_inserter(positions));
    positions.erase(std::ranges::unique(positions).begin(), positions.end());
    for (const iceberg::DataFile& file : by_position.deletes)
      if (file.IsDeletionVector() || NamesFile(file.referenced_data_file, task->file.location))
        written.replaced.insert(file.Key());
    iceberg::DataFile vector = DeleteFile(task->file);
    vector.format = "PUFFIN";
    vector.record_count = int64_t(positions.size());
    vector.referenced_data_file = task->file.location;
    blobs.push_back({.type = "deletion-vector-v1",
                     .fields = {iceberg::kRowPosition},
                     .snapshot_id = -1,
                     .sequence_number = -1,
                     .bytes = iceberg::EncodeDeletionVector(positions),
                     .properties = {{"referenced-data-file", task->file.location},
                                    {"cardinality", std::to_string(positions.size())}}});
    written.files.push_back(std::move(vector));
  }
  const iceberg::PuffinFile puffin = iceberg::MakePuffin(blobs);
  const std::string location = NewLocation(metadata, ".puffin");
  for (size_t i = 0; i < blobs.size(); ++i) {
    written.files[i].location = location;
    written.files[i].file_bytes = int64_t(puffin.bytes.size());
    written.files[i].content_offset = puffin.offsets[i];
    written.files[i].content_size_bytes = int64_t(blobs[i].bytes.size());
  }
  INGOT_TRY(storage->CreateAtomic(location, puffin.bytes));
  return written;
}

/// Writes one delete file for the rows of one partition.
Result<iceberg::DataFile> WritePositions(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                         std::vector<const DeletedRows*> rows) {
  std::ranges::sort(rows, {}, [](const DeletedRows* of) -> const std::string& { return of->task->file.location; });
  const iceberg::Schema schema = iceberg::PositionDeleteSchema();
  INGOT_ASSIGN(const auto arrow_schema, ToArrowSchema(schema));
  INGOT_ASSIGN(const auto file,
               ParquetFileWriter::Open(storage, NewLocation(metadata, "-deletes.parquet"), schema, metadata));
  for (const DeletedRows* of : rows) {
    arrow::StringBuilder paths;
    arrow::Int64Builder positions;
    for (const int64_t position : of->positions) {
      INGOT_ARROW(paths.Append(of->task->file.location));
      INGOT_ARROW(positions.Append(position));
    }
    INGOT_ARROW_ASSIGN(auto path_column, paths.Finish());
    INGOT_ARROW_ASSIGN(auto position_column, positions.Finish());
    INGOT_TRY(file->Write(*arrow::RecordBatch::Make(arrow_schema, int64_t(of->positions.size()),
                                                    {std::move(path_column), std::move(position_column)})));
  }
  INGOT_ASSIGN(iceberg::DataFile written, file->Close());
  const iceberg::DataFile place = DeleteFile(rows[0]->task->file);
  written.content = place.content, written.spec_id = place.spec_id, written.partition = place.partition;
  // Not truncated like other metrics, as they tell which data files are affected.
  written.lower_bounds[iceberg::kDeletedFilePath] = rows.front()->task->file.location;
  written.upper_bounds[iceberg::kDeletedFilePath] = rows.back()->task->file.location;
  if (rows.size() == 1) written.referenced_data_file = rows[0]->task->file.location;
  return written;
}

}  // namespace

Result<iceberg::DataFile> WritePositionDeletes(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                               const std::vector<DeletedRows>& rows) {
  std::vector<const DeletedRows*> all;
  for (const DeletedRows& of : rows) all.push_back(&of);
  return WritePositions(storage, metadata, std::move(all));
}

Result<WrittenDeletes> WriteRowDeletes(std::shared_ptr<storage::Storage> storage,
                                       const iceberg::TableMetadata& metadata, const std::vector<DeletedRows>& rows) {
  WrittenDeletes written;
  if (rows.empty()) return written;
  if (metadata.format_version < 2)
    return Fail(
        ErrorKind::kUnsupported,
        "tables of Iceberg format 1 cannot have row-level deletes; upgrade the table first: ingot table upgrade TABLE");
  INGOT_TRY(iceberg::CheckWritable(metadata));
  INGOT_TRY(iceberg::AnnounceWriter(storage, metadata));
  if (metadata.format_version >= 3) return WriteVectors(std::move(storage), metadata, rows);
  std::map<std::string, std::vector<const DeletedRows*>> partitions;
  for (const DeletedRows& of : rows)
    if (!of.positions.empty()) partitions[iceberg::PartitionKey(of.task->file)].push_back(&of);
  for (const auto& [key, of] : partitions) {
    auto file = WritePositions(*storage, metadata, of);
    if (file) {
      written.files.push_back(std::move(*file));
      continue;
    }
    for (const iceberg::DataFile& other : written.files) (void)storage->Delete(other.location);
    return std::unexpected(std::move(file).error());
  }
  return written;
}

}  // namespace ingot::rows
