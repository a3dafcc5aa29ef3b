#include "sql/result_batches.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <arrow/extension_type.h>

#include "base/arrow_result.h"

namespace ingot::sql {
namespace {

/// A column of the engine as plain Arrow: extension types become their storage; a 128-bit integer, whose bytes are
/// those of a decimal, becomes decimal(38, 0).
std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
  if (extension.Serialize().find("hugeint") != std::string::npos) return arrow::decimal128(38, 0);
  return extension.storage_type();
}

std::shared_ptr<arrow::Array> PlainArray(const std::shared_ptr<arrow::Array>& array) {
  if (array->type_id() != arrow::Type::EXTENSION) return array;
  auto data = static_cast<const arrow::ExtensionArray&>(*array).storage()->data()->Copy();
  data->type = PlainType(array->type());
  return arrow::MakeArray(std::move(data));
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
  for (const auto& field : engine_schema_->fields()) {
    auto plain = field->WithType(PlainType(field->type()));
    if (field->type()->id() == arrow::Type::EXTENSION)
      plain = plain->WithMetadata(arrow::key_value_metadata(
          {"ARROW:extension:name"}, {static_cast<const arrow::ExtensionType&>(*field->type()).extension_name()}));
    fields.push_back(std::move(plain));
  }
  schema_ = arrow::schema(std::move(fields));
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchConverter::Convert(duckdb_data_chunk chunk) const {
  ArrowArray array;
  const std::string problem = TakeMessage(duckdb_data_chunk_to_arrow(options_, chunk, &array));
  if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
  INGOT_ARROW_ASSIGN(const auto batch, arrow::ImportRecordBatch(&array, engine_schema_));
  arrow::ArrayVector columns = batch->columns();
  for (auto& column : columns) column = PlainArray(column);
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

}  // namespace ingot::sql
