// What a table costs in storage, and what maintenance would save.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct Costs {
  int64_t files = 0, bytes = 0;                  // all in the table's folder
  int64_t current_files = 0, current_bytes = 0;  // data and delete files of the current snapshot
  int64_t history_bytes = 0;                     // data files that only older snapshots need
  int64_t metadata_bytes = 0;                    // metadata files, manifest lists, manifests, statistics
  int64_t unneeded_bytes = 0;                    // orphans of any age, and the trash
  double bytes_per_day = 0;                      // added by appends, over the existing snapshots
  int64_t small_files = 0;                       // that compaction would rewrite
};

Result<Costs> CostsOf(const iceberg::TableHome& home);

}  // namespace ingot::maintain
