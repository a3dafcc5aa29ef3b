// The hours of the new rows. Only silver files with rows in these hours are searched for duplicates.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <string>

#include "iceberg/filter.h"
#include "pipeline/pipeline.h"

namespace ingot::silver {

class KeyTimes {
 public:
  /// The time is the key column by which silver is partitioned. Without one the search is unbounded.
  KeyTimes(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver);
  /// The time is this column of the rows.
  explicit KeyTimes(std::string column) : column_(std::move(column)) {}

  void Add(const arrow::RecordBatch& keys);
  void Merge(const KeyTimes& other);

  /// Selects the files that may hold a key of the added rows.
  iceberg::Filter Filter() const;

 private:
  struct Range {
    int64_t first, last;  // microseconds
  };
  void Widen(int64_t hour, Range range);

  std::string column_;
  std::map<int64_t, Range> hours_;
  bool nulls_ = false;
};

}  // namespace ingot::silver
