#include "stage/sample.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "iceberg/schema_change.h"
#include "pipeline/source_position.h"
#include "stage/evolve.h"
#include "stage/position_columns.h"

namespace ingot::stage {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

constexpr int64_t kPartsMin = 8, kPartsMax = 64;

std::string PlaceText(const SampledResult& result) {
  const std::string table = result.table.empty() ? "no table" : result.table;
  return result.rules.empty() ? table : fmt::format("{} ({})", table, fmt::join(result.rules, ", "));
}

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
}

std::optional<double> NumberAt(const arrow::Array& values, int64_t row) {
  const auto scalar = values.GetScalar(row);
  if (!scalar.ok()) return std::nullopt;
  const auto number = (*scalar)->CastTo(arrow::float64());
  if (!number.ok()) return std::nullopt;
  return static_cast<const arrow::DoubleScalar&>(**number).value;
}

bool AlmostEqual(double a, double b, double tolerance) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  return std::abs(a - b) <= tolerance * std::max({std::abs(a), std::abs(b), 0.01});
}

}  // namespace

std::string ToText(const SampledRow& row) {
  if (row.before.table != row.after.table || row.before.rules != row.after.rules)
    return fmt::format("{}: is in {}, and would be in {}", row.name, PlaceText(row.before), PlaceText(row.after));
  std::vector<std::string> values;
  for (size_t i = 0; i < row.before.values.size(); ++i)
    values.push_back(fmt::format("{} is {}, and would be {}", row.before.values[i].first, row.before.values[i].second,
                                 row.after.values[i].second));
  return fmt::format("{}: {}", row.name, fmt::join(values, "; "));
}

std::vector<size_t> Spread(size_t count, size_t most) {
  std::vector<size_t> chosen;
  if (count <= most)
    for (size_t i = 0; i < count; ++i) chosen.push_back(i);
  else
    for (size_t i = 0; i < most; ++i) chosen.push_back(most == 1 ? 0 : i * (count - 1) / (most - 1));
  return chosen;
}

Result<iceberg::Table> WithCurrentNames(iceberg::Table table, const iceberg::Schema& wanted,
                                        const std::map<std::string, std::string>& renames) {
  INGOT_ASSIGN(table, WithPositionColumns(std::move(table), wanted));
  const iceberg::Schema& current = table.metadata->CurrentSchema();
  iceberg::SchemaChange change(current, table.metadata->last_column_id);
  for (const auto& [from, to] : RenamesOf(current, wanted, renames)) change.Rename(from, to);
  INGOT_ASSIGN(iceberg::Schema renamed, change.Finish());
  if (renamed.SameFields(current)) return table;
  auto metadata = std::make_shared<iceberg::TableMetadata>(*table.metadata);
  SetRenamedSchema(*metadata, std::move(renamed));
  table.metadata = std::move(metadata);
  return table;
}

std::vector<std::string> ColumnsIn(const iceberg::Table& table, const std::vector<std::string>& columns) {
  std::vector<std::string> existing = columns;
  const iceberg::Schema& schema = table.metadata->CurrentSchema();
  std::erase_if(existing, [&](const std::string& column) { return schema.FindByName(column) == nullptr; });
  return existing;
}

iceberg::Schema SelectFields(const iceberg::Schema& schema, const std::vector<std::string>& names) {
  iceberg::Schema selected;
  for (const std::string& name : names) selected.fields.push_back(*schema.FindByName(name));
  return selected;
}

bool SameValue(const arrow::Array& a, int64_t row_a, const arrow::Array& b, int64_t row_b, double tolerance) {
  if (a.IsNull(row_a) || b.IsNull(row_b)) return a.IsNull(row_a) && b.IsNull(row_b);
  const bool floating = arrow::is_floating(a.type_id()) || arrow::is_floating(b.type_id());
  if (floating && IsNumber(*a.type()) && IsNumber(*b.type())) {
    const auto x = NumberAt(a, row_a), y = NumberAt(b, row_b);
    return x && y && AlmostEqual(*x, *y, tolerance);
  }
  if (a.type()->Equals(*b.type())) return a.RangeEquals(b, row_a, row_a + 1, row_b);
  return ValueText(a, row_a) == ValueText(b, row_b);
}

std::string ValueText(const arrow::Array& values, int64_t row) {
  if (values.IsNull(row)) return "null";
  const auto scalar = values.GetScalar(row);
  return scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString();
}

std::string RowName(const arrow::RecordBatch& rows, int64_t row) {
  std::string name = "row ";
  for (const char* column : {pipeline::kSource, pipeline::kSourcePartition, pipeline::kSourceOffset})
    if (const auto values = rows.GetColumnByName(column))
      name += (name.ends_with(' ') ? "" : "/") + ValueText(*values, row);
  return name;
}

void AddDifferences(const arrow::RecordBatch& before, int64_t before_row, const arrow::RecordBatch& after,
                    int64_t after_row, const std::vector<std::string>& columns, double tolerance, SampledRow& row) {
  for (const std::string& name : columns) {
    const auto old = before.GetColumnByName(name), now = after.GetColumnByName(name);
    const bool same = old == nullptr ? now->IsNull(after_row) : SameValue(*old, before_row, *now, after_row, tolerance);
    if (same) continue;
    row.before.values.emplace_back(name, old == nullptr ? "null" : ValueText(*old, before_row));
    row.after.values.emplace_back(name, ValueText(*now, after_row));
  }
}

Result<std::vector<Batch>> ReadSample(const iceberg::Table& table, rows::ScanPlan plan, int64_t rows_max) {
  // Few files are opened, however many the plan has; more if they are small.
  const int64_t files = int64_t(plan.tasks.size()), all = std::max<int64_t>(1, plan.RecordCount());
  const size_t most = size_t(std::clamp(rows_max * files / all, kPartsMin, kPartsMax));
  std::ranges::stable_sort(plan.tasks, {}, &rows::FileTask::sequence_number);
  std::vector<rows::FileTask> tasks;
  for (const size_t i : Spread(plan.tasks.size(), most)) tasks.push_back(plan.tasks[i]);
  plan.tasks = std::move(tasks);
  INGOT_ASSIGN(const auto parts, rows::PartsOf(*table.home.storage, plan));
  std::vector<rows::FileTask> chosen;
  for (const size_t i : Spread(parts.size(), most)) chosen.push_back(parts[i]);
  // What small files do not use is left for the large ones.
  std::ranges::stable_sort(chosen, {}, [](const rows::FileTask& task) { return task.file.record_count; });
  std::vector<Batch> sample;
  for (size_t part = 0; part < chosen.size(); ++part) {
    int64_t left = rows_max / int64_t(chosen.size() - part);
    INGOT_ASSIGN(const auto reader, rows::OpenTask(table.home.storage, *table.metadata, plan.projection, chosen[part]));
    while (left > 0) {
      INGOT_ARROW_ASSIGN(Batch batch, reader->Next());
      if (batch == nullptr) break;
      batch = batch->Slice(0, left);
      left -= batch->num_rows();
      rows_max -= batch->num_rows();
      INGOT_ASSIGN(batch, DecodeDictionaries(batch));
      sample.push_back(std::move(batch));
    }
  }
  return sample;
}

}  // namespace ingot::stage
