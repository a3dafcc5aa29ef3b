#include "run/other_tables.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>

#include "base/log.h"
#include "iceberg/find_table.h"
#include "iceberg/location_catalog.h"
#include "iceberg/summary_numbers.h"
#include "stage/marks.h"
#include "stage/stages.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using iceberg::CatalogEntry;
using iceberg::SequenceNumber;
using iceberg::Table;
using maintain::OtherTable;
using stage::Environment;

void WarnOnce(const std::string& message) {
  static std::mutex mutex;
  static std::set<std::string> logged;
  std::lock_guard lock(mutex);
  if (logged.insert(message).second) LogWarning(message);
}

/// Loads a table of our catalog through the catalog, and one of another catalog by its metadata file.
Result<Table> Load(const Environment& environment, const CatalogEntry& entry) {
  const iceberg::TableHome home{environment.catalog, environment.storage, entry.name};
  if (entry.catalog == environment.catalog->Name()) return iceberg::LoadTable(home);
  INGOT_ASSIGN(const auto entries, environment.catalog->Entries());
  const auto now = std::ranges::find_if(
      entries, [&](const CatalogEntry& other) { return other.catalog == entry.catalog && other.name == entry.name; });
  if (now == entries.end()) return Fail(ErrorKind::kNotFound, "table does not exist: " + entry.name.Text());
  auto metadata = iceberg::ReadMetadataFile(*environment.storage, now->metadata_location);
  if (!metadata) return Fail(ErrorKind::kCorrupt, metadata.error().message);
  return Table{home, now->metadata_location, std::make_shared<const iceberg::TableMetadata>(*std::move(metadata))};
}

/// Returns the folder of a table whose metadata cannot be read: its metadata is in it, or in a subfolder of it.
std::string FolderByMetadata(const std::string& metadata_location) {
  const std::string folder = storage::ParentLocation(metadata_location);
  return folder.ends_with("/metadata") ? storage::ParentLocation(folder) : folder;
}

}  // namespace

Result<std::vector<OtherTable>> OtherTables(const Environment& environment, const iceberg::TableName& name) {
  std::vector<OtherTable> others;
  INGOT_ASSIGN(const auto entries, environment.catalog->Entries());
  for (const CatalogEntry& entry : entries) {
    const bool ours = entry.catalog == environment.catalog->Name();
    if (ours && entry.name == name) continue;
    OtherTable other{.name = ours ? entry.name.Text() : entry.catalog + "." + entry.name.Text(),
                     .location = {},
                     .other_folders = {},
                     .load = [environment, entry] { return Load(environment, entry); }};
    const auto table = other.load();
    if (table) {
      other.location = table->metadata->location;
      for (const char* path : {"write.data.path", "write.metadata.path"})
        if (auto place = table->metadata->Property(path, ""); !place.empty())
          other.other_folders.push_back(std::move(place));
      if (!table->metadata_location.empty()) other.other_folders.push_back(FolderByMetadata(table->metadata_location));
    } else if (table.error().kind == ErrorKind::kNotFound) {
      continue;  // dropped in the meantime
    } else {
      if (!entry.metadata_location.empty()) other.location = FolderByMetadata(entry.metadata_location);
      WarnOnce("table " + other.name + " cannot be read: " + table.error().message +
               "; the other tables are maintained, no file is removed from " +
               (other.location.empty() ? "any folder, because its location is unknown" : other.location));
    }
    others.push_back(std::move(other));
  }
  return others;
}

Result<SequenceNumber> KeepForConsumers(const Environment& environment, const iceberg::TableHome& home) {
  constexpr SequenceNumber kNothing = std::numeric_limits<SequenceNumber>::max();
  INGOT_ASSIGN(const Table before, iceberg::LoadTable(home));
  const auto stage = iceberg::NewestSummary(*before.metadata, stage::kStageKey);
  if (!stage) return kNothing;
  std::vector<iceberg::SnapshotId> consumed;
  SequenceNumber from = kNothing;
  bool ledger = false;
  INGOT_ASSIGN(const auto tables, environment.catalog->ListTables());
  for (const auto& name : tables) {
    const auto found = iceberg::FindTable({environment.catalog, environment.storage, name});
    if (!found) return 0;  // it may be a consumer
    if (!*found) continue;
    const iceberg::TableMetadata& other = *(**found).metadata;
    if (const auto id = stage::ConsumedSnapshot(other)) consumed.push_back(*id);
    if (const auto seen = iceberg::NewestSummaryNumber(other, stage::kLedgerKey + home.name.Text()))
      from = std::min<SequenceNumber>(from, *seen + 1), ledger = true;
  }
  // The source is loaded last: it contains the snapshots that its consumers name.
  INGOT_ASSIGN(const Table source, iceberg::LoadTable(home));
  bool any = stage::ParseStage(*stage) == stage::Stage::kGold;  // no stage reads gold
  for (const auto id : consumed)
    if (const auto* snapshot = source.metadata->SnapshotById(id))
      from = std::min(from, snapshot->sequence_number), any = true;
  return any && ledger ? from : 0;
}

}  // namespace ingot::run
