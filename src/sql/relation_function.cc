#include "sql/relation_function.h"

#include <arrow/array.h>
#include <arrow/c/bridge.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <vector>

#include "base/arrow_result.h"
#include "base/lower_case.h"
#include "base/rows.h"
#include "sql/arrow_types.h"
#include "sql/result_batches.h"

namespace ingot::sql {
namespace {

/// State of a scan, shared by its threads.
struct ScanState {
  std::vector<Relation::Part> parts;
  RegisteredRelation* relation = nullptr;
  std::atomic<size_t> next{0};
};

/// State of one thread of a scan.
struct ThreadState {
  duckdb_connection connection = nullptr;
  std::shared_ptr<arrow::RecordBatchReader> reader;
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t row = 0;
  duckdb_arrow_converted_schema converted = nullptr;
  std::shared_ptr<arrow::Schema> schema;  // of `converted`

  ~ThreadState() {
    if (converted) duckdb_destroy_arrow_converted_schema(&converted);
    if (connection) duckdb_disconnect(&connection);
  }
};

template <typename T>
void Destroy(void* data) {
  delete static_cast<T*>(data);
}

void Bind(duckdb_bind_info info) {
  auto* registered = static_cast<RegisteredRelation*>(duckdb_bind_get_extra_info(info));
  ++registered->references;
  const Relation& relation = registered->relation;
  std::set<std::string> names;
  for (const auto& field : relation.schema->fields()) {
    // Column names in DuckDB are case-insensitive: a name that differs only in case gets a number.
    std::string name = field->name(), lower = LowerCase(name);
    for (int number = 1; !names.insert(lower).second; ++number) {
      name = field->name() + "_" + std::to_string(number);
      lower = LowerCase(name);
    }
    auto type = ToLogicalType(*field);
    if (!type) {
      registered->Keep(type.error());
      return duckdb_bind_set_error(info, type.error().message.c_str());
    }
    duckdb_bind_add_result_column(info, name.c_str(), *type);
    duckdb_destroy_logical_type(&*type);
  }
  duckdb_bind_set_cardinality(info, idx_t(relation.rows_estimate), false);
}

void Init(duckdb_init_info info) {
  auto* registered = static_cast<RegisteredRelation*>(duckdb_init_get_extra_info(info));
  const Relation& relation = registered->relation;
  std::vector<int> columns;
  bool any = false;
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    // DuckDB requests the row id when it only counts rows. Next to other columns any column can stand for it.
    const idx_t column = duckdb_init_get_column_index(info, i);
    const bool exists = column < idx_t(relation.schema->num_fields());
    columns.push_back(exists ? int(column) : 0);
    any = any || exists;
  }
  if (!any) columns.clear();
  auto parts = relation.open(columns);
  if (!parts) {
    registered->Keep(parts.error());
    return duckdb_init_set_error(info, parts.error().message.c_str());
  }
  auto* state = new ScanState{.parts = std::move(*parts), .relation = registered};
  duckdb_init_set_max_threads(info, std::max<size_t>(1, state->parts.size()));
  duckdb_init_set_init_data(info, state, Destroy<ScanState>);
}

void InitThread(duckdb_init_info info) {
  const auto* registered = static_cast<const RegisteredRelation*>(duckdb_init_get_extra_info(info));
  auto state = std::make_unique<ThreadState>();
  if (duckdb_connect(registered->database, &state->connection) != DuckDBSuccess)
    return duckdb_init_set_error(info, "scan: cannot connect to the SQL engine");
  duckdb_init_set_init_data(info, state.release(), Destroy<ThreadState>);
}

/// The type without time zones of nanosecond timestamps, also in nested fields: DuckDB has no such type.
std::shared_ptr<arrow::DataType> EngineType(const std::shared_ptr<arrow::DataType>& type) {
  const auto converted = [](const std::shared_ptr<arrow::Field>& field) {
    return field->WithType(EngineType(field->type()));
  };
  switch (type->id()) {
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(*type).unit() == arrow::TimeUnit::NANO
                 ? arrow::timestamp(arrow::TimeUnit::NANO)
                 : type;
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(converted(field));
      return arrow::struct_(std::move(fields));
    }
    case arrow::Type::LIST:
      return arrow::list(converted(type->field(0)));
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(converted(map.key_field()), converted(map.item_field()));
    }
    default:
      return type;
  }
}

std::shared_ptr<arrow::ArrayData> Retyped(const arrow::ArrayData& from, const std::shared_ptr<arrow::DataType>& type) {
  auto data = from.Copy();
  data->type = type;
  for (size_t i = 0; i < data->child_data.size(); ++i)
    data->child_data[i] = Retyped(*data->child_data[i], type->field(int(i))->type());
  return data;
}

