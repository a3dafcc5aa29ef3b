// Rewrites manifests: fewer, larger, and sorted by partition, so that a scan of some partitions reads few of them.
// Source: Iceberg specification, "Manifests". Summary keys are those of Iceberg's RewriteManifests.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct RewriteManifestsOptions {
  bool dry_run = false;  // returns an estimate
};

struct ManifestsRewritten {
  int64_t before = 0, after = 0;  // manifests of the current snapshot
};

/// Does nothing if there are fewer than five manifests, or if those of each partition spec are already about as few as
/// commit.manifest.target-size-bytes allows.
Result<ManifestsRewritten> RewriteManifests(const iceberg::TableHome& home,
                                            const RewriteManifestsOptions& options = {});

}  // namespace ingot::maintain
