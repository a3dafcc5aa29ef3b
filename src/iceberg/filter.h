// Conditions on columns, tested against what metadata knows of many rows at once.
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
  std::string column;         // full name, for all but kTrue, kAnd, kOr
  std::vector<Value> values;  // of the column's type
  std::vector<Filter> children;
};

Filter And(std::vector<Filter> children);
Filter Or(std::vector<Filter> children);
Filter Compare(std::string column, FilterOp op, Value value);
Filter In(std::string column, std::vector<Value> values);

/// What is known of one column over a set of rows. Absent bounds: unknown.
struct ColumnKnowledge {
  std::optional<Value> lower, upper;  // inclusive, over values that are neither null nor NaN
  bool may_be_null = true;
  bool may_be_value = true;  // false: all are null
  bool may_be_nan = true;
  std::function<bool(const Value&)> may_hold;  // false: no row has the value; asked last, as it may have to read
};
using Knowledge = std::function<ColumnKnowledge(FieldId)>;

/// Whether these may be the bounds of one column. A lower bound above the upper one was made in another order than the
/// specification's (UUIDs and decimals as signed or unsigned bytes), so that neither tells which values there are; the
/// same goes for NaN.
bool AreInOrder(const Value& lower, const Value& upper);
/// Without bounds that are not in order: every decision is made by what this returns.
ColumnKnowledge Trusted(ColumnKnowledge known);

/// The filter with its columns resolved in a schema. Errors: kBadInput for an unknown column or a value of another
/// type.
class BoundFilter {
 public:
  static Result<BoundFilter> Bind(const Filter& filter, const Schema& schema);

  bool IsTrue() const { return root_.op == FilterOp::kTrue; }
  /// The columns that it looks at.
  std::vector<FieldId> Columns() const;
  /// Whether it asks for equality somewhere, of which bloom filters know more than bounds.
  bool AsksForValues() const { return AsksForValues(root_); }
  /// False only when no row can match.
  bool MayMatch(const Knowledge& knowledge) const;
  /// True only when every row matches.
  bool MustMatch(const Knowledge& knowledge) const;

  /// Whether rows of such a manifest, or of such a file, can match. `types`: see PartitionTypes.
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
  static bool AsksForValues(const Node& node);
  static void Collect(const Node& node, std::vector<FieldId>& columns);
  static bool May(const Node& node, const Knowledge& knowledge);
  static bool Must(const Node& node, const Knowledge& knowledge);
  static bool MayPartition(const Node& node, const PartitionSpec& spec,
                           const std::function<ColumnKnowledge(size_t)>& fields);
  Node root_;
};

/// What a file's metrics and identity partition values say of its columns.
Knowledge KnowledgeOf(const DataFile& file, const PartitionSpec& spec, const Schema& schema);

}  // namespace ingot::iceberg
