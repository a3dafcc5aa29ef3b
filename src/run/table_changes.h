// Changes of one table that `ingot table` commits: branches, tags, rollback, format version, and evolution to the
// pipeline file.
#pragma once

#include <string>

#include "run/open.h"

namespace ingot::run {

/// Returns the table of that name in the catalog, which may be outside the pipeline. Errors: kBadInput for a name
/// without a namespace.
Result<iceberg::TableHome> TableHomeOf(const OpenOptions& open_options, const std::string& table);

/// `type`: "branch" or "tag"; `snapshot`: 0 for the current one. Errors: kBadConfig for a name that is not UTF-8;
/// kNotFound for a snapshot that the table does not have. Returns the snapshot.
Result<iceberg::SnapshotId> SetRef(const iceberg::TableHome& home, const std::string& name, const std::string& type,
                                   iceberg::SnapshotId snapshot);
/// Errors: kNotFound; kBadInput for the main branch.
Status DropRef(const iceberg::TableHome& home, const std::string& name);

/// Errors: kNotFound for a snapshot that the table does not have.
Status Rollback(const iceberg::TableHome& home, iceberg::SnapshotId snapshot);
/// Returns the current format version. Errors: kBadInput for a lower one.
Result<int> UpgradeFormat(const iceberg::TableHome& home, int format);

/// Evolves a table of the pipeline to the file (stage::EvolveTable). Errors: kBadInput for another table;
/// kPendingChange if existing rows would differ.
Result<iceberg::Table> EvolveTable(const OpenedPipeline& open, const std::string& table);

}  // namespace ingot::run
