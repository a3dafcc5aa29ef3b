#include "sql/result_batches.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>

#include "base/arrow_result.h"

namespace ingot::sql {
namespace {

/// The Arrow type without DuckDB's extension types, also in nested fields: bool8 becomes boolean; hugeint, whose bytes
/// are those of a decimal, becomes decimal(38, 0); other extension types become their storage type.
std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type);

/// The field with its plain type; the name of an extension type is kept in the metadata.
std::shared_ptr<arrow::Field> PlainField(const std::shared_ptr<arrow::Field>& field) {
  auto plain = field->WithType(PlainType(field->type()));
  if (field->type()->id() != arrow::Type::EXTENSION) return plain;
  const std::string name = static_cast<const arrow::ExtensionType&>(*field->type()).extension_name();
  return plain->WithMetadata(arrow::key_value_metadata({"ARROW:extension:name"}, {name}));
}

std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::EXTENSION) {
    const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
    if (extension.extension_name() == "arrow.bool8") return arrow::boolean();
    if (extension.Serialize().find("hugeint") != std::string::npos) return arrow::decimal128(38, 0);
    return extension.storage_type();
  }
  if (type->id() == arrow::Type::LIST) return arrow::list(PlainField(type->field(0)));
  if (type->id() == arrow::Type::FIXED_SIZE_LIST)
    return arrow::fixed_size_list(PlainField(type->field(0)),
                                  static_cast<const arrow::FixedSizeListType&>(*type).list_size());
  if (type->id() == arrow::Type::STRUCT) {
    arrow::FieldVector fields;
    for (int i = 0; i < type->num_fields(); ++i) fields.push_back(PlainField(type->field(i)));
    return arrow::struct_(fields);
  }
  if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    return std::make_shared<arrow::MapType>(PlainField(map.key_field()), PlainField(map.item_field()));
  }
  return type;
}

Result<std::shared_ptr<arrow::ArrayData>> PlainData(const std::shared_ptr<arrow::ArrayData>& data) {
  auto copy = data->Copy();
  copy->type = PlainType(data->type);
  if (copy->type->id() == arrow::Type::BOOL && data->type->id() == arrow::Type::EXTENSION) {
    // DuckDB uses a byte per value, Arrow a bit.
    copy->type = arrow::int8();
    INGOT_ARROW_ASSIGN(const auto bits, arrow::compute::Cast(*arrow::MakeArray(copy), arrow::boolean()));
    return bits->data();
  }
  for (auto& child : copy->child_data) {
    INGOT_ASSIGN(child, PlainData(child));
  }
  return copy;
}

}  // namespace

std::string TakeMessage(duckdb_error_data error) {
  std::string message;
  if (error && duckdb_error_data_has_error(error)) message = duckdb_error_data_message(error);
  if (error) duckdb_destroy_error_data(&error);
  return message;
}

BatchConverter::~BatchConverter() {
  if (options_) duckdb_destroy_arrow_options(&options_);
}

Status BatchConverter::Start(duckdb_arrow_options options, std::vector<duckdb_logical_type> types,
                             const std::vector<std::string>& names) {
  options_ = options;
  std::vector<const char*> texts;
  for (const std::string& name : names) texts.push_back(name.c_str());
  ArrowSchema schema;
  const std::string problem =
      TakeMessage(duckdb_to_arrow_schema(options_, types.data(), texts.data(), types.size(), &schema));
  for (auto& type : types) duckdb_destroy_logical_type(&type);
  if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
  INGOT_ARROW_ASSIGN(engine_schema_, arrow::ImportSchema(&schema));
  arrow::FieldVector fields;
  for (const auto& field : engine_schema_->fields()) fields.push_back(PlainField(field));
  schema_ = arrow::schema(std::move(fields));
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchConverter::Convert(duckdb_data_chunk chunk) const {
  ArrowArray array;
  const std::string problem = TakeMessage(duckdb_data_chunk_to_arrow(options_, chunk, &array));
  if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
  INGOT_ARROW_ASSIGN(const auto batch, arrow::ImportRecordBatch(&array, engine_schema_));
  arrow::ArrayVector columns = batch->columns();
  for (auto& column : columns) {
    INGOT_ASSIGN(auto data, PlainData(column->data()));
    column = arrow::MakeArray(data);
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

}  // namespace ingot::sql
