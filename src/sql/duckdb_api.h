// The functions of DuckDB's C API that this room uses; the library is loaded when the first engine is opened.
#pragma once

#include <duckdb.h>

#include "base/lazy_library.h"

// clang-format off
#define INGOT_DUCKDB_FUNCTIONS(X) \
  X(duckdb_bind_add_result_column) \
  X(duckdb_bind_get_extra_info) \
  X(duckdb_bind_set_cardinality) \
  X(duckdb_bind_set_error) \
  X(duckdb_close) \
  X(duckdb_column_count) \
  X(duckdb_column_logical_type) \
  X(duckdb_column_name) \
  X(duckdb_connect) \
  X(duckdb_connection_get_arrow_options) \
  X(duckdb_copy_function_bind_get_column_count) \
  X(duckdb_copy_function_bind_get_column_type) \
  X(duckdb_copy_function_bind_get_extra_info) \
  X(duckdb_copy_function_bind_set_bind_data) \
  X(duckdb_copy_function_bind_set_error) \
  X(duckdb_copy_function_set_bind) \
  X(duckdb_copy_function_set_extra_info) \
  X(duckdb_copy_function_set_finalize) \
  X(duckdb_copy_function_set_global_init) \
  X(duckdb_copy_function_set_name) \
  X(duckdb_copy_function_set_sink) \
  X(duckdb_copy_function_sink_get_bind_data) \
  X(duckdb_copy_function_sink_get_extra_info) \
  X(duckdb_copy_function_sink_set_error) \
  X(duckdb_create_config) \
  X(duckdb_create_copy_function) \
  X(duckdb_create_decimal_type) \
  X(duckdb_create_list_type) \
  X(duckdb_create_logical_type) \
  X(duckdb_create_map_type) \
  X(duckdb_create_struct_type) \
  X(duckdb_create_table_function) \
  X(duckdb_data_chunk_from_arrow) \
  X(duckdb_data_chunk_get_column_count) \
  X(duckdb_data_chunk_get_vector) \
  X(duckdb_data_chunk_set_size) \
  X(duckdb_data_chunk_to_arrow) \
  X(duckdb_destroy_arrow_converted_schema) \
  X(duckdb_destroy_arrow_options) \
  X(duckdb_destroy_config) \
  X(duckdb_destroy_copy_function) \
  X(duckdb_destroy_data_chunk) \
  X(duckdb_destroy_error_data) \
  X(duckdb_destroy_logical_type) \
  X(duckdb_destroy_prepare) \
  X(duckdb_destroy_result) \
  X(duckdb_destroy_table_function) \
  X(duckdb_destroy_value) \
  X(duckdb_disconnect) \
  X(duckdb_error_data_has_error) \
  X(duckdb_error_data_message) \
  X(duckdb_fetch_chunk) \
  X(duckdb_free) \
  X(duckdb_function_get_init_data) \
  X(duckdb_function_get_local_init_data) \
  X(duckdb_function_set_error) \
  X(duckdb_get_list_child) \
  X(duckdb_get_list_size) \
  X(duckdb_get_table_names) \
  X(duckdb_get_varchar) \
  X(duckdb_init_get_column_count) \
  X(duckdb_init_get_column_index) \
  X(duckdb_init_get_extra_info) \
  X(duckdb_init_set_error) \
  X(duckdb_init_set_init_data) \
  X(duckdb_init_set_max_threads) \
  X(duckdb_open_ext) \
  X(duckdb_prepare) \
  X(duckdb_prepare_error) \
  X(duckdb_prepared_statement_column_count) \
  X(duckdb_prepared_statement_column_logical_type) \
  X(duckdb_prepared_statement_column_name) \
  X(duckdb_prepared_statement_type) \
  X(duckdb_query) \
  X(duckdb_register_copy_function) \
  X(duckdb_register_table_function) \
  X(duckdb_result_error) \
  X(duckdb_result_get_arrow_options) \
  X(duckdb_schema_from_arrow) \
  X(duckdb_set_config) \
  X(duckdb_table_function_set_bind) \
  X(duckdb_table_function_set_extra_info) \
  X(duckdb_table_function_set_function) \
  X(duckdb_table_function_set_init) \
  X(duckdb_table_function_set_local_init) \
  X(duckdb_table_function_set_name) \
  X(duckdb_table_function_supports_projection_pushdown) \
  X(duckdb_to_arrow_schema) \
  X(duckdb_vector_reference_vector) \
  X(duckdb_vector_size)

// clang-format on

namespace ingot::sql {

INGOT_LAZY_DECLARE(INGOT_DUCKDB_FUNCTIONS)

/// Loads the library. Call before any of the functions. Errors: kBadConfig.
Status LoadDuckDb();

}  // namespace ingot::sql
