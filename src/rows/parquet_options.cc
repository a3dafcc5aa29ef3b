#include "rows/parquet_options.h"

#include <arrow/api.h>
#include <arrow/extension/uuid.h>

#include <charconv>

#include "rows/arrow_schema.h"
#include "rows/variant.h"

namespace ingot::rows {
namespace {

/// The false positive rate of the column's bloom filter, from the properties; nothing if it has none.
Result<std::optional<double>> BloomFilterOf(const iceberg::Field& field, const iceberg::TableMetadata& metadata) {
  if (!metadata.PropertyBool("write.parquet.bloom-filter-enabled.column." + field.name, false)) return std::nullopt;
  const std::string key = "write.parquet.bloom-filter-fpp.column." + field.name;
  const std::string text = metadata.Property(key, "0.01");
  double false_positives = 0;
  std::from_chars(text.data(), text.data() + text.size(), false_positives);
  if (!(false_positives > 0 && false_positives < 1))
    return Fail(ErrorKind::kBadConfig, key + ": must be between 0 and 1, not '" + text + "'");
  if (field.type.IsNested() || field.type.id == iceberg::TypeId::kBoolean)
    return Fail(ErrorKind::kBadConfig, "column " + field.name + " has a type without bloom filters");
  return false_positives;
}

/// The type with which Arrow writes the column; some logical types need Arrow's extension types.
std::shared_ptr<arrow::DataType> FileType(const iceberg::Type& type,
                                          const std::shared_ptr<arrow::DataType>& arrow_type) {
  const auto child = [&](int i) {
    return arrow_type->field(i)->WithType(FileType(type.fields[size_t(i)].type, arrow_type->field(i)->type()));
  };
  switch (type.id) {
    case iceberg::TypeId::kUuid:
      return arrow::extension::uuid();
    case iceberg::TypeId::kVariant:
      return VariantFileType();
    case iceberg::TypeId::kStruct: {
      arrow::FieldVector children;
      for (int i = 0; i < arrow_type->num_fields(); ++i) children.push_back(child(i));
      return arrow::struct_(std::move(children));
    }
    case iceberg::TypeId::kList:
      return arrow::list(child(0));
    case iceberg::TypeId::kMap: {
      const auto& map = static_cast<const arrow::MapType&>(*arrow_type);
      return std::make_shared<arrow::MapType>(
          map.key_field()->WithType(FileType(type.fields[0].type, map.key_type())),
          map.item_field()->WithType(FileType(type.fields[1].type, map.item_type())));
    }
    case iceberg::TypeId::kBoolean:
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kLong:
    case iceberg::TypeId::kFloat:
    case iceberg::TypeId::kDouble:
    case iceberg::TypeId::kDecimal:
    case iceberg::TypeId::kDate:
    case iceberg::TypeId::kTime:
    case iceberg::TypeId::kTimestamp:
    case iceberg::TypeId::kTimestamptz:
    case iceberg::TypeId::kTimestampNs:
    case iceberg::TypeId::kTimestamptzNs:
    case iceberg::TypeId::kString:
    case iceberg::TypeId::kFixed:
    case iceberg::TypeId::kBinary:
    case iceberg::TypeId::kUnknown:
      break;
  }
  return arrow_type;
}

}  // namespace

Result<parquet_format::LayoutOptions> LayoutOptionsOf(const iceberg::Schema& schema,
                                                      const iceberg::TableMetadata& metadata) {
  parquet_format::LayoutOptions options{
      .codec = metadata.PropertyWord("write.parquet.compression-codec", "zstd"),
      .level = metadata.PropertyInt("write.parquet.compression-level", 1),
      .page_bytes = metadata.PropertyInt("write.parquet.page-size-bytes", 1 << 20),
      .dictionary_bytes = metadata.PropertyInt("write.parquet.dict-size-bytes", 2 << 20),
      .page_rows = metadata.PropertyInt("write.parquet.page-row-limit", 1 << 17),
      .bloom_filters = {}};
  INGOT_TRY(parquet_format::CheckCodec(options.codec));
  for (const iceberg::Field& field : schema.fields) {
    INGOT_ASSIGN(const auto false_positives, BloomFilterOf(field, metadata));
    if (false_positives) options.bloom_filters[field.name] = *false_positives;
  }
  return options;
}

Result<std::shared_ptr<arrow::Schema>> FileSchemaOf(const iceberg::Schema& schema) {
  INGOT_ASSIGN(const auto arrow_schema, ToArrowSchema(schema));
  arrow::FieldVector fields = arrow_schema->fields();
  for (size_t i = 0; i < fields.size(); ++i)
    fields[i] = fields[i]->WithType(FileType(schema.fields[i].type, fields[i]->type()));
  return arrow::schema(std::move(fields));
}

}  // namespace ingot::rows
