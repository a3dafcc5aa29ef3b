#include "rows/arrow_convert.h"

#include <arrow/compute/api.h>
#include <arrow/extension_type.h>
#include <arrow/util/bitmap_ops.h>

#include <limits>

#include "base/arrow_result.h"
#include "rows/arrow_schema.h"

namespace ingot::rows {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;
using Arrow = arrow::Type;

constexpr int64_t kMillisPerDay = 86'400'000;

std::unexpected<Error> Mismatch(const arrow::Array& array, const iceberg::Type& to, const std::string& reason) {
  return Fail(ErrorKind::kCorrupt, array.type()->ToString() + " does not fit " + iceberg::TypeName(to) +
                                       (reason.empty() ? "" : " (" + reason + ")"));
}

Result<ArrayPointer> Cast(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type,
                          const iceberg::Type& to) {
  INGOT_TRY(InitializeKernels());
  auto cast = arrow::compute::Cast(array, type);
  if (!cast.ok()) return Mismatch(array, to, cast.status().message());
  return *cast;
}

Result<ArrayPointer> Take(const arrow::Array& values, const arrow::Array& indices) {
  INGOT_TRY(InitializeKernels());
  INGOT_ARROW_ASSIGN(auto taken, arrow::compute::Take(values, indices));
  return taken;
}

/// The validity bitmap of the array, without offset; null if all rows are valid.
Result<std::shared_ptr<arrow::Buffer>> Validity(const arrow::Array& array) {
  if (array.null_count() == 0 || array.null_bitmap() == nullptr) return nullptr;
  if (array.offset() == 0) return array.null_bitmap();
  INGOT_ARROW_ASSIGN(auto bits, arrow::internal::CopyBitmap(arrow::default_memory_pool(), array.null_bitmap_data(),
                                                            array.offset(), array.length()));
  return bits;
}

Result<ArrayPointer> WithoutRuns(const arrow::RunEndEncodedArray& runs) {
  INGOT_ARROW_ASSIGN(auto ends, runs.LogicalRunEnds(arrow::default_memory_pool()));
  INGOT_TRY(InitializeKernels());
  INGOT_ARROW_ASSIGN(ends, arrow::compute::Cast(*ends, arrow::int64()));
  arrow::Int64Builder indices;
  INGOT_ARROW(indices.Reserve(runs.length()));
  for (int64_t run = 0, row = 0; run < ends->length(); ++run)
    for (; row < static_cast<const arrow::Int64Array&>(*ends).Value(run); ++row) indices.UnsafeAppend(run);
  INGOT_ARROW_ASSIGN(const auto numbers, indices.Finish());
  return Take(*runs.LogicalValues(), *numbers);
}

std::unexpected<Error> TooManyValues() {
  return Fail(ErrorKind::kCorrupt, "the lists of one batch have more than 2^31 - 1 values");
}

template <typename List>
Result<std::shared_ptr<arrow::ListArray>> WithNarrowOffsets(const List& list) {
  const int64_t rows = list.length(), begin = rows == 0 ? 0 : list.value_offset(0);
  const int64_t end = rows == 0 ? 0 : list.value_offset(rows);
  if (end - begin > std::numeric_limits<int32_t>::max()) return TooManyValues();
  arrow::TypedBufferBuilder<int32_t> offsets;
  INGOT_ARROW(offsets.Reserve(rows + 1));
  for (int64_t row = 0; row <= rows; ++row)
    offsets.UnsafeAppend(rows == 0 ? 0 : int32_t(list.value_offset(row) - begin));
  INGOT_ARROW_ASSIGN(auto buffer, offsets.Finish());
  INGOT_ASSIGN(auto valid, Validity(list));
  const auto values = list.values()->Slice(begin, end - begin);
  return std::make_shared<arrow::ListArray>(arrow::list(values->type()), rows, std::move(buffer), values,
                                            std::move(valid), list.null_count());
}

/// Copies the values in row order: those of views and of null rows may overlap, be unordered or unused.
template <typename View>
Result<std::shared_ptr<arrow::ListArray>> WithOrderedValues(const View& view) {
  arrow::Int64Builder indices;
  arrow::TypedBufferBuilder<int32_t> offsets;
  INGOT_ARROW(offsets.Append(0));
  for (int64_t row = 0; row < view.length(); ++row) {
    for (int64_t i = 0; view.IsValid(row) && i < view.value_length(row); ++i)
      INGOT_ARROW(indices.Append(view.value_offset(row) + i));
    if (indices.length() > std::numeric_limits<int32_t>::max()) return TooManyValues();
    INGOT_ARROW(offsets.Append(int32_t(indices.length())));
  }
  INGOT_ARROW_ASSIGN(const auto numbers, indices.Finish());
  INGOT_ASSIGN(const auto values, Take(*view.values(), *numbers));
  INGOT_ARROW_ASSIGN(auto buffer, offsets.Finish());
  INGOT_ASSIGN(auto valid, Validity(view));
  return std::make_shared<arrow::ListArray>(arrow::list(values->type()), view.length(), std::move(buffer), values,
                                            std::move(valid), view.null_count());
}

/// Converts milliseconds that are whole days.
Result<ArrayPointer> DaysOf(const arrow::Array& array, const iceberg::Type& to) {
  const auto& millis = static_cast<const arrow::Date64Array&>(array);
  arrow::Date32Builder days;
  INGOT_ARROW(days.Reserve(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      days.UnsafeAppendNull();
      continue;
    }
    const int64_t value = millis.Value(row), day = value / kMillisPerDay;
    if (value % kMillisPerDay != 0 || day != int32_t(day))
      return Mismatch(array, to, "value " + std::to_string(value) + " is not a whole day");
    days.UnsafeAppend(int32_t(day));
  }
  INGOT_ARROW_ASSIGN(auto made, days.Finish());
  return made;
}

/// Converts bytes of variable width to bytes of a fixed width. Errors: a value of another width.
Result<ArrayPointer> FixedBytesOf(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type,
                                  const iceberg::Type& to) {
  INGOT_ASSIGN(const auto plain, Cast(array, arrow::binary(), to));
  const auto& bytes = static_cast<const arrow::BinaryArray&>(*plain);
  const int64_t width = static_cast<const arrow::FixedSizeBinaryType&>(*type).byte_width();
  arrow::FixedSizeBinaryBuilder fixed(type);
  INGOT_ARROW(fixed.Reserve(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    if (bytes.IsNull(row)) {
      fixed.UnsafeAppendNull();
      continue;
    }
    if (int64_t(bytes.GetView(row).size()) != width)
      return Mismatch(array, to, "a value of " + std::to_string(bytes.GetView(row).size()) + " bytes");
    fixed.UnsafeAppend(bytes.GetView(row));
  }
  INGOT_ARROW_ASSIGN(auto made, fixed.Finish());
  return made;
}

/// Converts timestamps of any unit, and dates. Timestamps with a zone are stored in UTC, whatever zone is displayed. A
/// file without the zone, or with an additional one, stores the same number (INT96, and writers older than Parquet's
/// logical types).
Result<ArrayPointer> TimestampsOf(const arrow::Array& array, const arrow::TimestampType& type,
                                  const iceberg::Type& to) {
  const auto wanted = arrow::timestamp(type.unit(), type.timezone());
  if (array.type_id() == Arrow::DATE32) {
    const auto seconds = arrow::timestamp(arrow::TimeUnit::SECOND);
    INGOT_ASSIGN(const auto midnights, Cast(array, seconds, to));
    return Cast(*midnights, wanted, to);
  }
  auto data = array.data()->Copy();
  const auto unit = static_cast<const arrow::TimestampType&>(*array.type()).unit();
  data->type = arrow::timestamp(unit, type.timezone());
  const auto timestamps = arrow::MakeArray(std::move(data));
  if (unit == type.unit()) return timestamps;
  return Cast(*timestamps, wanted, to);
}

bool IsBytes(Arrow::type id) {
  return arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id);
}

/// Whether values of this Arrow type can be cast to the Arrow type of `to`; each value is checked by the cast.
bool MayCast(Arrow::type id, const iceberg::Type& to) {
  switch (to.id) {
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kLong:
      return arrow::is_integer(id);
    case iceberg::TypeId::kFloat:
      return id == Arrow::HALF_FLOAT;
    case iceberg::TypeId::kDouble:
      return id == Arrow::HALF_FLOAT || id == Arrow::FLOAT;
    case iceberg::TypeId::kDecimal:
      return arrow::is_decimal(id);
    case iceberg::TypeId::kTime:
      return id == Arrow::TIME32 || id == Arrow::TIME64;
    case iceberg::TypeId::kString:
      return IsBytes(id);
    case iceberg::TypeId::kBinary:
      return IsBytes(id) || id == Arrow::FIXED_SIZE_BINARY;
    case iceberg::TypeId::kTimestamp:
    case iceberg::TypeId::kTimestampNs:
      return id == Arrow::TIMESTAMP || id == Arrow::DATE32;
    case iceberg::TypeId::kTimestamptz:
    case iceberg::TypeId::kTimestamptzNs:
      return id == Arrow::TIMESTAMP;
    case iceberg::TypeId::kDate:
      return id == Arrow::DATE64;
    case iceberg::TypeId::kUuid:
    case iceberg::TypeId::kFixed:
      return IsBytes(id);
    case iceberg::TypeId::kBoolean:
    case iceberg::TypeId::kUnknown:
    case iceberg::TypeId::kVariant:
    case iceberg::TypeId::kStruct:
    case iceberg::TypeId::kList:
    case iceberg::TypeId::kMap:
      return false;
  }
  return false;
}

}  // namespace

