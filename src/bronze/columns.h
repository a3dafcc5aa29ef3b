// The columns of a bronze batch being filled, row by row, without an allocation per record.
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "bronze/cell.h"

namespace ingot::bronze {

class FieldColumn {
 public:
  static Result<FieldColumn> Make(const iceberg::Type& type);
  Status Reserve(int64_t rows);
  Status Append(const Cell& cell);
  Result<std::shared_ptr<arrow::Array>> Finish();

 private:
  iceberg::TypeId type_ = iceberg::TypeId::kString;
  std::shared_ptr<arrow::ArrayBuilder> builder_;
};

}  // namespace ingot::bronze
