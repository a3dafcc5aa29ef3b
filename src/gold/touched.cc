#include "gold/touched.h"

#include <arrow/api.h>

#include <map>
#include <set>

#include "base/arrow_result.h"
#include "base/clock.h"

namespace ingot::gold {
namespace {

using iceberg::FilterOp;
using pipeline::Expression;

/// The group that is `function` of a plain field.
const pipeline::NamedExpression* GroupBy(const pipeline::GoldSpec& spec, const std::string& function,
                                         const std::string& field) {
  for (const auto& group : spec.group) {
    const Expression& expression = group.expression;
    if (expression.kind == Expression::Kind::kCall && expression.text == function &&
        expression.arguments[0].kind == Expression::Kind::kColumn &&
        (field.empty() || expression.arguments[0].text == field))
      return &group;
  }
  return nullptr;
}

/// The group that is the hour of the same field.
const pipeline::NamedExpression* HourOf(const pipeline::GoldSpec& spec, const pipeline::NamedExpression& date) {
  return GroupBy(spec, "hour", date.expression.arguments[0].text);
}

}  // namespace

iceberg::Filter SilverFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched) {
  const auto* date = GroupBy(spec, "date", "");
  if (date == nullptr) return {};
  const std::string& field = date->expression.arguments[0].text;
  const auto* hour = GroupBy(spec, "hour", field);
  const auto days = touched.GetColumnByName(date->name);
  const auto hours = hour != nullptr ? touched.GetColumnByName(hour->name) : nullptr;
  if (days->null_count() > 0 || (hours && hours->null_count() > 0)) return {};
  std::set<int64_t> starts;
  for (int64_t row = 0; row < touched.num_rows(); ++row)
    starts.insert(static_cast<const arrow::Date32Array&>(*days).Value(row) * kMicrosPerDay +
                  (hours ? static_cast<const arrow::Int32Array&>(*hours).Value(row) * kMicrosPerHour : 0));
  const int64_t width = hours ? kMicrosPerHour : kMicrosPerDay;
  std::vector<iceberg::Filter> ranges;
  for (auto start = starts.begin(); start != starts.end();) {
    const int64_t first = *start;
    int64_t end = first + width;
    while (++start != starts.end() && *start == end) end += width;
    ranges.push_back(
        iceberg::And({Compare(field, FilterOp::kGreaterOrEqual, first), Compare(field, FilterOp::kLess, end)}));
  }
  return iceberg::Or(std::move(ranges));
}

iceberg::Filter GoldFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched) {
  const auto* date = GroupBy(spec, "date", "");
  const auto days = date != nullptr ? touched.GetColumnByName(date->name) : nullptr;
  if (days == nullptr || days->null_count() > 0) return {};
  std::set<int32_t> values;
  for (int64_t row = 0; row < touched.num_rows(); ++row)
    values.insert(static_cast<const arrow::Date32Array&>(*days).Value(row));
  return iceberg::In(date->name, {values.begin(), values.end()});
}

std::string DayFieldOf(const pipeline::GoldSpec& spec) {
  const auto* date = GroupBy(spec, "date", "");
  if (date == nullptr || pipeline::TouchedGroups(spec).size() != (HourOf(spec, *date) != nullptr ? 2 : 1)) return "";
  return date->expression.arguments[0].text;
}

Result<std::shared_ptr<arrow::RecordBatch>> GroupsOfDay(const pipeline::GoldSpec& spec, int32_t day) {
  if (DayFieldOf(spec).empty())
    return Fail(ErrorKind::kUnsupported,
                "table " + spec.table.table + " is not grouped by date(field), or hour(field) too: it has no days");
  const auto* date = GroupBy(spec, "date", "");
  const int64_t rows = HourOf(spec, *date) != nullptr ? 24 : 1;
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& group : pipeline::TouchedGroups(spec)) {
    std::shared_ptr<arrow::Array> values;
    arrow::Date32Builder days;
    arrow::Int32Builder hours;
    for (int32_t row = 0; row < rows; ++row) {
      if (group.name == date->name)
        INGOT_ARROW(days.Append(day));
      else
        INGOT_ARROW(hours.Append(row));
    }
    INGOT_ARROW(group.name == date->name ? days.Finish(&values) : hours.Finish(&values));
    fields.push_back(arrow::field(group.name, values->type()));
    columns.push_back(std::move(values));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(columns));
}

}  // namespace ingot::gold