Result<ArrayPointer> Decoded(ArrayPointer array) {
  while (true) {
    switch (array->type_id()) {
      case Arrow::EXTENSION: {
        const auto& extension = static_cast<const arrow::ExtensionArray&>(*array);
        if (extension.extension_type()->extension_name() == "arrow.bool8") {
          INGOT_TRY(InitializeKernels());
          INGOT_ARROW_ASSIGN(array, arrow::compute::Cast(*extension.storage(), arrow::boolean()));
        } else {
          array = extension.storage();
        }
        break;
      }
      case Arrow::DICTIONARY: {
        const auto& numbered = static_cast<const arrow::DictionaryArray&>(*array);
        INGOT_ASSIGN(array, Take(*numbered.dictionary(), *numbered.indices()));
        break;
      }
      case Arrow::RUN_END_ENCODED: {
        INGOT_ASSIGN(array, WithoutRuns(static_cast<const arrow::RunEndEncodedArray&>(*array)));
        break;
      }
      default:
        return array;
    }
  }
}

bool IsDictionaryOf(const arrow::Array& array, const arrow::DataType& values) {
  if (array.type_id() != Arrow::DICTIONARY) return false;
  const auto& type = static_cast<const arrow::DictionaryType&>(*array.type());
  return type.index_type()->id() == Arrow::INT32 && type.value_type()->Equals(values) &&
         static_cast<const arrow::DictionaryArray&>(array).dictionary()->null_count() == 0;
}

