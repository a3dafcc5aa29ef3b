#include "iceberg/filter.h"

#include <algorithm>
#include <cmath>

namespace ingot::iceberg {
namespace {

bool IsNaN(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return std::isnan(*number);
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  return false;
}

/// After a promotion, bounds and literals of a column may have different types.
Value Widened(const Value& value) {
  if (const auto* number = std::get_if<int32_t>(&value)) return int64_t(*number);
  if (const auto* number = std::get_if<float>(&value)) return double(*number);
  return value;
}

int Order(const Value& a, const Value& b) {
  return a.index() == b.index() ? CompareValues(a, b) : CompareValues(Widened(a), Widened(b));
}

/// The value of a bound; nothing if its bytes are invalid.
std::optional<Value> BoundOf(const std::string& bytes, const Type& type, bool is_upper) {
  auto value = DeserializeValue(bytes, type);
  if (!value) return std::nullopt;
  // Java compares the halves of UUIDs as signed numbers, also to compute bounds. Bounds of the same sign are ordered
  // like the specification's in their first halves; the second halves are ignored.
  if (type.id == TypeId::kUuid)
    std::fill(std::get<std::string>(*value).begin() + 8, std::get<std::string>(*value).end(), is_upper ? '\xFF' : '\0');
  return std::move(*value);
}

/// Whether a value of the column can be equal to `value`.
bool MayHold(const ColumnMetrics& known, const Value& value) {
  if (known.lower && Order(value, *known.lower) < 0) return false;
  if (known.upper && Order(value, *known.upper) > 0) return false;
  return !known.may_hold || known.may_hold(value);
}

bool MayCompare(FilterOp op, const ColumnMetrics& known, const std::vector<Value>& values) {
  if (op == FilterOp::kIsNull) return known.may_be_null;
  if (!known.may_be_value) return false;
  switch (op) {
    case FilterOp::kNotNull:
      return true;
    case FilterOp::kEqual:
      return IsNaN(values[0]) || MayHold(known, values[0]);
    case FilterOp::kIn:
      return std::ranges::any_of(values, [&](const Value& value) { return IsNaN(value) || MayHold(known, value); });
    case FilterOp::kLess:
      return !known.lower || Order(*known.lower, values[0]) < 0;
    case FilterOp::kLessOrEqual:
      return !known.lower || Order(*known.lower, values[0]) <= 0;
    // SQL engines order NaN above all numbers.
    case FilterOp::kGreater:
      return known.may_be_nan || !known.upper || Order(*known.upper, values[0]) > 0;
    case FilterOp::kGreaterOrEqual:
      return known.may_be_nan || !known.upper || Order(*known.upper, values[0]) >= 0;
    case FilterOp::kTrue:
    case FilterOp::kAnd:
    case FilterOp::kOr:
    case FilterOp::kNotEqual:
    case FilterOp::kIsNull:
      break;
  }
  return true;
}

/// Some writers truncate bounds of text and bytes without rounding up the upper one. Then equal bounds do not prove
/// that all values are equal. The default of write.metadata.metrics.default is truncate(16).
bool MayBeTruncated(const Value& bound) {
  const auto* text = std::get_if<std::string>(&bound);
  return text != nullptr && text->size() >= 16;
}

bool MustCompare(FilterOp op, const ColumnMetrics& known, const std::vector<Value>& values) {
  if (op == FilterOp::kIsNull) return !known.may_be_value;
  if (known.may_be_null) return false;
  if (op == FilterOp::kNotNull) return true;
  if (known.may_be_nan || !known.lower || !known.upper) return false;
  const bool single = Order(*known.lower, *known.upper) == 0 && !MayBeTruncated(*known.upper);
  switch (op) {
    case FilterOp::kEqual:
      return single && Order(*known.lower, values[0]) == 0;
    case FilterOp::kNotEqual:
      return !MayHold(known, values[0]);
    case FilterOp::kIn:
      return single && std::ranges::any_of(values, [&](const Value& value) { return Order(value, *known.lower) == 0; });
    case FilterOp::kLess:
      return Order(*known.upper, values[0]) < 0;
    case FilterOp::kLessOrEqual:
      return Order(*known.upper, values[0]) <= 0;
    case FilterOp::kGreater:
      return Order(*known.lower, values[0]) > 0;
    case FilterOp::kGreaterOrEqual:
      return Order(*known.lower, values[0]) >= 0;
    case FilterOp::kTrue:
    case FilterOp::kAnd:
    case FilterOp::kOr:
    case FilterOp::kIsNull:
    case FilterOp::kNotNull:
      break;
  }
  return false;
}

bool CanHoldNaN(const Type& type) {
  return type.id == TypeId::kFloat || type.id == TypeId::kDouble;
}

}  // namespace

bool AreBoundsOrdered(const Value& lower, const Value& upper) {
  return !IsNaN(lower) && !IsNaN(upper) && Order(lower, upper) <= 0;
}

ColumnMetrics WithoutInvalidBounds(ColumnMetrics known) {
  const bool has_nan = (known.lower && IsNaN(*known.lower)) || (known.upper && IsNaN(*known.upper));
  if (has_nan || (known.lower && known.upper && !AreBoundsOrdered(*known.lower, *known.upper))) {
    known.lower.reset();
    known.upper.reset();
  }
  return known;
}

Filter And(std::vector<Filter> children) {
  return {.op = FilterOp::kAnd, .column = {}, .values = {}, .children = std::move(children)};
}
Filter Or(std::vector<Filter> children) {
  return {.op = FilterOp::kOr, .column = {}, .values = {}, .children = std::move(children)};
}
Filter Compare(std::string column, FilterOp op, Value value) {
  Filter filter{.op = op, .column = std::move(column)};
  if (op != FilterOp::kIsNull && op != FilterOp::kNotNull) filter.values.push_back(std::move(value));
  return filter;
}
Filter In(std::string column, std::vector<Value> values) {
  return {.op = FilterOp::kIn, .column = std::move(column), .values = std::move(values), .children = {}};
}

Result<BoundFilter::Node> BoundFilter::BindNode(const Filter& filter, const Schema& schema) {
  Node node{.op = filter.op};
  for (const Filter& child : filter.children) {
    INGOT_ASSIGN(Node bound, BindNode(child, schema));
    node.children.push_back(std::move(bound));
  }
  if (filter.op == FilterOp::kTrue || filter.op == FilterOp::kAnd || filter.op == FilterOp::kOr) return node;
  const Field* field = schema.FindByName(filter.column);
  if (field == nullptr) return Fail(ErrorKind::kBadInput, "unknown column in filter: " + filter.column);
  node.column = field->id;
  node.type = field->type;
  node.values = filter.values;
  return node;
}

Result<BoundFilter> BoundFilter::Bind(const Filter& filter, const Schema& schema) {
  BoundFilter bound;
  INGOT_ASSIGN(bound.root_, BindNode(filter, schema));
  return bound;
}

bool BoundFilter::MayMatchNode(const Node& node, const MetricsLookup& metrics) {
  const auto may = [&](const Node& child) { return MayMatchNode(child, metrics); };
  if (node.op == FilterOp::kTrue) return true;
  if (node.op == FilterOp::kAnd) return std::ranges::all_of(node.children, may);
  if (node.op == FilterOp::kOr) return std::ranges::any_of(node.children, may);
  return MayCompare(node.op, WithoutInvalidBounds(metrics(node.column)), node.values);
}

bool BoundFilter::Must(const Node& node, const MetricsLookup& metrics) {
  const auto must = [&](const Node& child) { return Must(child, metrics); };
  if (node.op == FilterOp::kTrue) return true;
  if (node.op == FilterOp::kAnd) return std::ranges::all_of(node.children, must);
  if (node.op == FilterOp::kOr) return std::ranges::any_of(node.children, must);
  return MustCompare(node.op, WithoutInvalidBounds(metrics(node.column)), node.values);
}

bool BoundFilter::MayMatch(const MetricsLookup& metrics) const {
  return MayMatchNode(root_, metrics);
}
bool BoundFilter::MustMatch(const MetricsLookup& metrics) const {
  return Must(root_, metrics);
}

// Inclusive projection: a condition on a source column becomes one on the transform's result. Transforms that preserve
// order also keep ranges, but "less" becomes "less or equal"; a bucket keeps equality only.
bool BoundFilter::MayPartition(const Node& node, const PartitionSpec& spec,
                               const std::function<ColumnMetrics(size_t)>& fields) {
  const auto may = [&](const Node& child) { return MayPartition(child, spec, fields); };
  if (node.op == FilterOp::kTrue) return true;
  if (node.op == FilterOp::kAnd) return std::ranges::all_of(node.children, may);
  if (node.op == FilterOp::kOr) return std::ranges::any_of(node.children, may);
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    const Transform& transform = spec.fields[i].transform;
    if (spec.fields[i].source_id != node.column || transform.kind == TransformKind::kVoid ||
        transform.kind == TransformKind::kUnknown)
      continue;
    const bool ordered = KeepsOrder(transform), equality = node.op == FilterOp::kEqual || node.op == FilterOp::kIn;
    const bool null_test = node.op == FilterOp::kIsNull || node.op == FilterOp::kNotNull;
    if (!null_test && !equality && !ordered) continue;
    if (node.op == FilterOp::kNotEqual) continue;
    std::vector<Value> values;
    bool projected = true;
    for (const Value& value : node.values) {
      auto result = ApplyTransform(transform, value, node.type);
      projected = projected && result.has_value();
      if (result) values.push_back(std::move(*result));
    }
    FilterOp op = node.op;
    if (transform.kind != TransformKind::kIdentity && op == FilterOp::kLess) op = FilterOp::kLessOrEqual;
    if (transform.kind != TransformKind::kIdentity && op == FilterOp::kGreater) op = FilterOp::kGreaterOrEqual;
    if (projected && !MayCompare(op, WithoutInvalidBounds(fields(i)), values)) return false;
  }
  return true;
}

