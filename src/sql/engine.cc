#include "sql/engine.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/arrow_result.h"
#include "base/status_detail.h"
#include "sql/batch_sink.h"
#include "sql/duckdb_api.h"
#include "sql/relation_function.h"
#include "sql/result_batches.h"
#include "sql/scan_conditions.h"

namespace ingot::sql {
namespace {

std::string Quote(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// An error of the engine's own, whose text begins with its class. What is not named is wrong in the statement or in
/// the rows.
Error FromEngine(const char* message) {
  constexpr std::pair<std::string_view, ErrorKind> kClasses[] = {{"Out of Memory", ErrorKind::kRetry},
                                                                 {"IO Error", ErrorKind::kRetry},
                                                                 {"INTERRUPT", ErrorKind::kCancelled},
                                                                 {"INTERNAL", ErrorKind::kInternal}};
  const std::string text = message ? message : "unknown error";
  const auto found = std::ranges::find_if(kClasses, [&](const auto& one) { return text.starts_with(one.first); });
  if (found == std::end(kClasses)) return Error{ErrorKind::kBadInput, text};
  return Error{found->second, found == kClasses ? text + " (raise --memory or run with fewer threads)" : text};
}

/// A materialized result as Arrow batches.
class ResultReader : public arrow::RecordBatchReader {
 public:
  explicit ResultReader(duckdb_result result) : result_(result) {}
  ~ResultReader() override { duckdb_destroy_result(&result_); }

  Status Start() {
    std::vector<duckdb_logical_type> types;
    std::vector<std::string> names;
    for (idx_t i = 0; i < duckdb_column_count(&result_); ++i) {
      types.push_back(duckdb_column_logical_type(&result_, i));
      names.emplace_back(duckdb_column_name(&result_, i));
    }
    return converter_.Start(duckdb_result_get_arrow_options(&result_), std::move(types), names);
  }

  std::shared_ptr<arrow::Schema> schema() const override { return converter_.schema(); }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
    if (chunk == nullptr) return arrow::Status::OK();
    auto batch = converter_.Convert(chunk);
    duckdb_destroy_data_chunk(&chunk);
    if (!batch) return ToArrow(batch.error());
    *out = std::move(*batch);
    return arrow::Status::OK();
  }

 private:
  duckdb_result result_;
  BatchConverter converter_;
};

class DuckEngine : public Engine {
 public:
  ~DuckEngine() override {
    if (connection_) duckdb_disconnect(&connection_);
    if (database_) duckdb_close(&database_);
  }

  Status Start(const SqlEngineOptions& options) {
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    if (options.threads > 0) duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
    if (options.memory_bytes > 0)
      duckdb_set_config(config, "memory_limit", fmt::format("{}B", options.memory_bytes).c_str());
    if (!options.temp_folder.empty()) duckdb_set_config(config, "temp_directory", options.temp_folder.c_str());
    duckdb_set_config(config, "preserve_insertion_order", "false");
    duckdb_set_config(config, "autoload_known_extensions", "false");
    duckdb_set_config(config, "autoinstall_known_extensions", "false");
    char* problem = nullptr;
    const auto opened = duckdb_open_ext(":memory:", &database_, config, &problem);
    duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) {
      const Error error{ErrorKind::kInternal, std::string("cannot start the SQL engine: ") + (problem ? problem : "")};
      duckdb_free(problem);
      return std::unexpected(error);
    }
    if (duckdb_connect(database_, &connection_) != DuckDBSuccess)
      return Fail(ErrorKind::kInternal, "cannot connect to the SQL engine");
    INGOT_TRY(Execute("SET TimeZone = 'UTC'"));
    INGOT_TRY(Execute("SET arrow_lossless_conversion = true"));
    return RegisterBatchSink(connection_, &sink_);
  }

  Status Register(const std::vector<std::string>& name, Relation relation) override {
    const std::string text = fmt::format("{}", fmt::join(name, "."));
    const auto before = std::ranges::find(relations_, text, [](const auto& one) { return one->name; });
    if (before != relations_.end() && (*before)->relation.schema->Equals(*relation.schema)) {
      (*before)->relation = std::move(relation);
      return {};
    }
    auto& registered = relations_.emplace_back(std::make_unique<RegisteredRelation>());
    registered->function = fmt::format("ingot_relation_{}", relations_.size() - 1);
    registered->name = text;
    registered->relation = std::move(relation);
    registered->database = database_;
    INGOT_TRY(RegisterRelationFunction(connection_, registered.get()));
    std::string full;
    for (size_t i = 0; i < name.size(); ++i) full += (i > 0 ? "." : "") + Quote(name[i]);
    if (name.size() == 3) INGOT_TRY(Execute(fmt::format("ATTACH IF NOT EXISTS ':memory:' AS {}", Quote(name[0]))));
    if (name.size() >= 2) INGOT_TRY(Execute("CREATE SCHEMA IF NOT EXISTS " + full.substr(0, full.rfind(".\""))));
    return Execute(fmt::format("CREATE OR REPLACE {}VIEW {} AS SELECT * FROM system.main.{}()",
                               name.size() == 1 ? "TEMP " : "", full, registered->function));
  }