Result<ArrayPointer> ConvertValues(const ArrayPointer& array, const iceberg::Type& to) {
  INGOT_ASSIGN(const auto type, ToArrowType(to));
  if (array->type()->Equals(*type)) return array;
  if (array->type_id() == Arrow::NA || (to.id == iceberg::TypeId::kUnknown && array->null_count() == array->length())) {
    INGOT_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(type, array->length()));
    return nulls;
  }
  if (!MayCast(array->type_id(), to)) return Mismatch(*array, to, "");
  switch (to.id) {
    case iceberg::TypeId::kDate:
      return DaysOf(*array, to);
    case iceberg::TypeId::kTimestamp:
    case iceberg::TypeId::kTimestamptz:
    case iceberg::TypeId::kTimestampNs:
    case iceberg::TypeId::kTimestamptzNs:
      return TimestampsOf(*array, static_cast<const arrow::TimestampType&>(*type), to);
    case iceberg::TypeId::kUuid:
    case iceberg::TypeId::kFixed:
      return FixedBytesOf(*array, type, to);
    case iceberg::TypeId::kBoolean:
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kLong:
    case iceberg::TypeId::kFloat:
    case iceberg::TypeId::kDouble:
    case iceberg::TypeId::kDecimal:
    case iceberg::TypeId::kTime:
    case iceberg::TypeId::kString:
    case iceberg::TypeId::kBinary:
    case iceberg::TypeId::kUnknown:
    case iceberg::TypeId::kVariant:
    case iceberg::TypeId::kStruct:
    case iceberg::TypeId::kList:
    case iceberg::TypeId::kMap:
      break;
  }
  return Cast(*array, type, to);
}

Result<std::shared_ptr<arrow::ListArray>> AsList(const ArrayPointer& array) {
  switch (array->type_id()) {
    case Arrow::LIST:
    case Arrow::MAP:
      return std::static_pointer_cast<arrow::ListArray>(array);
    case Arrow::LARGE_LIST:
      return WithNarrowOffsets(static_cast<const arrow::LargeListArray&>(*array));
    case Arrow::FIXED_SIZE_LIST:
      return WithNarrowOffsets(static_cast<const arrow::FixedSizeListArray&>(*array));
    case Arrow::LIST_VIEW:
      return WithOrderedValues(static_cast<const arrow::ListViewArray&>(*array));
    case Arrow::LARGE_LIST_VIEW:
      return WithOrderedValues(static_cast<const arrow::LargeListViewArray&>(*array));
    default:
      return Fail(ErrorKind::kCorrupt, "not a list");
  }
}

Result<std::shared_ptr<arrow::ListArray>> WithoutUnusedValues(const arrow::ListArray& list) {
  return WithOrderedValues(list);
}

Result<std::shared_ptr<arrow::StructArray>> WithoutOffset(const ArrayPointer& array) {
  auto record = std::static_pointer_cast<arrow::StructArray>(array);
  if (record->offset() == 0) return record;
  arrow::ArrayVector children;
  for (int i = 0; i < record->num_fields(); ++i) children.push_back(record->field(i));
  INGOT_ASSIGN(auto valid, Validity(*record));
  return std::make_shared<arrow::StructArray>(record->type(), record->length(), std::move(children), std::move(valid),
                                              record->null_count());
}

}  // namespace ingot::rows
