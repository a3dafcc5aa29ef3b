// Maintenance of the pipeline's tables: which snapshots and files the stages no longer need, and when to remove them.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "maintain/compact.h"
#include "maintain/expire.h"
#include "maintain/orphans.h"
#include "maintain/retention.h"
#include "maintain/rewrite_deletes.h"
#include "maintain/rewrite_manifests.h"
#include "maintain/statistics.h"
#include "run/clock.h"
#include "run/open.h"
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

/// Returns the requested tables. Without a request, returns the existing tables of the pipeline and the ledger.
/// Without a pipeline, returns all tables of the catalog.
Result<std::vector<std::string>> RequestedOrAllTables(const stage::Environment& environment,
                                                      const std::vector<std::string>& requested);

/// The same, for a command that needs at least one table. Errors: kNotFound if there is none. `purpose`: "examine".
Result<std::vector<std::string>> RequestedOrExistingTables(const OpenedPipeline& open,
                                                           const std::vector<std::string>& requested,
                                                           std::string_view purpose);

/// Returns the first sequence number whose snapshots later stages or the ledger still have to consume. It is read from
/// the pipeline file; for tables outside the pipeline, from the other tables of the catalog.
Result<iceberg::SequenceNumber> KeepFrom(const stage::Environment& environment, const iceberg::TableHome& home);

/// Returns which files belong to other tables although this table names them. They are needed under another name of
/// this table, or are in the folder of the table that this one copies. Empty without such tables.
Result<std::function<bool(const std::string& location)>> FilesOfOtherTables(const stage::Environment& environment,
                                                                            const iceberg::Table& table);

/// Performs the operations on one table. Retention follows `keep` of the pipeline file; without `keep` there is none.
Result<MaintenanceReport> MaintainTable(const stage::Environment& environment, const std::string& table,
                                        const MaintenanceOptions& options);

}  // namespace ingot::run
