// Opens one data file of a scan: selects columns by field id, reshapes them, applies deletes.
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/metadata_columns.h"
#include "iceberg/parquet_footer.h"
#include "iceberg/row_deletes.h"
#include "iceberg/scan.h"

namespace ingot::iceberg {
namespace {

constexpr int64_t kBatchRows = 32 * 1024;  // of all columns some 3 MB, so that a batch stays in the cache

void CollectLeaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.column_index >= 0) leaves.push_back(field.column_index);
  for (const auto& child : field.children) CollectLeaves(child, leaves);
}

bool IsDerived(FieldId id) {
  return id == kRowPosition || id == kRowId || id == kLastUpdatedSequenceNumber;
}

/// Where a wanted column comes from: a column of the file's batches, or a constant.
struct ColumnSource {
  Field wanted;
  int batch_column = -1;
  std::shared_ptr<arrow::Field> file_field;
  Value constant;
};

/// The row groups of this task: the one asked for, and beyond the last split whatever there is.
std::vector<int> GroupsOf(const FileTask& task, const parquet::FileMetaData& footer) {
  std::vector<int> groups;
  for (int group = 0; group < footer.num_row_groups(); ++group)
    if (!task.row_group || *task.row_group == size_t(group) ||
        (size_t(group) > *task.row_group && *task.row_group + 1 == task.file.split_offsets.size()))
      groups.push_back(group);
  return groups;
}

/// Whether every page of a column of text has numbers of its dictionary.
bool HasNumbersOnly(const parquet::FileMetaData& footer, const std::vector<int>& groups, int leaf) {
  const auto& column = *footer.schema()->Column(leaf);
  if (column.physical_type() != parquet::Type::BYTE_ARRAY || column.max_repetition_level() > 0) return false;
  return std::ranges::all_of(groups, [&](int group) {
    const auto chunk = footer.RowGroup(group)->ColumnChunk(leaf);
    const auto& pages = chunk->encoding_stats();
    return chunk->has_dictionary_page() && !pages.empty() && std::ranges::all_of(pages, [](const auto& page) {
             return (page.page_type != parquet::PageType::DATA_PAGE &&
                     page.page_type != parquet::PageType::DATA_PAGE_V2) ||
                    page.encoding == parquet::Encoding::RLE_DICTIONARY ||
                    page.encoding == parquet::Encoding::PLAIN_DICTIONARY;
           });
  });
}

class TaskReader : public arrow::RecordBatchReader {
 public:
  TaskReader(std::unique_ptr<parquet::arrow::FileReader> file, std::shared_ptr<arrow::Schema> schema, Schema columns,
             RowDeletes deletes)
      : file_(std::move(file)),
        schema_(std::move(schema)),
        columns_(std::move(columns)),
        deletes_(std::move(deletes)) {}

  Status Start(const TableMetadata& metadata, const FileTask& task) {
    std::shared_ptr<arrow::Schema> file_schema;
    INGOT_ARROW(file_->GetSchema(&file_schema));
    if (!HasFieldIds(*file_schema)) {
      INGOT_ASSIGN(file_schema, AssignFieldIds(*file_schema, metadata.Property("schema.name-mapping.default", "")));
    }
    std::vector<int> leaves;
    int batch_column = 0;
    for (const Field& wanted : columns_.fields)
      sources_.push_back({.wanted = wanted, .file_field = nullptr, .constant = {}});
    for (int i = 0; i < file_schema->num_fields(); ++i) {
      const FieldId id = FieldIdOf(*file_schema->field(i));
      const auto source =
          std::ranges::find_if(sources_, [&](const ColumnSource& candidate) { return candidate.wanted.id == id; });
      if (id < 0 || source == sources_.end()) continue;
      CollectLeaves(file_->manifest().schema_fields[size_t(i)], leaves);
      source->batch_column = batch_column++;
      source->file_field = file_schema->field(i);
    }
    FillConstants(metadata, task.file);
    first_row_id_ = task.file.first_row_id;
    sequence_number_ = task.sequence_number;
    no_columns_ = leaves.empty();
    const auto footer = file_->parquet_reader()->metadata();
    const std::vector<int> groups = GroupsOf(task, *footer);
    for (const int group : groups) rows_left_ += footer->RowGroup(group)->num_rows();
    for (int group = 0; !groups.empty() && group < groups[0]; ++group) position_ += footer->RowGroup(group)->num_rows();
    if (no_columns_) return {};
    INGOT_ARROW_ASSIGN(batches_, file_->GetRecordBatchReader(groups, leaves));
    return {};
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    while (true) {
      std::shared_ptr<arrow::RecordBatch> raw;
      int64_t rows = 0;
      if (no_columns_) {
        rows = std::min(rows_left_, kBatchRows);
        rows_left_ -= rows;
      } else {
        ARROW_RETURN_NOT_OK(batches_->ReadNext(&raw));
        rows = raw ? raw->num_rows() : 0;
      }
      if (rows == 0 && raw == nullptr) return arrow::Status::OK();
      auto projected = Project(raw, rows);
      if (!projected) return arrow::Status::Invalid(projected.error().message);
      if ((*projected)->num_rows() == 0) continue;
      *out = std::move(*projected);
      return arrow::Status::OK();
    }
  }

