// Reads Parquet data files with Arrow's reader; page checksums are verified if the file has them.
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/status_detail.h"
#include "parquet/footer.h"
#include "rows/data_file_reader.h"
#include "rows/parquet_footer.h"

namespace ingot::rows {
namespace {

void CollectLeaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.column_index >= 0) leaves.push_back(field.column_index);
  for (const auto& child : field.children) CollectLeaves(child, leaves);
}

bool HasNanoseconds(const iceberg::Type& type) {
  return type.id == iceberg::TypeId::kTimestampNs || type.id == iceberg::TypeId::kTimestamptzNs ||
         std::ranges::any_of(type.fields, [](const iceberg::Field& field) { return HasNanoseconds(field.type); });
}

/// INT96 timestamps are read as microseconds, which, unlike nanoseconds, can represent all of them.
Status CheckInt96(const parquet::FileMetaData& footer, const std::vector<int>& leaves, const iceberg::Field& wanted) {
  const auto is_int96 = [&](int leaf) {
    return footer.schema()->Column(leaf)->physical_type() == parquet::Type::INT96;
  };
  if (!HasNanoseconds(wanted.type) || std::ranges::none_of(leaves, is_int96)) return {};
  return Fail(ErrorKind::kUnsupported, "column " + wanted.name + ": INT96 timestamps are read as microseconds " +
                                           "and cannot be converted to " + iceberg::TypeName(wanted.type));
}

/// The row groups of this task: its own, and for the last split also all that follow.
std::vector<int> GroupsOf(const FileTask& task, const parquet::FileMetaData& footer) {
  std::vector<int> groups;
  for (int group = 0; group < footer.num_row_groups(); ++group)
    if (!task.row_group || *task.row_group == size_t(group) ||
        (size_t(group) > *task.row_group && *task.row_group + 1 == task.file.split_offsets.size()))
      groups.push_back(group);
  return groups;
}

/// Whether all pages of a text column are dictionary encoded.
bool IsDictionaryEncoded(const parquet::FileMetaData& footer, const std::vector<int>& groups, int leaf) {
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

class ParquetReader : public DataFileReader {
 public:
  ParquetReader(std::unique_ptr<parquet::arrow::FileReader> file, std::shared_ptr<arrow::Schema> schema,
                std::vector<int> groups)
      : file_(std::move(file)), schema_(std::move(schema)), groups_(std::move(groups)) {
    const auto footer = file_->parquet_reader()->metadata();
    for (const int group : groups_) rows_ += footer->RowGroup(group)->num_rows();
    for (int group = 0; !groups_.empty() && group < groups_[0]; ++group) begin_ += footer->RowGroup(group)->num_rows();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  int64_t first_position() const override { return begin_; }
  std::optional<int64_t> row_count() const override { return rows_; }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const std::vector<FileColumn>& columns) override {
    if (columns.empty()) return CountRows(rows_);
    std::vector<int> leaves;
    for (const FileColumn& column : columns) {
      std::vector<int> of_column;
      CollectLeaves(file_->manifest().schema_fields[size_t(column.index)], of_column);
      INGOT_TRY(CheckInt96(*file_->parquet_reader()->metadata(), of_column, column.wanted));
      leaves.insert(leaves.end(), of_column.begin(), of_column.end());
    }
    INGOT_ARROW_ASSIGN(std::shared_ptr<arrow::RecordBatchReader> batches, file_->GetRecordBatchReader(groups_, leaves));
    return batches;
  }

 private:
  const std::unique_ptr<parquet::arrow::FileReader> file_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<int> groups_;
  int64_t begin_ = 0, rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<DataFileReader>> OpenParquetFile(storage::Storage& storage, const FileTask& task) {
  const std::string& location = task.file.location;
  INGOT_ASSIGN(auto input, storage.OpenInput(location));
  std::shared_ptr<parquet::FileMetaData> footer;
  if (task.row_group) {  // other parts of the file are read as well
    INGOT_ASSIGN(footer, FooterOf(storage, location));
  } else {
    INGOT_ASSIGN(footer, ReadFooterOf(*input, location));
  }
  parquet::ArrowReaderProperties properties;
  properties.set_batch_size(kBatchRows);
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  parquet::ReaderProperties pages = parquet::default_reader_properties();
  pages.set_page_checksum_verification(true);
  parquet::arrow::FileReaderBuilder builder;
  if (const auto opened = builder.Open(input, pages, footer); !opened.ok())
    return std::unexpected(UnreadableFile(*input, location, FromArrow(opened)));
  const std::vector<int> groups = GroupsOf(task, *footer);
  if (task.dictionaries && task.deletes.empty())
    for (int leaf = 0; leaf < footer->num_columns(); ++leaf)
      if (IsDictionaryEncoded(*footer, groups, leaf)) properties.set_read_dictionary(leaf, true);
  builder.properties(properties);
  std::unique_ptr<parquet::arrow::FileReader> file;
  std::shared_ptr<arrow::Schema> schema;
  auto built = builder.Build(&file);
  if (built.ok()) built = file->GetSchema(&schema);
  if (!built.ok())
    return std::unexpected(UnreadableFile(
        *input, location, KindOf(built) ? FromArrow(built) : parquet_format::UnsupportedByArrow(built.message())));
  return std::make_unique<ParquetReader>(std::move(file), std::move(schema), groups);
}

}  // namespace ingot::rows
