// Splits batches of rows by partition; a batch that lies in one partition is not copied.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <vector>

#include "iceberg/metadata.h"
#include "iceberg/value.h"

namespace ingot::rows {

struct PartitionedBatch {
  std::vector<iceberg::Value> partition;  // one per field of the spec
  std::shared_ptr<arrow::RecordBatch> rows;
};

/// Orders the partitions of one spec by their values. Their text may be equal for different values (null and 'null').
struct PartitionLess {
  bool operator()(const std::vector<iceberg::Value>& a, const std::vector<iceberg::Value>& b) const {
    for (size_t i = 0; i < a.size(); ++i)
      if (const int order = iceberg::CompareValues(a[i], b[i]); order != 0) return order < 0;
    return false;
  }
};

class PartitionSplitter {
 public:
  /// Errors: kUnsupported for a source column that is not a top-level column of the schema and for an unknown
  /// transform.
  static Result<PartitionSplitter> Make(const iceberg::PartitionSpec& spec, const iceberg::Schema& schema);

  /// Rows keep their order within a partition. Errors: kBadInput for times whose hour does not fit into 32 bits. Cost:
  /// O(rows) hash lookups; one Take per partition of a batch with several.
  Result<std::vector<PartitionedBatch>> Split(const std::shared_ptr<arrow::RecordBatch>& batch) const;

 private:
  struct Source {
    int column;
    iceberg::Type type;
    iceberg::Transform transform;
  };
  std::vector<Source> sources_;
};

}  // namespace ingot::rows