 private:
  /// A column the file lacks is the constant of its identity partition (specification, "Column Projection").
  void FillConstants(const TableMetadata& metadata, const DataFile& file) {
    const PartitionSpec* spec = metadata.SpecById(file.spec_id);
    for (ColumnSource& source : sources_) {
      if (source.batch_column >= 0 || spec == nullptr) continue;
      for (size_t i = 0; i < spec->fields.size() && i < file.partition.size(); ++i)
        if (spec->fields[i].source_id == source.wanted.id && spec->fields[i].transform.kind == TransformKind::kIdentity)
          source.constant = file.partition[i];
    }
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Project(const std::shared_ptr<arrow::RecordBatch>& raw, int64_t rows) {
    arrow::ArrayVector arrays;
    for (const ColumnSource& source : sources_) {
      std::shared_ptr<arrow::Array> array;
      if (source.batch_column >= 0) {
        INGOT_ASSIGN(array, ProjectArray(raw->column(source.batch_column), *source.file_field, source.wanted));
      } else {
        INGOT_ASSIGN(array, MissingColumn(source.wanted, source.constant, rows));
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
      return Select(arrow::RecordBatch::Make(schema_, rows, std::move(arrays)), keep);
    }
    position_ += rows;
    arrays.resize(wanted);
    auto typed = WithTypesOf(arrays, *schema_);
    return arrow::RecordBatch::Make(std::move(typed), rows, std::move(arrays));
  }

  /// What a row of this file has in a column of metadata where the file does not say it (specification, "Row Lineage").
  std::shared_ptr<arrow::Array> Derived(FieldId id, const arrow::Array& held) const {
    const auto& known = static_cast<const arrow::Int64Array&>(held);
    if (id != kRowPosition && !first_row_id_) return arrow::MakeArray(held.data());
    arrow::Int64Builder values;
    (void)values.Reserve(held.length());
    for (int64_t row = 0; row < held.length(); ++row) {
      const int64_t position = position_ + row;
      values.UnsafeAppend(known.IsValid(row)   ? known.Value(row)
                          : id == kRowPosition ? position
                          : id == kRowId       ? *first_row_id_ + position
                                               : sequence_number_);
    }
    return *values.Finish();
  }

  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
  Schema columns_;  // the projection, then what the deletes need
  RowDeletes deletes_;
  std::vector<ColumnSource> sources_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  bool no_columns_ = false;
  int64_t rows_left_ = 0;  // counted down without columns
  int64_t position_ = 0;   // in the file, of the next row
  std::optional<int64_t> first_row_id_;
  SequenceNumber sequence_number_ = 0;
};

Result<std::unique_ptr<parquet::arrow::FileReader>> OpenParquet(storage::Storage& storage, const FileTask& task) {
  const std::string& location = task.file.location;
  INGOT_ASSIGN(auto input, storage.OpenInput(location));
  parquet::ArrowReaderProperties properties;
  properties.set_batch_size(kBatchRows);
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  std::shared_ptr<parquet::FileMetaData> known;
  if (task.row_group) {  // other parts of the file are read, too
    INGOT_ASSIGN(known, FooterOf(storage, location));
  }
  if (const auto opened = builder.Open(input, parquet::default_reader_properties(), known); !opened.ok())
    return std::unexpected(FromArrow(opened).Context("data file " + location));
  if (task.dictionaries && task.deletes.empty()) {
    const auto footer = builder.raw_reader()->metadata();
    const std::vector<int> groups = GroupsOf(task, *footer);
    for (int leaf = 0; leaf < footer->num_columns(); ++leaf)
      if (HasNumbersOnly(*footer, groups, leaf)) properties.set_read_dictionary(leaf, true);
  }
  builder.properties(properties);
  std::unique_ptr<parquet::arrow::FileReader> reader;
  if (const auto built = builder.Build(&reader); !built.ok())
    return std::unexpected(FromArrow(built).Context("data file " + location));
  return reader;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTask(std::shared_ptr<storage::Storage> storage,
                                                           const TableMetadata& metadata, const Schema& projection,
                                                           const FileTask& task) {
  INGOT_ASSIGN(auto deletes, RowDeletes::Read(storage, metadata, task));
  Schema columns = projection;
  for (const FieldId id : deletes.NeededColumns()) {
    if (std::ranges::find(columns.fields, id, &Field::id) != columns.fields.end()) continue;
    for (auto schema = metadata.schemas.rbegin(); schema != metadata.schemas.rend(); ++schema) {
      const auto field = std::ranges::find(schema->fields, id, &Field::id);
      if (field == schema->fields.end()) continue;
      columns.fields.push_back(*field);
      break;
    }
  }
  INGOT_ASSIGN(auto schema, ToArrowSchema(projection));
  INGOT_ASSIGN(auto file, OpenParquet(*storage, task));
  auto reader =
      std::make_shared<TaskReader>(std::move(file), std::move(schema), std::move(columns), std::move(deletes));
  if (auto started = reader->Start(metadata, task); !started)
    return std::unexpected(std::move(started).error().Context("data file " + task.file.location));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
}

}  // namespace ingot::iceberg
