#include "run/held_keys.h"

#include <arrow/api.h>

#include <algorithm>
#include <mutex>

#include "base/arrow_result.h"
#include "base/row_hash.h"
#include "base/rows.h"
#include "gold/group_table.h"
#include "maintain/delete_rows.h"
#include "rows/scan_relation.h"
#include "silver/key_hash.h"

namespace ingot::run {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

template <typename Work>
Status ForEachBatch(const stage::Environment& environment, const iceberg::Table& table,
                    const rows::ScanOptions& options, const Work& work) {
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, options));
  std::mutex mutex;
  return rows::ForEachBatch(table, plan, environment.threads, [&](size_t, const Batch& batch) -> Status {
    std::lock_guard lock(mutex);
    return work(batch);
  });
}

}  // namespace

Status DeleteHeldKeys(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                      const iceberg::Table& staging, const iceberg::Table& silver, const stage::Days& days) {
  const std::vector<std::string>& key = spec.unique;
  if (key.empty() || std::ranges::find(key, days.column()) != key.end()) return {};
  silver::HashSet staged;
  INGOT_TRY(ForEachBatch(environment, staging, {.columns = key}, [&](const Batch& rows) -> Status {
    INGOT_ASSIGN(const auto hashes, HashRows(*rows));
    for (const uint64_t hash : hashes) staged.Insert(hash);
    return {};
  }));
  if (staged.size() == 0) return {};
  std::vector<std::string> columns = key;
  columns.push_back(days.column());
  gold::GroupTable held;
  INGOT_TRY(ForEachBatch(environment, silver, {.columns = columns, .filter = days.Outside()},
                         [&](const Batch& rows) -> Status {
                           const Batch keys = SelectColumns(*rows, key);
                           INGOT_ASSIGN(const auto hashes, HashRows(*keys));
                           std::vector<bool> may_be_held = days.Has(*rows);
                           for (size_t row = 0; row < hashes.size(); ++row)
                             may_be_held[row] = !may_be_held[row] && staged.Contains(hashes[row]);
                           INGOT_ASSIGN(const Batch found, FilterRows(keys, may_be_held));
                           INGOT_ASSIGN(const Batch decoded, DecodeDictionaries(found));
                           if (found->num_rows() > 0) INGOT_TRY(held.Number(decoded));
                           return {};
                         }));
  if (held.size() == 0) return {};
  maintain::DeleteRowsOptions deletion{.columns = key, .filter = {}, .threads = environment.threads};
  deletion.matches = [&](const Batch& rows) -> Result<std::shared_ptr<arrow::Array>> {
    INGOT_ASSIGN(const auto has, held.Has(*SelectColumns(*rows, key)));
    return maintain::ToBooleans(has);
  };
  INGOT_TRY(maintain::DeleteRows(staging.home, deletion));
  return {};
}

}  // namespace ingot::run
