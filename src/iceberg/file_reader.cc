// Opens one data file of a scan: selects columns by field id, reshapes them, applies deletes.
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "iceberg/arrow_project.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/metadata_columns.h"
#include "iceberg/name_mapping.h"
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

bool HasNanoseconds(const Type& type) {
  return type.id == TypeId::kTimestampNs || type.id == TypeId::kTimestamptzNs ||
         std::ranges::any_of(type.fields, [](const Field& field) { return HasNanoseconds(field.type); });
}

/// INT96 timestamps are read as microseconds, which, unlike nanoseconds, have room for all of them.
Status CheckInt96(const parquet::FileMetaData& footer, const std::vector<int>& leaves, const Field& wanted) {
  const auto is_int96 = [&](int leaf) {
    return footer.schema()->Column(leaf)->physical_type() == parquet::Type::INT96;
  };
  if (!HasNanoseconds(wanted.type) || std::ranges::none_of(leaves, is_int96)) return {};
  return Fail(ErrorKind::kUnsupported, "column " + wanted.name +
                                           ": timestamps of type INT96 are read as microseconds " +
                                           "and do not become " + TypeName(wanted.type));
}

bool IsDerived(FieldId id) {
  return id == kRowPosition || id == kRowId || id == kLastUpdatedSequenceNumber;
}

/// Where a wanted column comes from: a column of the file's batches, or a constant.
struct ColumnSource {
  Field wanted;
  int batch_column = -1;
  std::shared_ptr<arrow::Field> file_field;
};

/// What the identity partition of a file says of its rows: the value of columns that the file does not have
/// (specification, "Column Projection").
PartitionConstants ConstantsOf(const TableMetadata& metadata, const DataFile& file, const Schema& wanted) {
  PartitionConstants constants;
  const PartitionSpec* spec = metadata.SpecById(file.spec_id);
  for (size_t i = 0; spec != nullptr && i < spec->fields.size() && i < file.partition.size(); ++i) {
    const Field* field = wanted.FindById(spec->fields[i].source_id);
    if (field != nullptr && spec->fields[i].transform.kind == TransformKind::kIdentity)
      constants[field->id] = PromoteValue(file.partition[i], field->type);
  }
  return constants;
}

/// The file's schema with ids for `wanted`. Errors: kUnsupported where the columns cannot be told.
Result<std::shared_ptr<arrow::Schema>> Identify(std::shared_ptr<arrow::Schema> schema, const Schema& wanted,
                                                const TableMetadata& metadata, FileContent content,
                                                const PartitionConstants& constants) {
  if (HasFieldIds(*schema)) return schema;
  // The names of the columns of position deletes are those of the specification.
  INGOT_ASSIGN(schema, AssignFieldIds(*schema,
                                      content == FileContent::kPositionDeletes
                                          ? NameMappingOf(PositionDeleteSchema())
                                          : metadata.Property("schema.name-mapping.default", ""),
                                      constants));
  INGOT_TRY(CheckFieldIds(*schema, wanted, metadata, constants));
  return schema;
}

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
  if (column.physical_type() != parquet::Type::BYTE_ARRAY || column.path()->ToDotVector().size() > 1) return false;
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
    constants_ = ConstantsOf(metadata, task.file, columns_);
    INGOT_ASSIGN(file_schema, Identify(std::move(file_schema), columns_, metadata, task.file.content, constants_));
    const auto footer = file_->parquet_reader()->metadata();
    std::vector<int> leaves;
    int batch_column = 0;
    for (const Field& wanted : columns_.fields) sources_.push_back({.wanted = wanted, .file_field = nullptr});
    for (int i = 0; i < file_schema->num_fields(); ++i) {
      const FieldId id = FieldIdOf(*file_schema->field(i));
      const auto source =
          std::ranges::find_if(sources_, [&](const ColumnSource& candidate) { return candidate.wanted.id == id; });
      if (id < 0 || source == sources_.end()) continue;
      std::vector<int> of_column;
      CollectLeaves(file_->manifest().schema_fields[size_t(i)], of_column);
      INGOT_TRY(CheckInt96(*footer, of_column, source->wanted));
      leaves.insert(leaves.end(), of_column.begin(), of_column.end());
      source->batch_column = batch_column++;
      source->file_field = file_schema->field(i);
    }
    location_ = task.file.location;
    project_ = {.keep_dictionaries = task.dictionaries, .constants = &constants_};
    first_row_id_ = task.file.first_row_id;
    sequence_number_ = task.sequence_number;
    no_columns_ = leaves.empty();
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
        if (const auto status = batches_->ReadNext(&raw); !status.ok())
          return status.WithMessage("data file ", location_, ": ", status.message());
        rows = raw ? raw->num_rows() : 0;
      }
      if (rows == 0 && raw == nullptr) return arrow::Status::OK();
      auto projected = Project(raw, rows);
      if (!projected) return arrow::Status::Invalid("data file ", location_, ": ", projected.error().message);
      if ((*projected)->num_rows() == 0) continue;
      *out = std::move(*projected);
      return arrow::Status::OK();
    }
  }

 private:
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
      return Select(arrow::RecordBatch::Make(std::move(typed), rows, std::move(arrays)), keep);
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
  std::string location_;
  PartitionConstants constants_;
  ProjectOptions project_;
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
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  parquet::arrow::FileReaderBuilder builder;
  std::shared_ptr<parquet::FileMetaData> known;
  if (task.row_group) {  // other parts of the file are read, too
    INGOT_ASSIGN(known, FooterOf(storage, location));
  }
  if (const auto opened = builder.Open(input, parquet::default_reader_properties(), known); !opened.ok())
    return std::unexpected(UnreadableFile(*input, location, opened.message()));
  IgnoreStoredTypes(*builder.raw_reader()->metadata());
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
  for (Field& needed : deletes.NeededColumns())
    if (std::ranges::find(columns.fields, needed.id, &Field::id) == columns.fields.end())
      columns.fields.push_back(std::move(needed));
  INGOT_ASSIGN(auto schema, ToArrowSchema(projection));
  INGOT_ASSIGN(auto file, OpenParquet(*storage, task));
  auto reader =
      std::make_shared<TaskReader>(std::move(file), std::move(schema), std::move(columns), std::move(deletes));
  if (auto started = reader->Start(metadata, task); !started)
    return std::unexpected(std::move(started).error().Context("data file " + task.file.location));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
}

}  // namespace ingot::iceberg
