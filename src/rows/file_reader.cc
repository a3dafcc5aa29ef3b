// Reads one data file of a scan: selects columns by field id, converts them, and applies deletes.
#include <fmt/format.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "base/status_detail.h"
#include "iceberg/metadata_columns.h"
#include "rows/arrow_project.h"
#include "rows/arrow_schema.h"
#include "rows/data_file_reader.h"
#include "rows/name_mapping.h"
#include "rows/row_deletes.h"
#include "rows/scan.h"

namespace ingot::rows {
namespace {

bool IsDerived(iceberg::FieldId id) {
  return id == iceberg::kRowPosition || id == iceberg::kRowId || id == iceberg::kLastUpdatedSequenceNumber;
}

/// The source of a requested column: a column of the file's batches, or a constant.
struct ColumnSource {
  iceberg::Field wanted;
  int batch_column = -1;
  std::shared_ptr<arrow::Field> file_field;
};

/// Values of the identity partition fields, for columns that the file does not contain (specification, "Column
/// Projection").
PartitionConstants ConstantsOf(const iceberg::TableMetadata& metadata, const iceberg::DataFile& file,
                               const iceberg::Schema& wanted) {
  PartitionConstants constants;
  const iceberg::PartitionSpec* spec = metadata.SpecById(file.spec_id);
  for (size_t i = 0; spec != nullptr && i < spec->fields.size() && i < file.partition.size(); ++i) {
    const iceberg::Field* field = wanted.FindById(spec->fields[i].source_id);
    if (field != nullptr && spec->fields[i].transform.kind == iceberg::TransformKind::kIdentity)
      constants[field->id] = iceberg::PromoteValue(file.partition[i], field->type);
  }
  return constants;
}

/// The file's schema with field ids. Errors: kUnsupported if columns of `wanted` cannot be identified.
Result<std::shared_ptr<arrow::Schema>> WithFieldIds(std::shared_ptr<arrow::Schema> schema,
                                                    const iceberg::Schema& wanted,
                                                    const iceberg::TableMetadata& metadata,
                                                    iceberg::FileContent content, const PartitionConstants& constants) {
  if (HasFieldIds(*schema)) return schema;
  // The specification gives the column names of position delete files.
  INGOT_ASSIGN(schema, AssignFieldIds(*schema,
                                      content == iceberg::FileContent::kPositionDeletes
                                          ? NameMappingOf(iceberg::PositionDeleteSchema())
                                          : metadata.Property("schema.name-mapping.default", ""),
                                      constants));
  INGOT_TRY(CheckFieldIds(*schema, wanted, metadata, constants));
  return schema;
}

class TaskReader : public arrow::RecordBatchReader {
 public:
  TaskReader(std::unique_ptr<DataFileReader> file, std::shared_ptr<arrow::Schema> schema, iceberg::Schema columns,
             RowDeletes deletes)
      : file_(std::move(file)),
        schema_(std::move(schema)),
        columns_(std::move(columns)),
        deletes_(std::move(deletes)) {}

  Status Start(const iceberg::TableMetadata& metadata, const FileTask& task) {
    constants_ = ConstantsOf(metadata, task.file, columns_);
    INGOT_ASSIGN(const auto file_schema,
                 WithFieldIds(file_->schema(), columns_, metadata, task.file.content, constants_));
    std::vector<FileColumn> read;
    for (const iceberg::Field& wanted : columns_.fields) sources_.push_back({.wanted = wanted, .file_field = nullptr});
    for (int i = 0; i < file_schema->num_fields(); ++i) {
      const iceberg::FieldId id = FieldIdOf(*file_schema->field(i));
      const auto source =
          std::ranges::find_if(sources_, [&](const ColumnSource& candidate) { return candidate.wanted.id == id; });
      if (id < 0 || source == sources_.end()) continue;
      source->batch_column = int(read.size());
      source->file_field = file_schema->field(i);
      read.push_back({.index = i, .field = file_schema->field(i), .wanted = source->wanted});
    }
    location_ = task.file.location;
    project_ = {.keep_dictionaries = task.dictionaries, .constants = &constants_};
    first_row_id_ = task.file.first_row_id;
    sequence_number_ = task.sequence_number;
    position_ = file_->first_position();
    rows_expected_ = file_->row_count();
    if (!task.row_group && task.file.record_count >= 0) {
      if (rows_expected_ && *rows_expected_ != task.file.record_count)
        return Fail(ErrorKind::kCorrupt, fmt::format("the file has {} rows, but the manifest says {}", *rows_expected_,
                                                     task.file.record_count));
      rows_expected_ = task.file.record_count;
    }
    INGOT_ASSIGN(batches_, file_->Read(read));
    return {};
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    while (true) {
      std::shared_ptr<arrow::RecordBatch> raw;
      if (const auto status = batches_->ReadNext(&raw); !status.ok())
        return status.WithMessage("data file ", location_, ": ", status.message());
      if (raw == nullptr) return CheckRowCount();
      auto projected = Project(raw, raw->num_rows());
      if (!projected) return ToArrow(std::move(projected).error().Context("data file " + location_));
      if ((*projected)->num_rows() == 0) continue;
      *out = std::move(*projected);
      return arrow::Status::OK();
    }
  }