bool BoundFilter::MayMatchManifest(const ManifestFile& manifest, const PartitionSpec& spec,
                                   const std::vector<Type>& types) const {
  if (manifest.partitions.size() != spec.fields.size()) return true;
  return MayPartition(root_, spec, [&](size_t i) {
    const PartitionSummary& summary = manifest.partitions[i];
    ColumnMetrics known{.may_be_null = summary.contains_null,
                        .may_be_nan = CanHoldNaN(types[i]) && summary.contains_nan.value_or(true)};
    if (summary.lower) known.lower = BoundOf(*summary.lower, types[i], false);
    if (summary.upper) known.upper = BoundOf(*summary.upper, types[i], true);
    return known;
  });
}

void BoundFilter::Collect(const Node& node, std::vector<FieldId>& columns) {
  if (node.column != 0 && std::ranges::find(columns, node.column) == columns.end()) columns.push_back(node.column);
  for (const Node& child : node.children) Collect(child, columns);
}

std::vector<FieldId> BoundFilter::Columns() const {
  std::vector<FieldId> columns;
  Collect(root_, columns);
  return columns;
}

bool BoundFilter::HasEquality(const Node& node) {
  return node.op == FilterOp::kEqual || node.op == FilterOp::kIn ||
         std::ranges::any_of(node.children, [](const Node& child) { return HasEquality(child); });
}

