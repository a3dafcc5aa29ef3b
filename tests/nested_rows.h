// Random nested columns for property tests: types, values, and the same values in arrays with offsets at every level.
#pragma once

#include <arrow/compute/api.h>
#include <arrow/util/bitmap_ops.h>

#include <random>

#include "base/arrow_result.h"
#include "tests/rows.h"

namespace ingot {

using Random = std::mt19937;

inline size_t Below(Random& random, size_t end) {
  return std::uniform_int_distribution<size_t>(0, end - 1)(random);
}

/// A type that tables have in memory, at most `depth` levels deep. Members of structs are a0, a1, ….
inline std::shared_ptr<arrow::DataType> RandomType(Random& random, int depth) {
  const std::vector<std::shared_ptr<arrow::DataType>> leaves = {arrow::boolean(),
                                                                arrow::int32(),
                                                                arrow::int64(),
                                                                arrow::float32(),
                                                                arrow::float64(),
                                                                arrow::decimal128(9, 2),
                                                                arrow::decimal128(30, 4),
                                                                arrow::date32(),
                                                                arrow::time64(arrow::TimeUnit::MICRO),
                                                                arrow::timestamp(arrow::TimeUnit::MICRO),
                                                                Time(),
                                                                arrow::utf8(),
                                                                arrow::utf8(),
                                                                arrow::binary(),
                                                                arrow::fixed_size_binary(3)};
  const size_t kind = depth == 0 ? 0 : Below(random, 4);
  if (kind == 1) {
    arrow::FieldVector members;
    for (size_t i = 0, count = 1 + Below(random, 3); i < count; ++i)
      members.push_back(arrow::field("a" + std::to_string(i), RandomType(random, depth - 1)));
    return arrow::struct_(members);
  }
  if (kind == 2) return arrow::list(arrow::field("element", RandomType(random, depth - 1)));
  if (kind == 3)
    return std::make_shared<arrow::MapType>(arrow::field("key", arrow::utf8(), false),
                                            arrow::field("value", RandomType(random, depth - 1)));
  return leaves[Below(random, leaves.size())];
}

/// A value of the type as JSON, one in six null. Numbers are small and not negative: they fit narrow types, too.
inline std::string RandomJson(const arrow::DataType& type, Random& random, bool nullable = true) {
  if (nullable && Below(random, 6) == 0) return "null";
  const std::string number = std::to_string(Below(random, 100));
  std::string text;
  const auto each = [&](size_t count, const auto& one) {
    for (size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + one(i);
    return "[" + text + "]";
  };
  switch (type.id()) {
    case arrow::Type::BOOL:
      return Below(random, 2) == 0 ? "true" : "false";
    case arrow::Type::DECIMAL128:
      return "\"" + number + (static_cast<const arrow::DecimalType&>(type).scale() == 2 ? ".25\"" : ".0625\"");
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return "\"" + std::string(Below(random, 20), 'x') + number + "\"";
    case arrow::Type::FIXED_SIZE_BINARY:
      return "\"" + std::string(3, char('a' + int(Below(random, 26)))) + "\"";
    case arrow::Type::STRUCT:
      return each(size_t(type.num_fields()), [&](size_t i) { return RandomJson(*type.field(int(i))->type(), random); });
    case arrow::Type::LIST:
      return each(Below(random, 4), [&](size_t) { return RandomJson(*type.field(0)->type(), random); });
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return each(Below(random, 3), [&](size_t i) {
        return "[\"k" + std::to_string(i) + "\"," + RandomJson(*map.item_type(), random) + "]";
      });
    }
    default:
      return number;
  }
}

inline std::shared_ptr<arrow::Array> RandomArray(const std::shared_ptr<arrow::DataType>& type, int64_t rows,
                                                 Random& random) {
  std::string json;
  for (int64_t row = 0; row < rows; ++row) json += (row > 0 ? "," : "") + RandomJson(*type, random);
  return ArrayOf(type, "[" + json + "]");
}

/// One value without names and types, so that arrays of the same values are equal however they store them.
inline std::string ValueOf(const arrow::Array& array, int64_t row) {
  const auto list = [&](const auto& values, int64_t begin, int64_t end) {
    std::string text;
    for (int64_t i = begin; i < end; ++i) text += (i > begin ? "," : "") + ValueOf(values, i);
    return "[" + text + "]";
  };
  if (array.IsNull(row)) return "null";
  if (array.type_id() == arrow::Type::STRUCT) {
    std::string text;
    for (int i = 0; i < array.num_fields(); ++i)
      text += (i > 0 ? "," : "") + ValueOf(*static_cast<const arrow::StructArray&>(array).field(i), row);
    return "{" + text + "}";
  }
  if (array.type_id() == arrow::Type::LIST || array.type_id() == arrow::Type::MAP) {
    const auto& lists = static_cast<const arrow::ListArray&>(array);
    return list(*lists.values(), lists.value_offset(row), lists.value_offset(row + 1));
  }
  // Bytes of one width are bytes to the engine.
  if (array.type_id() == arrow::Type::FIXED_SIZE_BINARY)
    return std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
  if (array.type_id() == arrow::Type::BINARY)
    return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
  return array.GetScalar(row).ValueOrDie()->ToString();
}

inline std::vector<std::string> ValuesOf(const arrow::Array& array) {
  std::vector<std::string> values;
  for (int64_t row = 0; row < array.length(); ++row) values.push_back(ValueOf(array, row));
  return values;
}

inline std::shared_ptr<arrow::Array> Disarranged(const std::shared_ptr<arrow::Array>& array, Random& random,
                                                 bool encoded = false);

/// The same list or map, its values disarranged.
inline std::shared_ptr<arrow::Array> WithOtherValues(const arrow::ListArray& list, Random& random, bool encoded) {
  auto values = list.values();
  auto type = list.type();
  if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapArray&>(list);
    const auto& map_type = static_cast<const arrow::MapType&>(*type);
    const auto keys = Disarranged(map.keys(), random, encoded), items = Disarranged(map.items(), random, encoded);
    type = std::make_shared<arrow::MapType>(map_type.key_field()->WithType(keys->type()),
                                            map_type.item_field()->WithType(items->type()));
    return std::make_shared<arrow::MapArray>(type, list.length(), list.value_offsets(), keys, items, list.null_bitmap(),
                                             list.null_count(), list.offset());
  }
  values = Disarranged(values, random, encoded);
  return std::make_shared<arrow::ListArray>(arrow::list(type->field(0)->WithType(values->type())), list.length(),
                                            list.value_offsets(), values, list.null_bitmap(), list.null_count(),
                                            list.offset());
}

