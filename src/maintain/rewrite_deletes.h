// Rewrites position delete files without touching data files: merges them and drops positions in files that no longer
// exist. In tables of format 3 they become deletion vectors.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct RewriteDeletesOptions {
  size_t files_min = 2;  // per partition; fewer are kept as they are in format 2
  bool dry_run = false;
};

struct DeletesRewritten {
  int64_t files_in = 0, files_out = 0;
};

/// Runs concurrently with all other writers. After changes other than appends it starts over, a bounded number of
/// times.
/// Errors: kConflict if each attempt conflicts.
Result<DeletesRewritten> RewriteDeletes(const iceberg::TableHome& home, const RewriteDeletesOptions& options);

}  // namespace ingot::maintain
