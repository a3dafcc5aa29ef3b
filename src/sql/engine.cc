#include "sql/engine.h"

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/extension_type.h>
#include <duckdb.h>
#include <fmt/format.h>

#include "base/arrow_result.h"
#include "sql/relation_function.h"

namespace ingot::sql {
namespace {

std::string Quote(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string Message(duckdb_error_data error) {
  std::string message;
  if (error && duckdb_error_data_has_error(error)) message = duckdb_error_data_message(error);
  if (error) duckdb_destroy_error_data(&error);
  return message;
}

Error FromEngine(const char* message) {
  const std::string text = message ? message : "unknown error";
  const bool memory = text.starts_with("Out of Memory");
  return Error{memory ? ErrorKind::kRetry : ErrorKind::kBadInput, memory ? text + " (raise --memory or run with fewer threads)" : text};
}

/// A column of the engine as plain Arrow: extension types become their storage; a 128-bit integer, whose bytes are those of
/// a decimal, becomes decimal(38, 0).
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

/// A streaming result as Arrow batches.
class ResultReader : public arrow::RecordBatchReader {
 public:
  ResultReader(duckdb_prepared_statement statement, duckdb_result result) : statement_(statement), result_(result) {}
  ~ResultReader() override {
    if (options_) duckdb_destroy_arrow_options(&options_);
    duckdb_destroy_result(&result_);
    duckdb_destroy_prepare(&statement_);
  }

  Status Start() {
    options_ = duckdb_result_get_arrow_options(&result_);
    std::vector<duckdb_logical_type> types;
    std::vector<const char*> names;
    for (idx_t i = 0; i < duckdb_column_count(&result_); ++i) {
      types.push_back(duckdb_column_logical_type(&result_, i));
      names.push_back(duckdb_column_name(&result_, i));
    }
    ArrowSchema schema;
    const std::string problem = Message(duckdb_to_arrow_schema(options_, types.data(), names.data(), types.size(), &schema));
    for (auto& type : types) duckdb_destroy_logical_type(&type);
    if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
    INGOT_ARROW_ASSIGN(engine_schema_, arrow::ImportSchema(&schema));
    arrow::FieldVector fields;
    for (const auto& field : engine_schema_->fields()) {
      auto plain = field->WithType(PlainType(field->type()));
      if (field->type()->id() == arrow::Type::EXTENSION)
        plain = plain->WithMetadata(arrow::key_value_metadata({"ARROW:extension:name"}, {static_cast<const arrow::ExtensionType&>(*field->type()).extension_name()}));
      fields.push_back(plain);
    }
    schema_ = arrow::schema(fields);
    return {};
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
    if (chunk == nullptr) {
      const char* error = duckdb_result_error(&result_);
      return error && *error ? arrow::Status::Invalid(error) : arrow::Status::OK();
    }
    ArrowArray array;
    const std::string problem = Message(duckdb_data_chunk_to_arrow(options_, chunk, &array));
    duckdb_destroy_data_chunk(&chunk);
    if (!problem.empty()) return arrow::Status::Invalid(problem);
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(&array, engine_schema_));
    arrow::ArrayVector columns = batch->columns();
    for (auto& column : columns) column = PlainArray(column);
    *out = arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
    return arrow::Status::OK();
  }

 private:
  duckdb_prepared_statement statement_;
  duckdb_result result_;
  duckdb_arrow_options options_ = nullptr;
  std::shared_ptr<arrow::Schema> engine_schema_, schema_;
};

class DuckEngine : public Engine {
 public:
  ~DuckEngine() override {
    if (connection_) duckdb_disconnect(&connection_);
    if (registry_.database) duckdb_close(&registry_.database);
  }

  Status Start(const EngineOptions& options) {
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    if (options.threads > 0) duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
    if (options.memory_bytes > 0) duckdb_set_config(config, "memory_limit", fmt::format("{}B", options.memory_bytes).c_str());
    if (!options.temp_folder.empty()) duckdb_set_config(config, "temp_directory", options.temp_folder.c_str());
    duckdb_set_config(config, "preserve_insertion_order", "false");
    duckdb_set_config(config, "autoload_known_extensions", "false");
    duckdb_set_config(config, "autoinstall_known_extensions", "false");
    char* problem = nullptr;
    const auto opened = duckdb_open_ext(":memory:", &registry_.database, config, &problem);
    duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) {
      const Error error{ErrorKind::kInternal, std::string("the SQL engine did not start: ") + (problem ? problem : "")};
      duckdb_free(problem);
      return std::unexpected(error);
    }
    if (duckdb_connect(registry_.database, &connection_) != DuckDBSuccess) return Fail(ErrorKind::kInternal, "the SQL engine did not connect");
    INGOT_TRY(Execute("SET TimeZone = 'UTC'"));
    INGOT_TRY(Execute("SET arrow_lossless_conversion = true"));
    return RegisterRelationFunction(connection_, &registry_);
  }