 private:
  /// In a damaged file a column may end early without an error of its reader.
  arrow::Status CheckRowCount() const {
    const int64_t rows = position_ - file_->first_position();
    if (!rows_expected_ || rows == *rows_expected_) return arrow::Status::OK();
    return arrow::Status::Invalid("data file ", location_, ": ", rows, " rows were read, expected ", *rows_expected_);
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Project(const std::shared_ptr<arrow::RecordBatch>& raw, int64_t rows) {
    arrow::ArrayVector arrays;
    for (const ColumnSource& source : sources_) {
      std::shared_ptr<arrow::Array> array;
      if (source.batch_column >= 0) {
        INGOT_ASSIGN(array,
                     ProjectArray(raw->column(source.batch_column), *source.file_field, source.wanted, project_));
      } else {
        const auto constant = constants_.find(source.wanted.id);
        INGOT_ASSIGN(array,
                     MissingColumn(source.wanted, constant == constants_.end() ? nullptr : &constant->second, rows));
      }
      if (IsDerived(source.wanted.id)) array = Derived(source.wanted.id, *array);
      arrays.push_back(std::move(array));
    }
    const size_t wanted = size_t(schema_->num_fields());
    if (!deletes_.Empty()) {
      std::vector<bool> keep(size_t(rows), true);
      arrow::FieldVector fields;
      for (size_t i = 0; i < arrays.size(); ++i)
        fields.push_back(arrow::field(columns_.fields[i].name, arrays[i]->type()));
      INGOT_TRY(
          deletes_.Apply(*arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays), columns_, position_, keep));
      position_ += rows;
      arrays.resize(wanted);
      auto typed = WithTypesOf(arrays, *schema_);
      return FilterRows(arrow::RecordBatch::Make(std::move(typed), rows, std::move(arrays)), keep);
    }
    position_ += rows;
    arrays.resize(wanted);
    auto typed = WithTypesOf(arrays, *schema_);
    return arrow::RecordBatch::Make(std::move(typed), rows, std::move(arrays));
  }

  /// Values of row lineage columns where the file has none (specification, "Row Lineage").
  std::shared_ptr<arrow::Array> Derived(iceberg::FieldId id, const arrow::Array& held) const {
    const auto& known = static_cast<const arrow::Int64Array&>(held);
    if (id != iceberg::kRowPosition && !first_row_id_) return arrow::MakeArray(held.data());
    arrow::Int64Builder values;
    (void)values.Reserve(held.length());
    for (int64_t row = 0; row < held.length(); ++row) {
      const int64_t position = position_ + row;
      values.UnsafeAppend(known.IsValid(row)            ? known.Value(row)
                          : id == iceberg::kRowPosition ? position
                          : id == iceberg::kRowId       ? *first_row_id_ + position
                                                        : sequence_number_);
    }
    return *values.Finish();
  }

  std::unique_ptr<DataFileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
  iceberg::Schema columns_;  // the projection and the columns that deletes need
  std::string location_;
  PartitionConstants constants_;
  ProjectOptions project_;
  RowDeletes deletes_;
  std::vector<ColumnSource> sources_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  int64_t position_ = 0;  // of the next row in the file
  std::optional<int64_t> rows_expected_;
  std::optional<int64_t> first_row_id_;
  iceberg::SequenceNumber sequence_number_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTask(std::shared_ptr<storage::Storage> storage,
                                                           const iceberg::TableMetadata& metadata,
                                                           const iceberg::Schema& projection, const FileTask& task) {
  INGOT_ASSIGN(auto deletes, RowDeletes::Read(storage, metadata, task));
  iceberg::Schema columns = projection;
  for (iceberg::Field& needed : deletes.NeededColumns())
    if (std::ranges::find(columns.fields, needed.id, &iceberg::Field::id) == columns.fields.end())
      columns.fields.push_back(std::move(needed));
  INGOT_ASSIGN(auto schema, ToArrowSchema(projection));
  INGOT_ASSIGN(auto file, OpenDataFile(*storage, task));
  auto reader =
      std::make_shared<TaskReader>(std::move(file), std::move(schema), std::move(columns), std::move(deletes));
  if (auto started = reader->Start(metadata, task); !started)
    return std::unexpected(std::move(started).error().Context("data file " + task.file.location));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
}

}  // namespace ingot::rows
