// Data files that exist only as manifest entries, without a file on disk.
#pragma once

#include <fmt/format.h>

#include "base/clock.h"
#include "base/random.h"
#include "bench/must.h"
#include "iceberg/manifest.h"

namespace ingot::bench {

/// The manifest entry of a silver file, partitioned by day, with timestamps in [first, first + width) microseconds.
inline iceberg::DataFile FileOf(const iceberg::TableMetadata& table, int64_t first, int64_t width, int64_t number) {
  iceberg::DataFile file{
      .location = fmt::format("{}/data/timestamp_day={}/{:08}-{:04}-{}.parquet", table.location, first / kMicrosPerDay,
                              first / width % 100'000'000, number, RandomUuid()),
      .partition = {int32_t(first / kMicrosPerDay)},
      .record_count = 140'000,
      .file_bytes = 3'600'000};
  for (const iceberg::Field& field : table.CurrentSchema().fields) {
    file.column_bytes[field.id] = 200'000 + number;
    file.value_counts[field.id] = file.record_count;
    file.null_counts[field.id] = 0;
    if (field.type.id == iceberg::TypeId::kDouble) file.nan_counts[field.id] = 0;
    const auto bound = [&](int64_t offset) -> iceberg::Value {
      switch (field.type.id) {
        case iceberg::TypeId::kDouble:
          return double(offset) / 1e6;
        case iceberg::TypeId::kTimestamptz:
          return first + offset;
        case iceberg::TypeId::kLong:
          return first / 1000 + offset;
        case iceberg::TypeId::kInt:
          return int32_t(number);
        default:
          return fmt::format("{:016}", offset + number);
      }
    };
    file.lower_bounds[field.id] = iceberg::SerializeValue(bound(0), field.type);
    file.upper_bounds[field.id] = iceberg::SerializeValue(bound(width - 1), field.type);
  }
  file.split_offsets = {4};
  return file;
}

}  // namespace ingot::bench
