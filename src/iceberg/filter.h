// Filters: conditions on columns, evaluated against the metrics of files and partitions to skip those without matches.
// Source: Iceberg specification, "Scan Planning" (inclusive and strict projection).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/manifest.h"

namespace ingot::iceberg {

enum class FilterOp {
  kTrue,
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kIsNull,
  kNotNull
};

struct Filter {
  FilterOp op = FilterOp::kTrue;
  std::string column;         // full name; empty for kTrue, kAnd and kOr
  std::vector<Value> values;  // have the column's type
  std::vector<Filter> children;
};

Filter And(std::vector<Filter> children);
Filter Or(std::vector<Filter> children);
Filter Compare(std::string column, FilterOp op, Value value);
Filter In(std::string column, std::vector<Value> values);

/// What is known about one column of a set of rows. Absent bounds are unknown.
struct ColumnMetrics {
  std::optional<Value> lower, upper;  // inclusive, over values that are neither null nor NaN
  bool may_be_null = true;
  bool may_be_value = true;  // false: all values are null
  bool may_be_nan = true;
  std::function<bool(const Value&)> may_hold;  // false: no row has the value; may read a bloom filter
};
using MetricsLookup = std::function<ColumnMetrics(FieldId)>;

/// Whether these can be the bounds of one column. A lower bound above the upper bound was computed in another order
/// than the specification's (UUIDs and decimals compared as signed or unsigned bytes). Such bounds, and NaN, say
/// nothing about the values.
bool AreBoundsOrdered(const Value& lower, const Value& upper);
/// Removes bounds for which AreBoundsOrdered is false. Every decision uses the result.
ColumnMetrics WithoutInvalidBounds(ColumnMetrics known);

/// A filter whose columns are resolved in a schema. Errors: kBadInput for an unknown column or a value of another type.
class BoundFilter {
 public:
  static Result<BoundFilter> Bind(const Filter& filter, const Schema& schema);

  bool IsTrue() const { return root_.op == FilterOp::kTrue; }
  /// The columns that the filter reads.
  std::vector<FieldId> Columns() const;
  /// Whether it contains an equality condition, for which a bloom filter may exclude more rows than bounds.
  bool HasEquality() const { return HasEquality(root_); }
  /// False only when no row can match.
  bool MayMatch(const MetricsLookup& metrics) const;
  /// True only when every row matches.
  bool MustMatch(const MetricsLookup& metrics) const;

  /// Whether rows of such a manifest or file can match. `types`: see PartitionTypes.
  bool MayMatchManifest(const ManifestFile& manifest, const PartitionSpec& spec, const std::vector<Type>& types) const;
  bool MayMatchFile(const DataFile& file, const PartitionSpec& spec, const Schema& schema) const;
  bool MustMatchFile(const DataFile& file, const PartitionSpec& spec, const Schema& schema) const;

 private:
  struct Node {
    FilterOp op = FilterOp::kTrue;
    FieldId column = 0;
    Type type;
    std::vector<Value> values;
    std::vector<Node> children;
  };
  static Result<Node> BindNode(const Filter& filter, const Schema& schema);
  static bool HasEquality(const Node& node);
  static void Collect(const Node& node, std::vector<FieldId>& columns);
  static bool MayMatchNode(const Node& node, const MetricsLookup& metrics);
  static bool Must(const Node& node, const MetricsLookup& metrics);
  static bool MayPartition(const Node& node, const PartitionSpec& spec,
                           const std::function<ColumnMetrics(size_t)>& fields);
  Node root_;
};

/// Column metrics of a file, from its manifest entry and its identity partition values.
MetricsLookup FileMetrics(const DataFile& file, const PartitionSpec& spec, const Schema& schema);

}  // namespace ingot::iceberg