/// The same values as slices of longer arrays, at every level; `encoded`: some leaves as dictionaries or runs.
inline std::shared_ptr<arrow::Array> Disarranged(const std::shared_ptr<arrow::Array>& array, Random& random,
                                                 bool encoded) {
  (void)InitializeKernels();
  auto made = array;
  if (array->type_id() == arrow::Type::STRUCT) {
    const auto& record = static_cast<const arrow::StructArray&>(*array);
    arrow::ArrayVector children;
    arrow::FieldVector fields;
    for (int i = 0; i < record.num_fields(); ++i) {
      children.push_back(Disarranged(record.field(i), random, encoded));
      fields.push_back(record.type()->field(i)->WithType(children.back()->type()));
    }
    const auto valid = record.null_count() == 0
                           ? nullptr
                           : arrow::internal::CopyBitmap(arrow::default_memory_pool(), record.null_bitmap_data(),
                                                         record.offset(), record.length())
                                 .ValueOrDie();
    made = std::make_shared<arrow::StructArray>(arrow::struct_(fields), record.length(), children, valid);
  } else if (array->type_id() == arrow::Type::LIST || array->type_id() == arrow::Type::MAP) {
    made = WithOtherValues(static_cast<const arrow::ListArray&>(*array), random, encoded);
  } else if (encoded && Below(random, 3) == 0) {
    made = arrow::compute::DictionaryEncode(array).ValueOrDie().make_array();
  } else if (encoded && Below(random, 3) == 0) {
    made = arrow::compute::RunEndEncode(array).ValueOrDie().make_array();
  }
  const int64_t rows = made->length(), before = int64_t(Below(random, 12)), after = int64_t(Below(random, 5));
  if (made->type_id() == arrow::Type::RUN_END_ENCODED || rows < 12) return made;
  return arrow::Concatenate({made->Slice(rows - before), made, made->Slice(0, after)})
      .ValueOrDie()
      ->Slice(before, rows);
}

}  // namespace ingot
