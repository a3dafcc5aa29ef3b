#include "bronze/columns.h"

#include "base/arrow_result.h"
#include "iceberg/arrow_schema.h"

namespace ingot::bronze {

using iceberg::TypeId;

Result<FieldColumn> FieldColumn::Make(const iceberg::Type& type) {
  FieldColumn column;
  column.type_ = type.id;
  INGOT_ASSIGN(const auto arrow_type, iceberg::ToArrowType(type));
  INGOT_ARROW_ASSIGN(column.builder_, arrow::MakeBuilder(arrow_type));
  return column;
}

Status FieldColumn::Reserve(int64_t rows) {
  INGOT_ARROW(builder_->Reserve(rows));
  return {};
}

// Room for all rows was reserved, so that only the bytes of text may still need some.
Status FieldColumn::Append(const Cell& cell) {
  arrow::ArrayBuilder* builder = builder_.get();
  if (type_ == TypeId::kString) {
    auto* text = static_cast<arrow::StringBuilder*>(builder);
    if (!cell.valid) return text->UnsafeAppendNull(), Status();
    INGOT_ARROW(text->ReserveData(int64_t(cell.text.size())));
    text->UnsafeAppend(cell.text);
    return {};
  }
  switch (type_) {
    case TypeId::kTimestamptz: {
      auto* typed = static_cast<arrow::TimestampBuilder*>(builder);
      cell.valid ? typed->UnsafeAppend(cell.integer) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kDouble: {
      auto* typed = static_cast<arrow::DoubleBuilder*>(builder);
      cell.valid ? typed->UnsafeAppend(cell.number) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kUuid: {
      auto* typed = static_cast<arrow::FixedSizeBinaryBuilder*>(builder);
      cell.valid ? typed->UnsafeAppend(cell.uuid) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kFloat: {
      auto* typed = static_cast<arrow::FloatBuilder*>(builder);
      cell.valid ? typed->UnsafeAppend(float(cell.number)) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kLong: {
      auto* typed = static_cast<arrow::Int64Builder*>(builder);
      cell.valid ? typed->UnsafeAppend(cell.integer) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kInt: {
      auto* typed = static_cast<arrow::Int32Builder*>(builder);
      cell.valid ? typed->UnsafeAppend(int32_t(cell.integer)) : typed->UnsafeAppendNull();
      break;
    }
    case TypeId::kDate: {
      auto* typed = static_cast<arrow::Date32Builder*>(builder);
      cell.valid ? typed->UnsafeAppend(int32_t(cell.integer)) : typed->UnsafeAppendNull();
      break;
    }
    default: {
      auto* typed = static_cast<arrow::BooleanBuilder*>(builder);
      cell.valid ? typed->UnsafeAppend(cell.integer != 0) : typed->UnsafeAppendNull();
      break;
    }
  }
  return {};
}

Result<std::shared_ptr<arrow::Array>> FieldColumn::Finish() {
  INGOT_ARROW_ASSIGN(auto array, builder_->Finish());
  return array;
}

}  // namespace ingot::bronze
