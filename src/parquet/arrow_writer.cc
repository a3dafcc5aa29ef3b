#include <arrow/api.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "parquet/footer.h"
#include "parquet/parquet_error.h"
#include "parquet/writer.h"

namespace ingot::parquet_format {
namespace {

/// Forwards all calls to a file writer and gives access to its open row group: arrow::FileWriter can neither end a row
/// group before it starts the next, nor report its size.
class RowGroupAccess : public parquet::ParquetFileWriter::Contents {
 public:
  explicit RowGroupAccess(std::unique_ptr<parquet::ParquetFileWriter> file)
      : Contents(std::static_pointer_cast<parquet::schema::GroupNode>(file->schema()->schema_root()), nullptr),
        file_(std::move(file)) {}

  void Close() override {
    file_->Close();
    file_metadata_ = file_->metadata();
  }
  parquet::RowGroupWriter* AppendRowGroup() override { return group_ = file_->AppendRowGroup(); }
  parquet::RowGroupWriter* AppendBufferedRowGroup() override { return group_ = file_->AppendBufferedRowGroup(); }
  int64_t num_rows() const override { return file_->num_rows(); }
  int num_columns() const override { return file_->num_columns(); }
  int num_row_groups() const override { return file_->num_row_groups(); }
  const std::shared_ptr<parquet::WriterProperties>& properties() const override { return file_->properties(); }
  void AddKeyValueMetadata(const std::shared_ptr<const arrow::KeyValueMetadata>& pairs) override {
    file_->AddKeyValueMetadata(pairs);
  }

  parquet::RowGroupWriter* group() const { return group_; }

 private:
  std::unique_ptr<parquet::ParquetFileWriter> file_;
  parquet::RowGroupWriter* group_ = nullptr;
};

/// The same buffers with another type, which may differ from theirs only in extension types and field names.
Result<std::shared_ptr<arrow::ArrayData>> WithType(const arrow::ArrayData& data,
                                                   const std::shared_ptr<arrow::DataType>& type) {
  const arrow::DataType &storage = StorageType(*type), &own = StorageType(*data.type);
  if (storage.id() != own.id() || size_t(storage.num_fields()) != data.child_data.size())
    return Fail(ErrorKind::kUnsupported, "cannot write values of type " + own.ToString() + " as " + type->ToString());
  auto typed = data.Copy();
  typed->type = type;
  for (size_t i = 0; i < typed->child_data.size(); ++i) {
    INGOT_ASSIGN(typed->child_data[i], WithType(*data.child_data[i], storage.field(int(i))->type()));
  }
  return typed;
}

/// Forwards all bytes until Hold(), then buffers the rest, so that WriteWithChecksum() can insert the checksum before
/// the footer.
class ChecksumStream : public arrow::io::OutputStream {
 public:
  explicit ChecksumStream(std::shared_ptr<arrow::io::OutputStream> inner) : inner_(std::move(inner)) {}
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override {
    ARROW_ASSIGN_OR_RAISE(const int64_t at, inner_->Tell());
    return at + int64_t(held_.size());
  }
  arrow::Status Write(const void* data, int64_t bytes) override {
    if (!holding_) return inner_->Write(data, bytes);
    held_.append(static_cast<const char*>(data), size_t(bytes));
    return arrow::Status::OK();
  }

  void Hold() { holding_ = true; }
  arrow::Status WriteWithChecksum() { return inner_->Write(AddFooterChecksum(held_)); }

 private:
  const std::shared_ptr<arrow::io::OutputStream> inner_;
  std::string held_;
  bool holding_ = false;
};

class ArrowWriter : public ParquetWriter {
 public:
  Status Start(const ParquetLayout& layout, std::shared_ptr<arrow::io::OutputStream> stream) {
    schema_ = layout.schema;
    stream_ = std::make_shared<ChecksumStream>(std::move(stream));
    const auto properties = parquet::ArrowWriterProperties::Builder().set_use_threads(true)->build();
    auto row_groups = std::make_unique<RowGroupAccess>(parquet::ParquetFileWriter::Open(
        stream_, std::static_pointer_cast<parquet::schema::GroupNode>(layout.descriptor->schema_root()),
        layout.properties));
    row_groups_ = row_groups.get();
    auto file = std::make_unique<parquet::ParquetFileWriter>();
    file->Open(std::move(row_groups));
    INGOT_ARROW(
        parquet::arrow::FileWriter::Make(arrow::default_memory_pool(), std::move(file), schema_, properties, &writer_));
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (!group_open_) INGOT_ARROW(writer_->NewBufferedRowGroup());
    group_open_ = true;
    arrow::ArrayVector columns;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const auto& type = schema_->field(i)->type();
      INGOT_ASSIGN(auto column, DecodeDictionaries(rows.column(i)));
      INGOT_ASSIGN(const auto data, WithType(*column->data(), type));
      columns.push_back(arrow::MakeArray(data));
    }
    INGOT_ARROW(writer_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, rows.num_rows(), std::move(columns))));
    return {};
  }

  Status EndRowGroup() override {
    if (!group_open_) return {};
    group_open_ = false;
    try {
      row_groups_->group()->Close();
    } catch (const parquet::ParquetException& error) {
      return std::unexpected(FromParquet(error));
    }
    return {};
  }

  int64_t BytesBuffered() const override {
    if (!group_open_) return 0;
    const auto stats = row_groups_->group()->estimated_buffered_stats();
    return row_groups_->group()->total_compressed_bytes() + stats.def_level_bytes + stats.rep_level_bytes +
           stats.value_bytes + stats.dict_bytes;
  }

  Result<std::shared_ptr<parquet::FileMetaData>> Close() override {
    INGOT_TRY(EndRowGroup());  // so that only the footer is buffered
    stream_->Hold();
    INGOT_ARROW(writer_->Close());
    INGOT_ARROW(stream_->WriteWithChecksum());
    return writer_->metadata();
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<ChecksumStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  RowGroupAccess* row_groups_ = nullptr;  // owned by writer_
  bool group_open_ = false;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> MakeArrowWriter(ParquetLayout layout,
                                                       std::shared_ptr<arrow::io::OutputStream> stream) {
  auto writer = std::make_unique<ArrowWriter>();
  INGOT_TRY(writer->Start(layout, std::move(stream)));
  return writer;
}

}  // namespace ingot::parquet_format
