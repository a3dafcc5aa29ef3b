// Data files of a table made one by copying their bytes (parquet/join.h), with the metrics of all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/manifest.h"

namespace ingot::maintain {

struct JoinOptions {
  /// Row groups that are smaller on average are better written anew.
  int64_t group_bytes_min = 1 << 20;
};

/// One file at `location` with all rows of the files, in their order; its metrics are theirs. Nothing when they cannot
/// be joined: their schemas or partitions differ, their row groups are small, or a footer has what this does not know.
/// Then, and after an error, nothing is left at `location`.
Result<std::optional<iceberg::DataFile>> JoinParquet(storage::Storage& storage,
                                                     const std::vector<iceberg::DataFile>& files,
                                                     const iceberg::Schema& schema, const std::string& location,
                                                     const JoinOptions& options);

}  // namespace ingot::maintain
