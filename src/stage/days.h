// A span of days (UTC) of a time column.
#pragma once

#include <arrow/record_batch.h>

#include <string>
#include <vector>

#include "iceberg/filter.h"
#include "pipeline/pipeline.h"

namespace ingot::stage {

/// Days since 1970-01-01 (UTC), both inclusive.
struct DaySpan {
  int32_t from = 0, to = 0;
  /// "2024-07-19 to 2024-07-21".
  std::string Text() const;
};

/// The rows whose value of a column is in the span.
class Days {
 public:
  Days(std::string column, iceberg::TypeId type, DaySpan span);

  const std::string& column() const { return column_; }
  const DaySpan& span() const { return span_; }
  /// Selects exactly these rows.
  iceberg::Filter Inside() const;
  /// Selects exactly the other rows, those without a value included.
  iceberg::Filter Outside() const;
  /// Whether each row is one of them. The rows must have the column.
  std::vector<bool> Has(const arrow::RecordBatch& rows) const;

 private:
  iceberg::Value ValueOf(int64_t day) const;

  std::string column_;
  iceberg::TypeId type_;
  int64_t units_per_day_;
  DaySpan span_;
};

/// The days of a silver table: those of the time column by which it is partitioned. Bronze, silver and quarantine must
/// have the same values in it. Errors: kBadConfig if the table is not partitioned by a time, or by one that is computed
/// or fixed.
Result<Days> DaysOf(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver, DaySpan span);

}  // namespace ingot::stage
