#include "bronze/columns.h"

#include "base/arrow_result.h"
#include "rows/arrow_schema.h"

namespace ingot::bronze {

using iceberg::TypeId;

Result<FieldColumn> FieldColumn::Make(const iceberg::Type& type, int64_t rows) {
  FieldColumn column;
  column.type_ = type.id;
  column.rows_max_ = rows;
  INGOT_ASSIGN(column.arrow_type_, rows::ToArrowType(type));
  const bool text = type.id == TypeId::kString;
  const int64_t bits = text ? 32 : column.arrow_type_->bit_width();
  column.first_ = text ? int64_t(sizeof(int32_t)) : 0;
  INGOT_ARROW_ASSIGN(column.values_, arrow::AllocateBuffer(column.first_ + (rows * bits + 7) / 8));
  // Bits are set one by one, and the first text begins at 0, so both need zeroed memory.
  if (type.id == TypeId::kBoolean || text)
    std::memset(column.values_->mutable_data(), 0, size_t(text ? column.first_ : column.values_->size()));
  return column;
}

void FieldColumn::AppendNull() {
  if (present_ == nullptr) {
    present_ = arrow::AllocateEmptyBitmap(rows_max_).ValueOrDie();
    arrow::bit_util::SetBitsTo(present_->mutable_data(), 0, rows_, true);
  }
  ++nulls_;
  switch (type_) {
    case TypeId::kString:
      return Put(int32_t(text_.size()));
    case TypeId::kUuid:
      std::memset(values_->mutable_data() + rows_ * 16, 0, 16);
      break;
    case TypeId::kBoolean:
      break;
    case TypeId::kFloat:
    case TypeId::kInt:
    case TypeId::kDate:
      return Put(int32_t(0));
    case TypeId::kLong:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return Put(int64_t(0));
  }
  ++rows_;
}

Result<std::shared_ptr<arrow::Array>> FieldColumn::Finish() {
  std::vector<std::shared_ptr<arrow::Buffer>> buffers = {present_, values_};
  if (type_ == TypeId::kString) buffers.push_back(arrow::Buffer::FromString(std::move(text_)));
  return arrow::MakeArray(arrow::ArrayData::Make(arrow_type_, rows_, std::move(buffers), nulls_));
}

}  // namespace ingot::bronze
