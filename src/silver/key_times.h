// When the new rows happened, by hour, so that duplicates are looked for only in files of silver that hold those hours.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <string>

#include "iceberg/filter.h"
#include "pipeline/pipeline.h"

namespace ingot::silver {

class KeyTimes {
 public:
  /// The time is the column of the key by which silver is partitioned; without one nothing bounds the search.
  KeyTimes(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver);

  void Add(const arrow::RecordBatch& keys);
  void Merge(const KeyTimes& other);

  /// Files that may hold a key of the rows that were added.
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
