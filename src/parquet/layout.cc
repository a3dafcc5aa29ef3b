#include "parquet/layout.h"

#include <arrow/api.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/schema.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "parquet/column_chunk.h"

namespace ingot::parquet_format {

const arrow::DataType& StorageType(const arrow::DataType& type) {
  return type.id() == arrow::Type::EXTENSION ? *static_cast<const arrow::ExtensionType&>(type).storage_type() : type;
}

namespace {

Result<arrow::Compression::type> CodecOf(const std::string& name) {
  if (name == "zstd") return arrow::Compression::ZSTD;
  if (name == "snappy") return arrow::Compression::SNAPPY;
  if (name == "gzip") return arrow::Compression::GZIP;
  if (name == "lz4") return arrow::Compression::LZ4_HADOOP;
  if (name == "lz4_raw") return arrow::Compression::LZ4;
  if (name == "brotli") return arrow::Compression::BROTLI;
  if (name == "uncompressed" || name == "none") return arrow::Compression::UNCOMPRESSED;
  return Fail(ErrorKind::kBadConfig, "write.parquet.compression-codec: unsupported codec '" + name +
                                         "'; set it to zstd, snappy, gzip, lz4, lz4_raw, brotli or uncompressed");
}

/// Whether a fixed-size binary column shrinks by at least 10 % when compressed; random ids do not.
bool Compresses(const arrow::Array& column, arrow::Compression::type codec) {
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

// Codecs have different level ranges, and the table property may have been set for another codec.
int64_t LevelMax(arrow::Compression::type codec) {
  if (codec == arrow::Compression::ZSTD) return 22;
  if (codec == arrow::Compression::GZIP) return 9;
  return codec == arrow::Compression::BROTLI ? 11 : 0;
}

// Delta encoding for integers that mostly rise (timestamps, offsets), plain for ids, a dictionary for other columns as
// long as values repeat.
void ChooseEncoding(const arrow::Field& field, arrow::Compression::type codec, const arrow::RecordBatch& sample,
                    parquet::WriterProperties::Builder& builder) {
  switch (StorageType(*field.type()).id()) {
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
      builder.disable_dictionary(field.name());
      builder.encoding(field.name(), parquet::Encoding::DELTA_BINARY_PACKED);
      break;
    case arrow::Type::FIXED_SIZE_BINARY:
      builder.disable_dictionary(field.name());
      if (!Compresses(*sample.GetColumnByName(field.name()), codec)) {
        builder.compression(field.name(), arrow::Compression::UNCOMPRESSED);
        builder.compression_level(field.name(), arrow::util::kUseDefaultCompressionLevel);
      }
      break;
    default:
      break;
  }
}

Result<std::shared_ptr<parquet::WriterProperties>> PropertiesOf(const arrow::Schema& schema,
                                                                const LayoutOptions& options,
                                                                const arrow::RecordBatch& sample) {
  constexpr int64_t kBloomValues = 1 << 18;  // distinct values per row group; the filter is folded if there are fewer
  parquet::WriterProperties::Builder builder;
  INGOT_ASSIGN(const auto codec, CodecOf(options.codec));
  builder.compression(codec);
  if (LevelMax(codec) > 0) builder.compression_level(int(std::clamp<int64_t>(options.level, 1, LevelMax(codec))));
  builder.version(parquet::ParquetVersion::PARQUET_2_6);
  builder.created_by("ingot");
  builder.enable_page_checksum();
  builder.data_pagesize(options.page_bytes);
  builder.dictionary_pagesize_limit(options.dictionary_bytes);
  builder.max_rows_per_page(options.page_rows);
  builder.max_row_group_length(int64_t(1) << 40);
  for (const auto& [column, false_positives] : options.bloom_filters)
    builder.enable_bloom_filter(column, {.ndv = kBloomValues, .fpp = false_positives});
  for (const auto& field : schema.fields()) ChooseEncoding(*field, codec, sample, builder);
  return builder.build();
}

}  // namespace

Status CheckCodec(const std::string& name) {
  INGOT_TRY(CodecOf(name));
  return {};
}

Result<ParquetLayout> ChooseLayout(std::shared_ptr<arrow::Schema> schema, const LayoutOptions& options,
                                   const arrow::RecordBatch& sample) {
  ParquetLayout layout{.schema = std::move(schema), .flat = options.bloom_filters.empty()};
  INGOT_ASSIGN(layout.properties, PropertiesOf(*layout.schema, options, sample));
  for (const auto& field : layout.schema->fields())
    layout.flat = layout.flat && ColumnChunk::Supports(StorageType(*field->type()));
  INGOT_ARROW(parquet::arrow::ToParquetSchema(layout.schema.get(), *layout.properties, &layout.descriptor));
  return layout;
}

}  // namespace ingot::parquet_format