  Status Register(const std::vector<std::string>& name, Relation relation) override {
    const std::string key = fmt::format("{}", registry_.relations.size());
    registry_.relations[key] = std::make_shared<const Relation>(std::move(relation));
    std::string full;
    for (size_t i = 0; i < name.size(); ++i) full += (i > 0 ? "." : "") + Quote(name[i]);
    if (name.size() == 3) INGOT_TRY(Execute(fmt::format("ATTACH IF NOT EXISTS ':memory:' AS {}", Quote(name[0]))));
    if (name.size() >= 2) INGOT_TRY(Execute("CREATE SCHEMA IF NOT EXISTS " + full.substr(0, full.rfind(".\""))));
    return Execute(fmt::format("CREATE OR REPLACE {}VIEW {} AS SELECT * FROM system.main.ingot_relation('{}')", name.size() == 1 ? "TEMP " : "", full, key));
  }

  Status Execute(const std::string& sql) override {
    duckdb_result result;
    const auto outcome = duckdb_query(connection_, sql.c_str(), &result);
    Status status;
    if (outcome != DuckDBSuccess) status = std::unexpected(FromEngine(duckdb_result_error(&result)));
    duckdb_destroy_result(&result);
    return status;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::string& sql) override {
    duckdb_prepared_statement statement = nullptr;
    if (duckdb_prepare(connection_, sql.c_str(), &statement) != DuckDBSuccess) {
      const Error error = FromEngine(duckdb_prepare_error(statement));
      duckdb_destroy_prepare(&statement);
      return std::unexpected(error);
    }
    duckdb_result result;
    if (duckdb_execute_prepared_streaming(statement, &result) != DuckDBSuccess) {
      const Error error = FromEngine(duckdb_result_error(&result));
      duckdb_destroy_result(&result);
      duckdb_destroy_prepare(&statement);
      return std::unexpected(error);
    }
    auto reader = std::make_shared<ResultReader>(statement, result);
    INGOT_TRY(reader->Start());
    return reader;
  }

  Result<std::vector<std::string>> TablesIn(const std::string& sql) override {
    duckdb_value list = duckdb_get_table_names(connection_, sql.c_str(), true);
    if (list == nullptr) return Fail(ErrorKind::kBadInput, "the statement cannot be parsed");
    std::vector<std::string> tables;
    for (idx_t i = 0; i < duckdb_get_list_size(list); ++i) {
      duckdb_value item = duckdb_get_list_child(list, i);
      char* text = duckdb_get_varchar(item);
      tables.emplace_back(text);
      duckdb_free(text);
      duckdb_destroy_value(&item);
    }
    duckdb_destroy_value(&list);
    return tables;
  }

 private:
  RelationRegistry registry_;
  duckdb_connection connection_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options) {
  auto engine = std::make_unique<DuckEngine>();
  INGOT_TRY(engine->Start(options));
  return std::unique_ptr<Engine>(std::move(engine));
}

Result<std::vector<int64_t>> QueryNumbers(Engine& engine, const std::string& sql) {
  INGOT_ASSIGN(const auto reader, engine.Query(sql));
  INGOT_ARROW_ASSIGN(const auto batch, reader->Next());
  if (batch == nullptr || batch->num_rows() != 1) return Fail(ErrorKind::kInternal, "a query for numbers gave no row");
  std::vector<int64_t> numbers;
  for (const auto& column : batch->columns()) {
    if (column->type_id() != arrow::Type::INT64) return Fail(ErrorKind::kInternal, "a query for numbers gave " + column->type()->ToString());
    numbers.push_back(column->IsNull(0) ? 0 : static_cast<const arrow::Int64Array&>(*column).Value(0));
  }
  return numbers;
}

}  // namespace ingot::sql
