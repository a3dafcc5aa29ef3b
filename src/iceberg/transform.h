// Partition transforms, which map a column's value to a partition value.
#pragma once

#include <string>
#include <string_view>

#include "iceberg/value.h"

namespace ingot::iceberg {

enum class TransformKind { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };

struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  int32_t parameter = 0;     // bucket: number of buckets; truncate: width
  std::string unknown_name;  // kept, so that metadata is written as it was read

  bool operator==(const Transform&) const = default;
};

/// Parses "identity", "bucket[16]", "truncate[4]", "day", … Unknown names are kept: tables with such a partition field
/// can be read but not written.
Result<Transform> ParseTransform(std::string_view text);
std::string TransformName(const Transform& transform);

/// The type of the transform's results. Errors: kBadInput if the transform does not accept the source type.
Result<Type> TransformResultType(const Transform& transform, const Type& source);

/// Returns null for null. Errors: kUnsupported for an unknown transform.
Result<Value> ApplyTransform(const Transform& transform, const Value& value, const Type& source);

/// The value as text in the names of partition folders: "2024-07-19-13" for hour, "2024-07" for month.
std::string PartitionText(const Transform& transform, const Value& value, const Type& source);

/// Whether a < b implies transform(a) <= transform(b). Then a range of source values is a range of results.
bool KeepsOrder(const Transform& transform);

}  // namespace ingot::iceberg
