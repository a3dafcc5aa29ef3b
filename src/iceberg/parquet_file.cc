#include "iceberg/parquet_file.h"

#include <arrow/extension/uuid.h>
#include <parquet/arrow/writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <cmath>

#include "base/arrow_result.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/parquet_metrics.h"

namespace ingot::iceberg {
namespace {

Result<arrow::Compression::type> CodecOf(const std::string& name) {
  if (name == "zstd") return arrow::Compression::ZSTD;
  if (name == "snappy") return arrow::Compression::SNAPPY;
  if (name == "gzip") return arrow::Compression::GZIP;
  if (name == "lz4") return arrow::Compression::LZ4_HADOOP;
  if (name == "brotli") return arrow::Compression::BROTLI;
  if (name == "uncompressed" || name == "none") return arrow::Compression::UNCOMPRESSED;
  return Fail(ErrorKind::kBadConfig, "write.parquet.compression-codec: unknown codec '" + name + "'");
}

// Delta packing for what rises (times, offsets), a dictionary for what repeats (text), plain for measured doubles and
// random ids: a dictionary built and thrown away costs more than it saves.
Result<std::shared_ptr<parquet::WriterProperties>> PropertiesFor(const Schema& schema, const TableMetadata& metadata) {
  parquet::WriterProperties::Builder builder;
  INGOT_ASSIGN(const auto codec, CodecOf(metadata.Property("write.parquet.compression-codec", "zstd")));
  builder.compression(codec);
  if (codec == arrow::Compression::ZSTD || codec == arrow::Compression::GZIP || codec == arrow::Compression::BROTLI)
    builder.compression_level(int(metadata.PropertyInt("write.parquet.compression-level", 1)));
  builder.version(parquet::ParquetVersion::PARQUET_2_6);
  builder.created_by("ingot");
  builder.data_pagesize(metadata.PropertyInt("write.parquet.page-size-bytes", 1 << 20));
  builder.dictionary_pagesize_limit(metadata.PropertyInt("write.parquet.dict-size-bytes", 2 << 20));
  builder.max_row_group_length(int64_t(1) << 40);
  for (const Field& field : schema.fields) {
    switch (field.type.id) {
      case TypeId::kLong:
      case TypeId::kTime:
      case TypeId::kTimestamp:
      case TypeId::kTimestamptz:
        builder.disable_dictionary(field.name);
        builder.encoding(field.name, parquet::Encoding::DELTA_BINARY_PACKED);
        break;
      case TypeId::kFloat:
      case TypeId::kDouble:
      case TypeId::kUuid:
      case TypeId::kFixed:
        builder.disable_dictionary(field.name);
        break;
      default:
        break;
    }
  }
  return builder.build();
}

class Writer : public ParquetFileWriter {
 public:
  Writer(std::string location, Schema schema, std::shared_ptr<arrow::Schema> arrow_schema,
         std::shared_ptr<arrow::io::OutputStream> stream)
      : location_(std::move(location)),
        schema_(std::move(schema)),
        arrow_schema_(std::move(arrow_schema)),
        stream_(std::move(stream)) {}
  /// A file that was not closed is given up: an upload to S3 is ended, not completed.
  ~Writer() override {
    if (!stream_->closed()) (void)stream_->Abort();
  }

  Status Start(const std::shared_ptr<parquet::WriterProperties>& properties) {
    // The UUID logical type comes from Arrow's extension type only.
    arrow::FieldVector fields = arrow_schema_->fields();
    for (size_t i = 0; i < fields.size(); ++i)
      if (schema_.fields[i].type.id == TypeId::kUuid) {
        fields[i] =
            arrow::field(fields[i]->name(), arrow::extension::uuid(), fields[i]->nullable(),
                         arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(schema_.fields[i].id)}));
      }
    file_schema_ = arrow::schema(std::move(fields));
    INGOT_ARROW_ASSIGN(
        writer_, parquet::arrow::FileWriter::Open(*file_schema_, arrow::default_memory_pool(), stream_, properties));
    return {};
  }

  Status WriteRowGroup(const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows) override {
    arrow::ChunkedArrayVector columns;
    int64_t count = 0;
    for (const auto& batch : rows) count += batch->num_rows();
    if (count == 0) return {};
    for (int i = 0; i < file_schema_->num_fields(); ++i) {
      arrow::ArrayVector chunks;
      const auto& type = file_schema_->field(i)->type();
      for (const auto& batch : rows)
        chunks.push_back(type->id() == arrow::Type::EXTENSION ? arrow::ExtensionType::WrapArray(type, batch->column(i))
                                                              : batch->column(i));
      CountNaN(chunks, schema_.fields[size_t(i)]);
      columns.push_back(std::make_shared<arrow::ChunkedArray>(std::move(chunks), type));
    }
    INGOT_ARROW(writer_->WriteTable(*arrow::Table::Make(file_schema_, std::move(columns), count), count));
    return {};
  }

  int64_t BytesWritten() const override { return stream_->Tell().ValueOr(0); }

  Result<DataFile> Close() override {
    INGOT_ARROW(writer_->Close());
    INGOT_ARROW_ASSIGN(const int64_t bytes, stream_->Tell());
    INGOT_ARROW(stream_->Close());
    DataFile file{.location = location_, .file_bytes = bytes, .nan_counts = nan_counts_};
    INGOT_TRY(FillMetrics(*writer_->metadata(), schema_, file));
    return file;
  }

 private:
  void CountNaN(const arrow::ArrayVector& chunks, const Field& field) {
    if (field.type.id != TypeId::kDouble && field.type.id != TypeId::kFloat) return;
    int64_t count = 0;
    for (const auto& chunk : chunks) {
      const auto scan = [&](const auto& array) {
        for (int64_t row = 0; row < array.length(); ++row)
          count += std::isnan(array.raw_values()[row]) && array.IsValid(row);
      };
      if (field.type.id == TypeId::kDouble)
        scan(static_cast<const arrow::DoubleArray&>(*chunk));
      else
        scan(static_cast<const arrow::FloatArray&>(*chunk));
    }
    nan_counts_[field.id] += count;
  }

  const std::string location_;
  const Schema schema_;
  const std::shared_ptr<arrow::Schema> arrow_schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  std::shared_ptr<arrow::Schema> file_schema_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::map<FieldId, int64_t> nan_counts_;
};

}  // namespace

Result<std::unique_ptr<ParquetFileWriter>> ParquetFileWriter::Open(storage::Storage& storage, std::string location,
                                                                   const Schema& schema,
                                                                   const TableMetadata& metadata) {
  INGOT_ASSIGN(auto properties, PropertiesFor(schema, metadata));
  INGOT_ASSIGN(auto arrow_schema, ToArrowSchema(schema));
  INGOT_ASSIGN(auto stream, storage.OpenOutput(location));
  auto writer = std::make_unique<Writer>(std::move(location), schema, std::move(arrow_schema), std::move(stream));
  INGOT_TRY(writer->Start(properties));
  return std::unique_ptr<ParquetFileWriter>(std::move(writer));
}

}  // namespace ingot::iceberg
