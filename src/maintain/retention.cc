#include "maintain/retention.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "iceberg/summary.h"
#include "rows/scan.h"

namespace ingot::maintain {
namespace {

using iceberg::TableMetadata;
using iceberg::TransformKind;
using iceberg::TypeId;

/// The time column that the table is partitioned by.
Result<const iceberg::Field*> TimeColumn(const TableMetadata& metadata, const std::string& table) {
  for (const auto& field : metadata.DefaultSpec().fields) {
    const iceberg::Field* source = metadata.CurrentSchema().FindById(field.source_id);
    const bool ordered = field.transform.kind != TransformKind::kBucket && field.transform.kind != TransformKind::kVoid;
    if (source != nullptr && ordered &&
        (source->type.id == TypeId::kTimestamptz || source->type.id == TypeId::kTimestamp ||
         source->type.id == TypeId::kDate))
      return source;
  }
  return Fail(
      ErrorKind::kBadInput,
      "table " + table + " is not partitioned by time, which retention needs: add a partition by day of a time column");
}

/// The limit is rounded down to midnight, so that whole day partitions are removed.
iceberg::Filter Older(const iceberg::Field& column, int64_t keep_micros) {
  const int64_t day = (NowMicros() - keep_micros) / kMicrosPerDay;
  return iceberg::Compare(
      column.name, iceberg::FilterOp::kLess,
      column.type.id == TypeId::kDate ? iceberg::Value(int32_t(day)) : iceberg::Value(day * kMicrosPerDay));
}

/// The time of the newest row in microseconds; ignores files with times in the future. Nothing if no file has the
/// metric.
Result<std::optional<int64_t>> NewestRow(const iceberg::Table& table, const iceberg::Field& column) {
  // The plan has bounds for the columns of its filter only.
  const iceberg::Filter known_times{.op = iceberg::FilterOp::kNotNull, .column = column.name};
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {.filter = known_times}));
  std::optional<int64_t> newest;
  for (const auto& task : plan.tasks) {
    const auto* spec = table.metadata->SpecById(task.file.spec_id);
    if (spec == nullptr) continue;
    const auto known = FileMetrics(task.file, *spec, table.metadata->CurrentSchema())(column.id);
    if (!known.upper) continue;
    const int64_t micros = column.type.id == TypeId::kDate ? std::get<int32_t>(*known.upper) * kMicrosPerDay
                                                           : std::get<int64_t>(*known.upper);
    if (micros <= NowMicros() + kMicrosPerDay && (!newest || micros > *newest)) newest = micros;
  }
  return newest;
}

/// Rows have times of other clocks, which show whether this machine's clock is wrong even if it made all commits.
Status CheckNotFarAhead(const iceberg::Table& table, const iceberg::Field& column, int64_t age_max_micros) {
  INGOT_ASSIGN(const auto newest, NewestRow(table, column));
  if (!newest || NowMicros() - *newest <= age_max_micros) return {};
  return Fail(
      ErrorKind::kRetry,
      fmt::format(
          "table {}: nothing was removed, as the newest row is of {} and this machine's clock says {}: either no "
          "rows have arrived since, or the clock is far ahead. If the clock is right, use "
          "--trust-clock",
          table.home.name.Text(), FormatTimestampMicros(*newest), FormatTimestampMicros(NowMicros())));
}

}  // namespace

Result<PartitionsDropped> DropOldPartitions(const iceberg::TableHome& home, const RetentionOptions& options) {
  INGOT_ASSIGN(const iceberg::Table table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto* column, TimeColumn(*table.metadata, home.name.Text()));
  if (options.newest_age_max_micros) INGOT_TRY(CheckNotFarAhead(table, *column, *options.newest_age_max_micros));
  const iceberg::Filter filter = Older(*column, options.keep_micros);
  INGOT_ASSIGN(const auto bound, iceberg::BoundFilter::Bind(filter, table.metadata->CurrentSchema()));
  const auto is_old = [&](const iceberg::DataFile& file) {
    const auto* spec = table.metadata->SpecById(file.spec_id);
    return file.content == iceberg::FileContent::kData && spec != nullptr &&
           bound.MustMatchFile(file, *spec, table.metadata->CurrentSchema());
  };
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {.filter = filter}));
  PartitionsDropped dropped;
  for (const auto& task : plan.tasks) {
    if (!is_old(task.file)) continue;
    ++dropped.files;
    dropped.rows += task.file.record_count;
    dropped.bytes += task.file.file_bytes;
  }
  if (dropped.files == 0 || options.dry_run) return dropped;
  const int64_t before = std::get<int64_t>(column->type.id == TypeId::kDate
                                               ? iceberg::Value(std::get<int32_t>(filter.values[0]) * kMicrosPerDay)
                                               : filter.values[0]);
  iceberg::SnapshotChange change{.operation = "delete", .summary = {{kRetentionKey, FormatTimestampMicros(before)}}};
  change.removes = [&](const iceberg::DataFile& file) -> Result<bool> { return is_old(file); };
  INGOT_TRY(iceberg::CommitSnapshot(table.home, change));
  return dropped;
}

std::optional<RemovedRows> RemovedByRetention(const TableMetadata& metadata) {
  const auto before = iceberg::NewestSummary(metadata, kRetentionKey);
  const auto micros = before ? iceberg::ParseValue(*before, {.id = TypeId::kTimestamptz})
                             : Fail(ErrorKind::kNotFound, "nothing was removed");
  if (!micros) return std::nullopt;
  for (const auto& field : metadata.DefaultSpec().fields)
    if (const auto* source = metadata.CurrentSchema().FindById(field.source_id);
        source != nullptr && source->type.id == TypeId::kTimestamptz)
      return RemovedRows{source->name, std::get<int64_t>(*micros)};
  return std::nullopt;
}

}  // namespace ingot::maintain
