#include "iceberg/parquet_file.h"

#include <arrow/extension/uuid.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <charconv>
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

/// Whether compression is worth its time for values of a fixed width: random ids stay as long as they are.
bool Shrinks(const arrow::Array& column, arrow::Compression::type codec) {
  constexpr int64_t kValuesMin = 256, kValuesMax = 4096;
  const int64_t values = std::min(column.length(), kValuesMax);
  if (codec == arrow::Compression::UNCOMPRESSED || values < kValuesMin) return true;
  const auto& fixed = static_cast<const arrow::FixedSizeBinaryArray&>(column);
  const auto tried = arrow::util::Codec::Create(codec);
  if (!tried.ok()) return true;
  const int64_t bytes = values * fixed.byte_width();
  std::vector<uint8_t> out(size_t((*tried)->MaxCompressedLen(bytes, fixed.GetValue(0))));
  const auto size = (*tried)->Compress(bytes, fixed.GetValue(0), int64_t(out.size()), out.data());
  return !size.ok() || *size * 10 < bytes * 9;
}

/// Whether a dictionary is worth its time: measured values of few digits repeat, others would each stand in it.
template <typename Value>
bool Repeats(const arrow::Array& column) {
  constexpr int64_t kValuesMax = 16'384;
  const Value* values =
      static_cast<const arrow::NumericArray<typename arrow::CTypeTraits<Value>::ArrowType>&>(column).raw_values();
  std::vector<Value> sample(values, values + std::min(column.length(), kValuesMax));
  std::erase_if(sample, [](Value value) { return std::isnan(value); });
  std::ranges::sort(sample);
  const auto repeated = std::ranges::unique(sample);
  return repeated.size() * 10 >= sample.size();
}

/// For a column that the table's properties want a bloom filter of: readers skip row groups that cannot hold a value.
Status AddBloomFilter(const Field& field, const TableMetadata& metadata, parquet::WriterProperties::Builder& builder) {
  constexpr int64_t kValues = 1 << 18;  // of a row group; a filter of fewer is folded
  if (metadata.Property("write.parquet.bloom-filter-enabled.column." + field.name, "false") != "true") return {};
  const std::string key = "write.parquet.bloom-filter-fpp.column." + field.name;
  const std::string text = metadata.Property(key, "0.01");
  double false_positives = 0;
  std::from_chars(text.data(), text.data() + text.size(), false_positives);
  if (!(false_positives > 0 && false_positives < 1))
    return Fail(ErrorKind::kBadConfig, key + ": a share between 0 and 1, not '" + text + "'");
  if (field.type.IsNested() || field.type.id == TypeId::kBoolean)
    return Fail(ErrorKind::kBadConfig, "column " + field.name + " is of a type that has no bloom filters");
  builder.enable_bloom_filter(field.name, {.ndv = kValues, .fpp = false_positives});
  return {};
}

// Delta packing for what rises (times, offsets), a dictionary for what repeats (text, values of few digits), plain for
// other doubles and random ids: a dictionary built and thrown away costs more than it saves.
Result<std::shared_ptr<parquet::WriterProperties>> PropertiesFor(const Schema& schema, const TableMetadata& metadata,
                                                                 const arrow::RecordBatch& sample) {
  parquet::WriterProperties::Builder builder;
  INGOT_ASSIGN(const auto codec, CodecOf(metadata.Property("write.parquet.compression-codec", "zstd")));
  builder.compression(codec);
  if (codec == arrow::Compression::ZSTD || codec == arrow::Compression::GZIP || codec == arrow::Compression::BROTLI)
    builder.compression_level(int(metadata.PropertyInt("write.parquet.compression-level", 1)));
  builder.version(parquet::ParquetVersion::PARQUET_2_6);
  builder.created_by("ingot");
  builder.data_pagesize(metadata.PropertyInt("write.parquet.page-size-bytes", 1 << 20));
  builder.dictionary_pagesize_limit(metadata.PropertyInt("write.parquet.dict-size-bytes", 2 << 20));
  builder.max_rows_per_page(metadata.PropertyInt("write.parquet.page-row-limit", 1 << 17));
  builder.max_row_group_length(int64_t(1) << 40);
  for (const Field& field : schema.fields) {
    INGOT_TRY(AddBloomFilter(field, metadata, builder));
    switch (field.type.id) {
      case TypeId::kLong:
      case TypeId::kTime:
      case TypeId::kTimestamp:
      case TypeId::kTimestamptz:
        builder.disable_dictionary(field.name);
        builder.encoding(field.name, parquet::Encoding::DELTA_BINARY_PACKED);
        break;
      case TypeId::kFloat:
        if (!Repeats<float>(*sample.GetColumnByName(field.name))) builder.disable_dictionary(field.name);
        break;
      case TypeId::kDouble:
        if (!Repeats<double>(*sample.GetColumnByName(field.name))) builder.disable_dictionary(field.name);
        break;
      case TypeId::kUuid:
      case TypeId::kFixed:
        builder.disable_dictionary(field.name);
        if (!Shrinks(*sample.GetColumnByName(field.name), codec)) {
          builder.compression(field.name, arrow::Compression::UNCOMPRESSED);
          builder.compression_level(field.name, arrow::util::kUseDefaultCompressionLevel);
        }
        break;
      default:
        break;
    }
  }
  return builder.build();
}

