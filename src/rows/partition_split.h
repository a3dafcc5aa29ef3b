// Splits batches of rows by their partition, without copying where a batch lies in one.
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

/// Order of the values of partitions of one spec: equal ones are one partition. As text they need not differ: null and
/// 'null'.
struct PartitionLess {
  bool operator()(const std::vector<iceberg::Value>& a, const std::vector<iceberg::Value>& b) const {
    for (size_t i = 0; i < a.size(); ++i)
      if (const int order = iceberg::CompareValues(a[i], b[i]); order != 0) return order < 0;
    return false;
  }
};

class PartitionSplitter {
 public:
  /// Source columns must be top-level columns of the schema. Errors: kUnsupported otherwise, or for an unknown
  /// transform.
  static Result<PartitionSplitter> Make(const iceberg::PartitionSpec& spec, const iceberg::Schema& schema);

  /// Rows keep their order within a partition. Errors: kBadInput for times whose hour 32 bits do not hold. Cost:
  /// O(rows) hash look-ups; one Take per partition of a mixed batch.
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
