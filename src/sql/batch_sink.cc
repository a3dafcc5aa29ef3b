#include "sql/batch_sink.h"

#include <mutex>

#include "sql/result_batches.h"

namespace ingot::sql {
namespace {

struct SinkState {
  BatchConverter converter;
  std::mutex mutex;
};

void DeleteState(void* state) {
  delete static_cast<SinkState*>(state);
}

void Bind(duckdb_copy_function_bind_info info) {
  auto* sink = static_cast<BatchSink*>(duckdb_copy_function_bind_get_extra_info(info));
  std::vector<duckdb_logical_type> types;
  for (idx_t i = 0; i < duckdb_copy_function_bind_get_column_count(info); ++i)
    types.push_back(duckdb_copy_function_bind_get_column_type(info, i));
  duckdb_arrow_options options = nullptr;
  duckdb_connection_get_arrow_options(sink->connection, &options);
  auto state = std::make_unique<SinkState>();
  if (const auto started = state->converter.Start(options, std::move(types), sink->names); !started)
    return duckdb_copy_function_bind_set_error(info, started.error().message.c_str());
  duckdb_copy_function_bind_set_bind_data(info, state.release(), DeleteState);
}

void Start(duckdb_copy_function_global_init_info) {}

void Sink(duckdb_copy_function_sink_info info, duckdb_data_chunk chunk) {
  auto* sink = static_cast<BatchSink*>(duckdb_copy_function_sink_get_extra_info(info));
  auto* state = static_cast<SinkState*>(duckdb_copy_function_sink_get_bind_data(info));
  const auto consume = [&]() -> Status {
    INGOT_ASSIGN(const auto batch, state->converter.Convert(chunk));
    std::lock_guard lock(state->mutex);
    return (*sink->consumer)(batch);
  };
  if (const auto consumed = consume(); !consumed) {
    sink->error = consumed.error();
    duckdb_copy_function_sink_set_error(info, consumed.error().message.c_str());
  }
}

void Finish(duckdb_copy_function_finalize_info) {}

}  // namespace

Status RegisterBatchSink(duckdb_connection connection, BatchSink* sink) {
  sink->connection = connection;
  duckdb_copy_function function = duckdb_create_copy_function();
  duckdb_copy_function_set_name(function, "ingot_sink");
  duckdb_copy_function_set_extra_info(function, sink, nullptr);
  duckdb_copy_function_set_bind(function, Bind);
  duckdb_copy_function_set_global_init(function, Start);
  duckdb_copy_function_set_sink(function, Sink);
  duckdb_copy_function_set_finalize(function, Finish);
  const auto outcome = duckdb_register_copy_function(connection, function);
  duckdb_destroy_copy_function(&function);
  if (outcome != DuckDBSuccess)
    return Fail(ErrorKind::kInternal, "cannot register the sink function with the SQL engine");
  return {};
}

}  // namespace ingot::sql