/// Passes everything on to a file writer and keeps the row group that is open at hand: Arrow's own writer, which turns
/// batches into columns, can neither end a group before the next nor tell what it holds.
class GroupKeeper : public parquet::ParquetFileWriter::Contents {
 public:
  explicit GroupKeeper(std::unique_ptr<parquet::ParquetFileWriter> file)
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

class Writer : public ParquetFileWriter {
 public:
  Writer(std::string location, Schema schema, std::shared_ptr<arrow::Schema> arrow_schema,
         std::shared_ptr<arrow::io::OutputStream> stream, const TableMetadata& metadata)
      : location_(std::move(location)),
        schema_(std::move(schema)),
        arrow_schema_(std::move(arrow_schema)),
        stream_(std::move(stream)),
        metadata_(metadata) {}
  /// A file that was not closed is given up: an upload to S3 is ended, not completed.
  ~Writer() override {
    if (!stream_->closed()) (void)stream_->Abort();
  }

  Status Start(const arrow::RecordBatch& sample) {
    INGOT_ASSIGN(const auto properties, PropertiesFor(schema_, metadata_, sample));
    // The UUID logical type comes from Arrow's extension type only.
    arrow::FieldVector fields = arrow_schema_->fields();
    for (size_t i = 0; i < fields.size(); ++i)
      if (schema_.fields[i].type.id == TypeId::kUuid) {
        fields[i] =
            arrow::field(fields[i]->name(), arrow::extension::uuid(), fields[i]->nullable(),
                         arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(schema_.fields[i].id)}));
      }
    file_schema_ = arrow::schema(std::move(fields));
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().set_use_threads(true)->build();
    std::shared_ptr<parquet::SchemaDescriptor> descriptor;
    INGOT_ARROW(parquet::arrow::ToParquetSchema(file_schema_.get(), *properties, *arrow_properties, &descriptor));
    auto keeper = std::make_unique<GroupKeeper>(parquet::ParquetFileWriter::Open(
        stream_, std::static_pointer_cast<parquet::schema::GroupNode>(descriptor->schema_root()), properties));
    keeper_ = keeper.get();
    auto file = std::make_unique<parquet::ParquetFileWriter>();
    file->Open(std::move(keeper));
    INGOT_ARROW(parquet::arrow::FileWriter::Make(arrow::default_memory_pool(), std::move(file), file_schema_,
                                                 arrow_properties, &writer_));
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (rows.num_rows() == 0) return {};
    if (writer_ == nullptr) INGOT_TRY(Start(rows));
    if (!group_open_) INGOT_ARROW(writer_->NewBufferedRowGroup());
    group_open_ = true;
    arrow::ArrayVector columns;
    for (int i = 0; i < file_schema_->num_fields(); ++i) {
      const auto& type = file_schema_->field(i)->type();
      columns.push_back(type->id() == arrow::Type::EXTENSION ? arrow::ExtensionType::WrapArray(type, rows.column(i))
                                                             : rows.column(i));
      CountNaN(*columns.back(), schema_.fields[size_t(i)]);
    }
    INGOT_ARROW(
        writer_->WriteRecordBatch(*arrow::RecordBatch::Make(file_schema_, rows.num_rows(), std::move(columns))));
    return {};
  }

  Status EndRowGroup() override {
    if (!group_open_) return {};
    group_open_ = false;
    try {
      keeper_->group()->Close();
    } catch (const parquet::ParquetException& error) {
      return Fail(ErrorKind::kRetry, "data file " + location_ + ": " + error.what());
    }
    return {};
  }

  int64_t BytesHeld() const override {
    if (!group_open_) return 0;
    const auto stats = keeper_->group()->estimated_buffered_stats();
    return keeper_->group()->total_compressed_bytes() + stats.def_level_bytes + stats.rep_level_bytes +
           stats.value_bytes + stats.dict_bytes;
  }

  int64_t BytesWritten() const override { return stream_->Tell().ValueOr(0); }

  Result<DataFile> Close() override {
    if (writer_ == nullptr) return Fail(ErrorKind::kInternal, "data file " + location_ + " was closed without a row");
    INGOT_ARROW(writer_->Close());
    INGOT_ARROW_ASSIGN(const int64_t bytes, stream_->Tell());
    INGOT_ARROW(stream_->Close());
    DataFile file{.location = location_, .file_bytes = bytes, .nan_counts = nan_counts_};
    INGOT_TRY(FillMetrics(*writer_->metadata(), schema_, file));
    return file;
  }

 private:
  void CountNaN(const arrow::Array& column, const Field& field) {
    const auto scan = [&](const auto& array) {
      int64_t count = 0;
      for (int64_t row = 0; row < array.length(); ++row) count += std::isnan(array.raw_values()[row]);
      for (int64_t row = 0; count > 0 && array.null_count() > 0 && row < array.length(); ++row)
        count -= std::isnan(array.raw_values()[row]) && array.IsNull(row);
      nan_counts_[field.id] += count;
    };
    if (field.type.id == TypeId::kDouble) scan(static_cast<const arrow::DoubleArray&>(column));
    if (field.type.id == TypeId::kFloat) scan(static_cast<const arrow::FloatArray&>(column));
  }

  const std::string location_;
  const Schema schema_;
  const std::shared_ptr<arrow::Schema> arrow_schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const TableMetadata& metadata_;
  std::shared_ptr<arrow::Schema> file_schema_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  GroupKeeper* keeper_ = nullptr;  // owned by writer_
  bool group_open_ = false;
  FieldMap<int64_t> nan_counts_;
};

}  // namespace

Result<std::unique_ptr<ParquetFileWriter>> ParquetFileWriter::Open(storage::Storage& storage, std::string location,
                                                                   const Schema& schema,
                                                                   const TableMetadata& metadata) {
  INGOT_TRY(CodecOf(metadata.Property("write.parquet.compression-codec", "zstd")));
  INGOT_ASSIGN(auto arrow_schema, ToArrowSchema(schema));
  INGOT_ASSIGN(auto stream, storage.OpenOutput(location));
  return std::make_unique<Writer>(std::move(location), schema, std::move(arrow_schema), std::move(stream), metadata);
}

}  // namespace ingot::iceberg
