#include "silver/replace_rows.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/log.h"
#include "iceberg/commit.h"
#include "maintain/delete_rows.h"

namespace ingot::silver {

Status CommitReplacing(const stage::Environment& environment, const iceberg::Table& table,
                       const std::vector<const SourcePositions*>& gone, const iceberg::SnapshotChange& change) {
  std::vector<iceberg::Filter> filters;
  for (const SourcePositions* positions : gone)
    if (!positions->Empty()) filters.push_back(positions->Filter());
  maintain::DeleteRowsOptions options{.columns = PositionColumns(),
                                      .filter = iceberg::Or(std::move(filters)),
                                      .validate = change.validate,
                                      .replacements = change.added,
                                      .threads = environment.threads};
  options.matches = [&](const std::shared_ptr<arrow::RecordBatch>& rows) -> Result<std::shared_ptr<arrow::Array>> {
    std::vector<bool> is_gone(size_t(rows->num_rows()));
    for (const SourcePositions* positions : gone) {
      INGOT_ASSIGN(const auto found, positions->Find(*rows));
      for (size_t row = 0; row < is_gone.size(); ++row) is_gone[row] = is_gone[row] || found.known[row];
    }
    return maintain::ToBooleans(is_gone);
  };
  options.amend = [&](iceberg::SnapshotChange& deletes) {
    deletes.operation = "overwrite";
    for (const auto& [key, value] : change.summary) deletes.summary[key] = value;
    deletes.metadata_change = change.metadata_change;
  };
  const auto done = maintain::DeleteRowsOf(table, options);
  if (done) return {};
  iceberg::DiscardUnlessUnknown(*table.home.storage, iceberg::LocationsOf(change.added), done.error());
  return std::unexpected(done.error());
}

Status ReportChangedRows(const stage::Environment& environment, const iceberg::Table& bronze, const std::string& silver,
                         const stage::Changes& changes, const ChangedRows* changed, int64_t new_rows) {
  const std::string what = "table " + bronze.home.name.Text() + ": " + changes.rewriter;
  if (changed != nullptr) {
    LogInfo(fmt::format("{} deleted {} rows and changed {} that {} had consumed: {} follows", what,
                        changed->deleted_rows, changed->changed_rows, silver, silver));
    return {};
  }
  INGOT_ASSIGN(const int64_t deleted, CountDeletedRows(environment, bronze, changes, new_rows));
  LogWarning(
      fmt::format("{} deleted or overwrote rows. {} keeps the rows that it has consumed as they were, {} of which "
                  "bronze does not have any more. With follow_deletes: true in the silver section, silver and "
                  "gold follow later changes; change these rows with ingot table delete",
                  what, silver, deleted));
  return {};
}

}  // namespace ingot::silver
