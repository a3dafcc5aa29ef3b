// Joins the data files of a table by copying their bytes (parquet/join.h); the metrics of all are combined.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/manifest.h"

namespace ingot::maintain {

struct JoinOptions {
  /// Files with smaller row groups on average are not joined.
  int64_t group_bytes_min = 1 << 20;
};

/// Writes one file at `location` with all rows of the files, in order, and returns its manifest entry with combined
/// metrics. Returns nothing if the files cannot be joined: schemas or partitions differ, row groups are small, or a
/// footer has unknown fields. Then, and after an error, no file is left at `location`.
Result<std::optional<iceberg::DataFile>> JoinParquet(storage::Storage& storage,
                                                     const std::vector<iceberg::DataFile>& files,
                                                     const iceberg::Schema& schema, const std::string& location,
                                                     const JoinOptions& options);

}  // namespace ingot::maintain