  Status Execute(const std::string& sql) override {
    duckdb_result result;
    const auto outcome = duckdb_query(connection_, sql.c_str(), &result);
    Status status;
    if (outcome != DuckDBSuccess) status = std::unexpected(ErrorOf(duckdb_result_error(&result)));
    duckdb_destroy_result(&result);
    return status;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::string& sql) override {
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
      const Error error = ErrorOf(duckdb_result_error(&result));
      duckdb_destroy_result(&result);
      return std::unexpected(error);
    }
    auto reader = std::make_shared<ResultReader>(result);
    INGOT_TRY(reader->Start());
    return reader;
  }

  Result<std::shared_ptr<arrow::Schema>> Stream(const std::string& sql, const BatchConsumer& consumer) override {
    INGOT_ASSIGN(const auto schema, Describe(sql));
    sink_.consumer = &consumer;
    sink_.error = {};
    const Status done = Execute("COPY (" + sql + ") TO 'rows' (FORMAT ingot_sink)");
    sink_.consumer = nullptr;
    if (!done && !sink_.error.message.empty()) return std::unexpected(sink_.error);
    INGOT_TRY(done);
    return schema;
  }

  Result<std::vector<std::string>> TablesIn(const std::string& sql) override {
    duckdb_value list = duckdb_get_table_names(connection_, sql.c_str(), true);
    if (list == nullptr) return Fail(ErrorKind::kBadInput, "cannot parse the statement");
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

  std::map<std::string, std::vector<std::string>> ConditionsIn(const std::string& sql) override {
    if (!IsQuery(sql)) return {};
    for (const auto& registered : relations_) registered->references = 0;
    const auto plan = Query("EXPLAIN (FORMAT json) " + sql);
    if (!plan) return {};
    const auto rows = (*plan)->Next();
    if (!rows.ok() || *rows == nullptr) return {};
    const auto scans = ScanConditions((*rows)->columns().back()->GetScalar(0).ValueOrDie()->ToString());
    if (!scans) return {};
    std::map<std::string, std::vector<std::string>> conditions;
    for (const auto& registered : relations_) {
      std::vector<std::string> scan_conditions;
      for (const ScanCondition& scan : *scans)
        if (scan.function == registered->function) scan_conditions.push_back(scan.condition);
      // A reference that the plan does not show may have no condition.
      if (!scan_conditions.empty() && int(scan_conditions.size()) >= registered->references)
        conditions[registered->name] = std::move(scan_conditions);
    }
    return conditions;
  }

 private:
  /// The error of a failed statement: that of a relation it reads if there is one, else DuckDB's.
  Error ErrorOf(const char* message) {
    std::optional<Error> kept;
    for (const auto& registered : relations_)
      if (auto error = registered->TakeError(); error && !kept) kept = std::move(error);
    return kept ? *std::move(kept) : FromEngine(message);
  }

  /// Whether `sql` is a single statement that returns rows.
  bool IsQuery(const std::string& sql) {
    duckdb_prepared_statement statement = nullptr;
    const bool query = duckdb_prepare(connection_, sql.c_str(), &statement) == DuckDBSuccess &&
                       duckdb_prepared_statement_type(statement) == DUCKDB_STATEMENT_TYPE_SELECT;
    duckdb_destroy_prepare(&statement);
    return query;
  }

  /// The columns of a statement; also sets their names in the sink, which DuckDB does not pass to copy functions.
  Result<std::shared_ptr<arrow::Schema>> Describe(const std::string& sql) {
    duckdb_prepared_statement statement = nullptr;
    Status outcome;
    std::vector<duckdb_logical_type> types;
    sink_.names.clear();
    if (duckdb_prepare(connection_, sql.c_str(), &statement) != DuckDBSuccess)
      outcome = std::unexpected(ErrorOf(duckdb_prepare_error(statement)));
    for (idx_t i = 0; outcome && i < duckdb_prepared_statement_column_count(statement); ++i) {
      const char* name = duckdb_prepared_statement_column_name(statement, i);
      sink_.names.emplace_back(name);
      duckdb_free(const_cast<char*>(name));
      types.push_back(duckdb_prepared_statement_column_logical_type(statement, i));
    }
    duckdb_destroy_prepare(&statement);
    INGOT_TRY(outcome);
    duckdb_arrow_options options = nullptr;
    duckdb_connection_get_arrow_options(connection_, &options);
    BatchConverter converter;
    INGOT_TRY(converter.Start(options, std::move(types), sink_.names));
    return converter.schema();
  }

  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
  std::vector<std::unique_ptr<RegisteredRelation>> relations_;
  BatchSink sink_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const SqlEngineOptions& options) {
  INGOT_TRY(LoadDuckDb());
  auto engine = std::make_unique<DuckEngine>();
  INGOT_TRY(engine->Start(options));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace ingot::sql
