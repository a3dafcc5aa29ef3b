// Rewriting manifests: few, full, and sorted by partition, so that a scan of some partitions reads few of them.
// Source: Iceberg specification, "Manifests"; the names in the summary are those of Iceberg's RewriteManifests.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct ManifestsRewritten {
  int64_t before = 0, after = 0;  // manifests of the current snapshot
};

/// Does nothing when there are fewer than five, or when the manifests of each partition spec are about as few as their
/// bytes allow (commit.manifest.target-size-bytes). With `dry_run`, `after` is what is to be expected.
Result<ManifestsRewritten> RewriteManifests(const iceberg::TableHome& home, bool dry_run);

}  // namespace ingot::maintain
