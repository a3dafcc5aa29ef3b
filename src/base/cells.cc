#include "base/cells.h"

#include <arrow/api.h>

#include "base/arrow_result.h"

namespace ingot {
namespace {

Result<std::shared_ptr<arrow::Scalar>> ScalarOf(const Cell& cell, const std::shared_ptr<arrow::DataType>& type) {
  std::shared_ptr<arrow::Scalar> scalar;
  if (std::holds_alternative<std::monostate>(cell)) return arrow::MakeNullScalar(type);
  if (const auto* text = std::get_if<std::string>(&cell))
    scalar = arrow::MakeScalar(*text);
  else if (const auto* whole = std::get_if<int64_t>(&cell))
    scalar = arrow::MakeScalar(*whole);
  else if (const auto* real = std::get_if<double>(&cell))
    scalar = arrow::MakeScalar(*real);
  else
    scalar = arrow::MakeScalar(std::get<bool>(cell));
  if (scalar->type->Equals(type)) return scalar;
  // Integers of other widths and timestamps are converted from int64_t.
  auto made = std::holds_alternative<int64_t>(cell) ? arrow::MakeScalar(type, std::get<int64_t>(cell))
                                                    : arrow::Status::Invalid("type mismatch");
  if (!made.ok()) return Fail(ErrorKind::kInternal, "value does not match column type " + type->ToString());
  return *made;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::vector<CellRow>& rows) {
  arrow::ArrayVector columns;
  for (int column = 0; column < schema->num_fields(); ++column) {
    const auto& type = schema->field(column)->type();
    INGOT_ARROW_ASSIGN(const auto builder, arrow::MakeBuilder(type));
    for (const CellRow& row : rows) {
      INGOT_ASSIGN(const auto scalar, ScalarOf(row[size_t(column)], type));
      INGOT_ARROW(builder->AppendScalar(*scalar));
    }
    INGOT_ARROW_ASSIGN(columns.emplace_back(), builder->Finish());
  }
  return arrow::RecordBatch::Make(schema, int64_t(rows.size()), std::move(columns));
}

}  // namespace ingot
