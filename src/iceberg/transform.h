// Partition transforms: from a column's value to a partition value.
// Source: Iceberg specification, "Partition Transforms".
#pragma once

#include <string>
#include <string_view>

#include "iceberg/value.h"

namespace ingot::iceberg {

enum class TransformKind { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };

struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  int32_t parameter = 0;     // bucket: number of buckets; truncate: width
  std::string unknown_name;  // kept so that metadata is rewritten as it came

  bool operator==(const Transform&) const = default;
};

/// "identity", "bucket[16]", "truncate[4]", "day", … Unknown names are kept: such a field can be read but not written.
Result<Transform> ParseTransform(std::string_view text);
std::string TransformName(const Transform& transform);

/// The type of the transform's results for a source column. Errors: kBadInput when the source type is not allowed.
Result<Type> TransformResultType(const Transform& transform, const Type& source);

/// Null gives null. Errors: kUnsupported for an unknown transform.
Result<Value> ApplyTransform(const Transform& transform, const Value& value, const Type& source);

/// Human form in partition folders: "2024-07-19-13" for hour, "2024-07" for month.
std::string PartitionText(const Transform& transform, const Value& value, const Type& source);

/// Whether a < b implies transform(a) <= transform(b), so that ranges of the source prune ranges of the result.
bool KeepsOrder(const Transform& transform);

}  // namespace ingot::iceberg
