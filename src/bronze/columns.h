// The columns of a bronze batch, filled row by row without an allocation per record.
#pragma once

#include <arrow/api.h>
#include <arrow/util/bit_util.h>

#include <cstring>
#include <memory>
#include <string>

#include "bronze/cell.h"

namespace ingot::bronze {

class FieldColumn {
 public:
  /// Creates a column for at most `rows` values.
  static Result<FieldColumn> Make(const iceberg::Type& type, int64_t rows);
  void Append(const FieldValue& cell) {
    if (!cell.valid) return AppendNull();
    if (present_ != nullptr) arrow::bit_util::SetBit(present_->mutable_data(), rows_);
    switch (type_) {
      case iceberg::TypeId::kTimestamptz:
      case iceberg::TypeId::kTimestamptzNs:
      case iceberg::TypeId::kLong:
        return Put(cell.integer);
      case iceberg::TypeId::kDouble:
        return Put(cell.number);
      case iceberg::TypeId::kFloat:
        return Put(float(cell.number));
      case iceberg::TypeId::kInt:
      case iceberg::TypeId::kDate:
        return Put(int32_t(cell.integer));
      case iceberg::TypeId::kUuid:
        std::memcpy(values_->mutable_data() + rows_++ * int64_t(sizeof cell.uuid), cell.uuid, sizeof cell.uuid);
        return;
      case iceberg::TypeId::kString:
        text_ += cell.text;
        return Put(int32_t(text_.size()));
      case iceberg::TypeId::kBoolean:
      case iceberg::TypeId::kDecimal:
      case iceberg::TypeId::kTime:
      case iceberg::TypeId::kTimestamp:
      case iceberg::TypeId::kTimestampNs:
      case iceberg::TypeId::kFixed:
      case iceberg::TypeId::kBinary:
      case iceberg::TypeId::kUnknown:
      case iceberg::TypeId::kVariant:
      case iceberg::TypeId::kStruct:
      case iceberg::TypeId::kList:
      case iceberg::TypeId::kMap:
        arrow::bit_util::SetBitTo(values_->mutable_data(), rows_++, cell.integer != 0);
    }
  }
  Result<std::shared_ptr<arrow::Array>> Finish();

 private:
  template <typename T>
  void Put(T value) {
    std::memcpy(values_->mutable_data() + first_ + rows_++ * int64_t(sizeof value), &value, sizeof value);
  }
  void AppendNull();

  iceberg::TypeId type_ = iceberg::TypeId::kString;
  std::shared_ptr<arrow::DataType> arrow_type_;
  int64_t rows_ = 0, rows_max_ = 0, nulls_ = 0;
  int64_t first_ = 0;                       // for text: byte offset of the first end, after a zero
  std::shared_ptr<arrow::Buffer> values_;   // for text: the ends
  std::shared_ptr<arrow::Buffer> present_;  // allocated at the first null
  std::string text_;
};

}  // namespace ingot::bronze
