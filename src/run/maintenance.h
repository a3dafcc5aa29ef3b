// Maintenance of the pipeline's tables: what it may take, seen from the stages, and when.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "maintain/compact.h"
#include "maintain/expire.h"
#include "maintain/orphans.h"
#include "maintain/retention.h"
#include "maintain/rewrite_deletes.h"
#include "maintain/rewrite_manifests.h"
#include "maintain/statistics.h"
#include "run/clock.h"
#include "stage/stage.h"

namespace ingot::run {

struct MaintenanceOptions {
  std::set<std::string>
      operations;  // of retention, compact, deletes, manifests, statistics, expire, orphans; in this order
  maintain::CompactOptions compact;
  std::optional<int64_t> file_bytes_target;  // instead of write.target-file-size-bytes
  maintain::RewriteDeletesOptions deletes;
  maintain::ExpireOptions expire;
  maintain::OrphanOptions orphans;
  ClockOptions clock;
  bool dry_run = false;
};

struct MaintenanceReport {
  std::string table;
  std::optional<maintain::PartitionsDropped> retention;
  std::optional<maintain::Compacted> compact;
  std::optional<maintain::DeletesRewritten> deletes;
  std::optional<maintain::ManifestsRewritten> manifests;
  std::optional<maintain::StatisticsWritten> statistics;
  std::optional<maintain::Expired> expire;
  std::optional<maintain::Orphans> orphans;
};

/// The tables that were asked for; when none were, those of the pipeline that exist, the ledger's too. Without a
/// pipeline all of the catalog.
Result<std::vector<std::string>> TablesOr(const stage::Environment& environment, const std::vector<std::string>& asked);

/// The sequence number from which on the table's snapshots are still to be consumed, by later stages or the ledger: by
/// the pipeline file, and for tables that it does not have by what the catalog's tables say.
Result<iceberg::SequenceNumber> KeepFrom(const stage::Environment& environment, const iceberg::TableHome& home);

/// Does the operations on one table. Retention is that of the pipeline file (`keep`); none where it says none.
Result<MaintenanceReport> MaintainTable(const stage::Environment& environment, const std::string& table,
                                        const MaintenanceOptions& options);

}  // namespace ingot::run
