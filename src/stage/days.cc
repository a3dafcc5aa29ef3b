#include "stage/days.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "pipeline/plan.h"

namespace ingot::stage {
namespace {

using iceberg::FilterOp;
using iceberg::TransformKind;
using iceberg::TypeId;

std::string DayText(int32_t day) {
  const CivilDate date = CivilFromDays(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

/// The number of units of a value of this type in a day. 0 if the type has no days.
int64_t UnitsPerDay(TypeId type) {
  if (type == TypeId::kDate) return 1;
  if (type == TypeId::kTimestamp || type == TypeId::kTimestamptz) return kMicrosPerDay;
  if (type == TypeId::kTimestampNs || type == TypeId::kTimestamptzNs) return kMicrosPerDay * 1000;
  return 0;
}

bool IsOfTime(TransformKind transform) {
  return transform == TransformKind::kIdentity || transform == TransformKind::kYear ||
         transform == TransformKind::kMonth || transform == TransformKind::kDay || transform == TransformKind::kHour;
}

}  // namespace

std::string DaySpan::Text() const {
  return from == to ? DayText(from) : DayText(from) + " to " + DayText(to);
}

Days::Days(std::string column, TypeId type, DaySpan span)
    : column_(std::move(column)), type_(type), units_per_day_(UnitsPerDay(type)), span_(span) {}

iceberg::Value Days::ValueOf(int64_t day) const {
  if (type_ == TypeId::kDate) return int32_t(day);
  return day * units_per_day_;
}

iceberg::Filter Days::Inside() const {
  return iceberg::And({Compare(column_, FilterOp::kGreaterOrEqual, ValueOf(span_.from)),
                       Compare(column_, FilterOp::kLess, ValueOf(int64_t(span_.to) + 1))});
}

iceberg::Filter Days::Outside() const {
  return iceberg::Or({Compare(column_, FilterOp::kLess, ValueOf(span_.from)),
                      Compare(column_, FilterOp::kGreaterOrEqual, ValueOf(int64_t(span_.to) + 1)),
                      iceberg::Filter{.op = FilterOp::kIsNull, .column = column_}});
}

std::vector<bool> Days::Has(const arrow::RecordBatch& rows) const {
  const auto column = rows.GetColumnByName(column_);
  std::vector<bool> has(size_t(rows.num_rows()));
  const int64_t begin = span_.from * units_per_day_, end = (int64_t(span_.to) + 1) * units_per_day_;
  const auto mark = [&](const auto* values) {
    for (int64_t row = 0; row < rows.num_rows(); ++row)
      has[size_t(row)] = column->IsValid(row) && values[row] >= begin && values[row] < end;
  };
  if (type_ == TypeId::kDate)
    mark(column->data()->GetValues<int32_t>(1));
  else
    mark(column->data()->GetValues<int64_t>(1));
  return has;
}

Result<Days> DaysOf(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver, DaySpan span) {
  const iceberg::Schema schema = SilverSchema(pipeline, silver);
  for (const auto& [name, transform] : silver.table.partition) {
    const iceberg::Field* column = schema.FindByName(name);
    if (column == nullptr || !IsOfTime(transform.kind) || UnitsPerDay(column->type.id) == 0) continue;
    const auto field = std::ranges::find(pipeline.fields, name, &pipeline::FieldSpec::name);
    const bool changed = std::ranges::find(silver.fixes, name, &pipeline::Fix::field) != silver.fixes.end();
    if (changed || (field != pipeline.fields.end() && field->compute))
      return Fail(
          ErrorKind::kBadConfig,
          fmt::format("table {} is partitioned by {}, which silver {}: the rows of a day in bronze may be those "
                      "of other days in silver; use `ingot apply --rebuild`, or partition by a field that "
                      "records have",
                      silver.table.table, name, changed ? "fixes" : "computes"));
    return Days(name, column->type.id, span);
  }
  return Fail(ErrorKind::kBadConfig, "table " + silver.table.table +
                                         " has no days: it is not partitioned by the time of a field, such as "
                                         "`partition: day(timestamp)`");
}

}  // namespace ingot::stage