/// Converts a batch for DuckDB: decodes dictionaries, which not every batch has, and maps types by EngineType.
Result<std::shared_ptr<arrow::RecordBatch>> ForEngine(const std::shared_ptr<arrow::RecordBatch>& batch) {
  INGOT_ASSIGN(auto plain, DecodeDictionaries(batch));
  for (int i = 0; i < plain->num_columns(); ++i) {
    const auto& column = plain->column(i);
    const auto type = EngineType(column->type());
    if (type->Equals(*column->type())) continue;
    INGOT_ARROW_ASSIGN(plain, plain->SetColumn(i, plain->schema()->field(i)->WithType(type),
                                               arrow::MakeArray(Retyped(*column->data(), type))));
  }
  return plain;
}

/// Moves `state` to the next unread row. Returns false at the end of all parts.
Result<bool> Advance(ScanState& scan, ThreadState& state) {
  while (!state.batch || state.row >= state.batch->num_rows()) {
    state.batch.reset();
    state.row = 0;
    if (!state.reader) {
      const size_t next = scan.next.fetch_add(1);
      if (next >= scan.parts.size()) return false;
      INGOT_ASSIGN(state.reader, scan.parts[next]());
    }
    auto batch = state.reader->Next();
    if (!batch.ok()) return std::unexpected(FromArrow(batch.status()));
    if (*batch == nullptr) {
      state.reader.reset();
      continue;
    }
    INGOT_ASSIGN(state.batch, ForEngine(*batch));
  }
  return true;
}

bool SameTypes(const arrow::Schema& a, const arrow::Schema& b) {
  return std::ranges::equal(a.fields(), b.fields(),
                            [](const auto& one, const auto& other) { return one->type()->Equals(*other->type()); });
}

Status Fill(ScanState& scan, ThreadState& state, duckdb_data_chunk output) {
  INGOT_ASSIGN(const bool more, Advance(scan, state));
  if (!more) {
    duckdb_data_chunk_set_size(output, 0);
    return {};
  }
  const int64_t rows = std::min<int64_t>(state.batch->num_rows() - state.row, int64_t(duckdb_vector_size()));
  if (state.batch->num_columns() == 0) {
    state.row += rows;
    duckdb_data_chunk_set_size(output, idx_t(rows));
    return {};
  }
  // DuckDB applies the offset of a parent to its children only, not to their children.
  INGOT_ASSIGN(const auto slice, WithoutOffsets(state.batch->Slice(state.row, rows)));
  state.row += rows;
  ArrowArray array;
  if (state.schema != nullptr && !SameTypes(*state.schema, *slice->schema()))
    return Fail(ErrorKind::kInternal, "batches of a relation differ in type: " + state.schema->ToString() +
                                          " and then " + slice->schema()->ToString());
  if (state.converted == nullptr) {
    state.schema = slice->schema();
    ArrowSchema schema;
    INGOT_ARROW(arrow::ExportSchema(*slice->schema(), &schema));
    const std::string problem = TakeMessage(duckdb_schema_from_arrow(state.connection, &schema, &state.converted));
    if (schema.release) schema.release(&schema);
    if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
  }
  INGOT_ARROW(arrow::ExportRecordBatch(*slice, &array));
  duckdb_data_chunk chunk = nullptr;
  const std::string problem =
      TakeMessage(duckdb_data_chunk_from_arrow(state.connection, &array, state.converted, &chunk));
  if (!problem.empty()) return Fail(ErrorKind::kInternal, problem);
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(chunk); ++i)
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i), duckdb_data_chunk_get_vector(chunk, i));
  duckdb_data_chunk_set_size(output, idx_t(rows));
  duckdb_destroy_data_chunk(&chunk);
  return {};
}

void Run(duckdb_function_info info, duckdb_data_chunk output) {
  auto* scan = static_cast<ScanState*>(duckdb_function_get_init_data(info));
  auto* state = static_cast<ThreadState*>(duckdb_function_get_local_init_data(info));
  if (const auto filled = Fill(*scan, *state, output); !filled) {
    scan->relation->Keep(filled.error());
    duckdb_function_set_error(info, filled.error().message.c_str());
  }
}

}  // namespace

Status RegisterRelationFunction(duckdb_connection connection, RegisteredRelation* relation) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, relation->function.c_str());
  duckdb_table_function_set_extra_info(function, relation, nullptr);
  duckdb_table_function_set_bind(function, Bind);
  duckdb_table_function_set_init(function, Init);
  duckdb_table_function_set_local_init(function, InitThread);
  duckdb_table_function_set_function(function, Run);
  duckdb_table_function_supports_projection_pushdown(function, true);
  const auto outcome = duckdb_register_table_function(connection, function);
  duckdb_destroy_table_function(&function);
  if (outcome != DuckDBSuccess)
    return Fail(ErrorKind::kInternal, "cannot register a table function with the SQL engine");
  return {};
}

}  // namespace ingot::sql
