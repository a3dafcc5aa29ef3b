#include "parquet/repair.h"

#include "parquet/thrift_compact.h"

namespace ingot::parquet_format {
namespace {

// Fields of parquet.thrift.
constexpr int16_t kSchema = 2;                       // of FileMetaData
constexpr int16_t kChildren = 5, kLogicalType = 10;  // of SchemaElement
constexpr int16_t kNullType = 11;                    // of LogicalType

}  // namespace

std::optional<std::string> RepairedFooter(std::string_view footer) {
  auto metadata = ReadThrift(footer);
  ThriftValue* schema = metadata ? metadata->Find(kSchema) : nullptr;
  if (schema == nullptr) return std::nullopt;
  size_t repaired = 0;
  for (ThriftValue& element : schema->items) {
    const ThriftValue *children = element.Find(kChildren), *logical = element.Find(kLogicalType);
    if (children == nullptr || children->number == 0 || logical == nullptr || logical->Find(kNullType) == nullptr)
      continue;
    repaired += std::erase_if(element.fields, [](const ThriftField& field) { return field.id == kLogicalType; });
  }
  if (repaired == 0) return std::nullopt;
  return WriteThrift(*metadata);
}

bool IsWholeFooter(std::string_view footer) {
  return bool(ReadThrift(footer));
}

}  // namespace ingot::parquet_format
