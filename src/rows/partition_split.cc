#include "rows/partition_split.h"

#include <arrow/compute/api.h>

#include <map>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "rows/arrow_schema.h"

namespace ingot::rows {
namespace {

/// Units of the source per partition value, for transforms that divide; 0 for others.
int64_t DivisorOf(const iceberg::Transform& transform, const iceberg::Type& type) {
  if (type.id != iceberg::TypeId::kTimestamp && type.id != iceberg::TypeId::kTimestamptz) return 0;
  if (transform.kind == iceberg::TransformKind::kDay) return kMicrosPerDay;
  if (transform.kind == iceberg::TransformKind::kHour) return kMicrosPerHour;
  return 0;
}

/// Assigns a group to each row, for the common case of one day or hour field. Rows in the range of the previous row
/// need no division.
Status GroupByDivision(const arrow::Array& array, int64_t divisor, const iceberg::Transform& transform,
                       const iceberg::Type& type, std::vector<int32_t>& groups,
                       std::vector<std::vector<iceberg::Value>>& keys) {
  const auto& values = static_cast<const arrow::Int64Array&>(array);
  std::map<int64_t, int32_t> known;
  int32_t null_group = -1, last_group = -1;
  int64_t last_begin = 0;
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      if (null_group < 0) null_group = int32_t(keys.size()), keys.push_back({iceberg::Value{}});
      groups[size_t(row)] = null_group;
      continue;
    }
    const int64_t value = values.raw_values()[row];
    if (last_group < 0 || value < last_begin || value - last_begin >= divisor) {
      const int64_t quotient = value / divisor - (value % divisor < 0);
      const auto [found, added] = known.try_emplace(quotient, int32_t(keys.size()));
      if (added) {
        INGOT_ASSIGN(iceberg::Value result, iceberg::ApplyTransform(transform, value, type));
        keys.push_back({std::move(result)});
      }
      last_group = found->second;
      last_begin = quotient * divisor;
    }
    groups[size_t(row)] = last_group;
  }
  return {};
}

}  // namespace

Result<PartitionSplitter> PartitionSplitter::Make(const iceberg::PartitionSpec& spec, const iceberg::Schema& schema) {
  PartitionSplitter splitter;
  for (const iceberg::PartitionField& field : spec.fields) {
    if (field.transform.kind == iceberg::TransformKind::kUnknown)
      return Fail(ErrorKind::kUnsupported,
                  "cannot write with unknown partition transform " + field.transform.unknown_name);
    Source source{.column = -1, .type = {}, .transform = field.transform};
    for (size_t i = 0; i < schema.fields.size(); ++i)
      if (schema.fields[i].id == field.source_id) source.column = int(i), source.type = schema.fields[i].type;
    if (source.column < 0 && field.transform.kind != iceberg::TransformKind::kVoid)
      return Fail(ErrorKind::kUnsupported,
                  "cannot write: source of partition field " + field.name + " is not a top-level column");
    splitter.sources_.push_back(std::move(source));
  }
  return splitter;
}

Result<std::vector<PartitionedBatch>> PartitionSplitter::Split(const std::shared_ptr<arrow::RecordBatch>& batch) const {
  if (batch->num_rows() == 0) return std::vector<PartitionedBatch>{};
  if (sources_.empty()) return std::vector<PartitionedBatch>{{.partition = {}, .rows = batch}};
  std::vector<int32_t> groups(size_t(batch->num_rows()), 0);
  std::vector<std::vector<iceberg::Value>> keys;
  const int64_t divisor = sources_.size() == 1 ? DivisorOf(sources_[0].transform, sources_[0].type) : 0;
  if (divisor > 0) {
    INGOT_TRY(GroupByDivision(*batch->column(sources_[0].column), divisor, sources_[0].transform, sources_[0].type,
                              groups, keys));
  } else {
    std::map<std::vector<iceberg::Value>, int32_t, PartitionLess> known;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      std::vector<iceberg::Value> key;
      for (const Source& source : sources_) {
        const iceberg::Value cell =
            source.column < 0 ? iceberg::Value{} : CellValue(*batch->column(source.column), row, source.type);
        INGOT_ASSIGN(iceberg::Value value, iceberg::ApplyTransform(source.transform, cell, source.type));
        key.push_back(std::move(value));
      }
      const auto [found, added] = known.try_emplace(key, int32_t(keys.size()));
      if (added) keys.push_back(std::move(key));
      groups[size_t(row)] = found->second;
    }
  }
  if (keys.size() == 1) return std::vector<PartitionedBatch>{{.partition = std::move(keys[0]), .rows = batch}};
  std::vector<arrow::Int32Builder> rows(keys.size());
  for (size_t row = 0; row < groups.size(); ++row) INGOT_ARROW(rows[size_t(groups[row])].Append(int32_t(row)));
  std::vector<PartitionedBatch> split;
  for (size_t i = 0; i < keys.size(); ++i) {
    INGOT_ARROW_ASSIGN(const auto indices, rows[i].Finish());
    INGOT_ARROW_ASSIGN(const auto taken, arrow::compute::Take(arrow::Datum(batch), arrow::Datum(indices),
                                                              arrow::compute::TakeOptions::NoBoundsCheck()));
    split.push_back({std::move(keys[i]), taken.record_batch()});
  }
  return split;
}

}  // namespace ingot::rows
