#include "iceberg/parquet_layout.h"

#include <arrow/api.h>
#include <arrow/extension/uuid.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/schema.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>
#include <charconv>

#include "base/arrow_result.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/column_chunk.h"
#include "iceberg/variant.h"

namespace ingot::iceberg {
namespace {

Result<arrow::Compression::type> CodecOf(const std::string& name) {
  if (name == "zstd") return arrow::Compression::ZSTD;
  if (name == "snappy") return arrow::Compression::SNAPPY;
  if (name == "gzip") return arrow::Compression::GZIP;
  if (name == "lz4") return arrow::Compression::LZ4_HADOOP;
  if (name == "lz4_raw") return arrow::Compression::LZ4;
  if (name == "brotli") return arrow::Compression::BROTLI;
  if (name == "uncompressed" || name == "none") return arrow::Compression::UNCOMPRESSED;
  return Fail(ErrorKind::kBadConfig, "write.parquet.compression-codec: Ingot does not write '" + name +
                                         "'; set it to zstd, snappy, gzip, lz4, lz4_raw, brotli or uncompressed");
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

/// For a column that the table's properties want a bloom filter of: readers skip row groups that cannot hold a value.
Result<bool> AddBloomFilter(const Field& field, const TableMetadata& metadata,
                            parquet::WriterProperties::Builder& builder) {
  constexpr int64_t kValues = 1 << 18;  // of a row group; a filter of fewer is folded
  if (!metadata.PropertyBool("write.parquet.bloom-filter-enabled.column." + field.name, false)) return false;
  const std::string key = "write.parquet.bloom-filter-fpp.column." + field.name;
  const std::string text = metadata.Property(key, "0.01");
  double false_positives = 0;
  std::from_chars(text.data(), text.data() + text.size(), false_positives);
  if (!(false_positives > 0 && false_positives < 1))
    return Fail(ErrorKind::kBadConfig, key + ": a share between 0 and 1, not '" + text + "'");
  if (field.type.IsNested() || field.type.id == TypeId::kBoolean)
    return Fail(ErrorKind::kBadConfig, "column " + field.name + " is of a type that has no bloom filters");
  builder.enable_bloom_filter(field.name, {.ndv = kValues, .fpp = false_positives});
  return true;
}

// Delta packing for what rises (times, offsets), plain for ids, a dictionary for the rest as long as values repeat.
Status ChooseProperties(const Schema& schema, const TableMetadata& metadata, const arrow::RecordBatch& sample,
                        ParquetLayout& layout) {
  parquet::WriterProperties::Builder builder;
  INGOT_ASSIGN(const auto codec, CodecOf(metadata.PropertyWord("write.parquet.compression-codec", "zstd")));
  builder.compression(codec);
  // Each codec has levels of its own: a table's property may be that of another.
  const int64_t level_max = codec == arrow::Compression::ZSTD     ? 22
                            : codec == arrow::Compression::GZIP   ? 9
                            : codec == arrow::Compression::BROTLI ? 11
                                                                  : 0;
  if (level_max > 0)
    builder.compression_level(
        int(std::clamp<int64_t>(metadata.PropertyInt("write.parquet.compression-level", 1), 1, level_max)));
  builder.version(parquet::ParquetVersion::PARQUET_2_6);
  builder.created_by("ingot");
  builder.enable_page_checksum();
  builder.data_pagesize(metadata.PropertyInt("write.parquet.page-size-bytes", 1 << 20));
  builder.dictionary_pagesize_limit(metadata.PropertyInt("write.parquet.dict-size-bytes", 2 << 20));
  builder.max_rows_per_page(metadata.PropertyInt("write.parquet.page-row-limit", 1 << 17));
  builder.max_row_group_length(int64_t(1) << 40);
  for (const Field& field : schema.fields) {
    INGOT_ASSIGN(const bool filtered, AddBloomFilter(field, metadata, builder));
    layout.flat = layout.flat && !filtered;
    switch (field.type.id) {
      case TypeId::kLong:
      case TypeId::kTime:
      case TypeId::kTimestamp:
      case TypeId::kTimestamptz:
      case TypeId::kTimestampNs:
      case TypeId::kTimestamptzNs:
        builder.disable_dictionary(field.name);
        builder.encoding(field.name, parquet::Encoding::DELTA_BINARY_PACKED);
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
  layout.properties = builder.build();
  return {};
}

/// The type with which Arrow writes the column: some logical types come from its extension types only.
std::shared_ptr<arrow::DataType> FileType(const Type& type, const std::shared_ptr<arrow::DataType>& arrow_type) {
  const auto child = [&](int i) {
    return arrow_type->field(i)->WithType(FileType(type.fields[size_t(i)].type, arrow_type->field(i)->type()));
  };
  switch (type.id) {
    case TypeId::kUuid:
      return arrow::extension::uuid();
    case TypeId::kVariant:
      return VariantFileType();
    case TypeId::kStruct: {
      arrow::FieldVector children;
      for (int i = 0; i < arrow_type->num_fields(); ++i) children.push_back(child(i));
      return arrow::struct_(std::move(children));
    }
    case TypeId::kList:
      return arrow::list(child(0));
    case TypeId::kMap: {
      const auto& map = static_cast<const arrow::MapType&>(*arrow_type);
      return std::make_shared<arrow::MapType>(
          map.key_field()->WithType(FileType(type.fields[0].type, map.key_type())),
          map.item_field()->WithType(FileType(type.fields[1].type, map.item_type())));
    }
    default:
      return arrow_type;
  }
}

}  // namespace

Status CheckCodec(const TableMetadata& metadata) {
  INGOT_TRY(CodecOf(metadata.PropertyWord("write.parquet.compression-codec", "zstd")));
  return {};
}

Result<ParquetLayout> LayOut(const Schema& schema, const TableMetadata& metadata, const arrow::RecordBatch& sample) {
  ParquetLayout layout;
  INGOT_TRY(ChooseProperties(schema, metadata, sample, layout));
  INGOT_ASSIGN(const auto arrow_schema, ToArrowSchema(schema));
  arrow::FieldVector fields = arrow_schema->fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    layout.flat =
        layout.flat && ColumnChunk::Supports(*fields[i]->type()) && schema.fields[i].type.id != TypeId::kVariant;
    fields[i] = fields[i]->WithType(FileType(schema.fields[i].type, fields[i]->type()));
  }
  layout.schema = arrow::schema(std::move(fields));
  INGOT_ARROW(parquet::arrow::ToParquetSchema(layout.schema.get(), *layout.properties, &layout.descriptor));
  return layout;
}

}  // namespace ingot::iceberg