MetricsLookup FileMetrics(const DataFile& file, const PartitionSpec& spec, const Schema& schema) {
  return [&](FieldId id) {
    const Field* field = schema.FindById(id);
    ColumnMetrics known;
    if (field == nullptr) return known;
    for (size_t i = 0; i < spec.fields.size() && i < file.partition.size(); ++i)
      if (spec.fields[i].source_id == id && spec.fields[i].transform.kind == TransformKind::kIdentity) {
        const Value& value = file.partition[i];
        known.may_be_null = IsNull(value);
        known.may_be_value = !IsNull(value);
        known.may_be_nan = IsNaN(value);
        if (!IsNull(value) && !IsNaN(value)) known.lower = known.upper = value;
        return known;
      }
    const auto nulls = file.null_counts.find(id), values = file.value_counts.find(id), nans = file.nan_counts.find(id);
    if (nulls != file.null_counts.end()) known.may_be_null = nulls->second != 0;
    if (nulls != file.null_counts.end() && values != file.value_counts.end())
      known.may_be_value = nulls->second != values->second;
    known.may_be_nan = CanHoldNaN(field->type) && (nans == file.nan_counts.end() || nans->second != 0);
    if (const auto found = file.lower_bounds.find(id); found != file.lower_bounds.end())
      known.lower = BoundOf(found->second, field->type, false);
    if (const auto found = file.upper_bounds.find(id); found != file.upper_bounds.end())
      known.upper = BoundOf(found->second, field->type, true);
    return known;
  };
}

bool BoundFilter::MayMatchFile(const DataFile& file, const PartitionSpec& spec, const Schema& schema) const {
  const bool partition = MayPartition(root_, spec, [&](size_t i) {
    const Value& value = file.partition[i];
    ColumnMetrics known{.may_be_null = IsNull(value), .may_be_value = !IsNull(value), .may_be_nan = IsNaN(value)};
    if (!IsNull(value) && !IsNaN(value)) known.lower = known.upper = value;
    return known;
  });
  return partition && MayMatch(FileMetrics(file, spec, schema));
}

bool BoundFilter::MustMatchFile(const DataFile& file, const PartitionSpec& spec, const Schema& schema) const {
  return MustMatch(FileMetrics(file, spec, schema));
}

}  // namespace ingot::iceberg
