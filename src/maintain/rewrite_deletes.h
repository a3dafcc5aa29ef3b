// Position delete files written anew alone: few instead of many, without positions in files that are gone; in tables of
// format 3 as deletion vectors. The data files stay as they are.
// Source: Iceberg specification, "Position Delete Files", "Deletion Vectors".
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct RewriteDeletesOptions {
  size_t files_min = 2;  // in one partition; fewer are left alone in tables of format 2
  bool dry_run = false;
};

struct DeletesRewritten {
  int64_t files_in = 0, files_out = 0;
};

/// Safe beside every other writer: when others change more than append, it begins again, a bounded number of times.
/// Errors: kConflict when they do so each time.
Result<DeletesRewritten> RewriteDeletes(const iceberg::TableHome& home, const RewriteDeletesOptions& options);

}  // namespace ingot::maintain
