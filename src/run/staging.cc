#include "run/staging.h"

#include <algorithm>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "rows/scan.h"
#include "stage/fence.h"
#include "stage/marks.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

/// Whether the snapshot up to which a table has consumed its source is in the history of the source.
bool HasPlaceOf(const iceberg::TableMetadata& table, const iceberg::TableMetadata& source) {
  const auto consumed = stage::ConsumedSnapshot(table);
  return !consumed || std::ranges::any_of(AncestorsOf(source, source.current_snapshot_id),
                                          [&](const iceberg::Snapshot* one) { return one->snapshot_id == *consumed; });
}

}  // namespace

iceberg::TableMetadata EmptyCopyOf(const iceberg::TableMetadata& target, const EmptyCopyOptions& options) {
  iceberg::TableMetadata metadata = target;
  metadata.table_uuid = RandomUuid();
  metadata.properties["write.data.path"] =
      metadata.Property("write.data.path", storage::JoinLocation(metadata.location, "data"));
  metadata.location = options.with_location ? storage::JoinLocation(storage::JoinLocation(metadata.location, "staging"),
                                                                    metadata.table_uuid)
                                            : "";
  metadata.properties.erase("write.metadata.path");
  metadata.properties.erase(stage::kPipelineProperty);
  metadata.last_sequence_number = 0;
  metadata.current_snapshot_id.reset();
  metadata.snapshots = {};
  metadata.snapshot_log.clear();
  metadata.metadata_log.clear();
  metadata.refs.clear();
  metadata.other.clear();
  return metadata;
}

bool IsStagingOf(const iceberg::TableName& target, const iceberg::TableName& name) {
  if (name.space != target.space || !name.name.starts_with(target.name)) return false;
  const std::string_view rest = std::string_view(name.name).substr(target.name.size());
  const auto has = [&](std::string_view suffix, size_t digits) {
    return rest.size() == suffix.size() + digits && rest.starts_with(suffix) &&
           rest.find_first_not_of("0123456789abcdef", suffix.size()) == std::string_view::npos;
  };
  return has(kRebuildSuffix, 0) || has(kDaysSuffix, kDaysDigits) || has(kEngineSuffix, kEngineDigits);
}

Status DiscardStagingOf(const iceberg::TableHome& target) {
  INGOT_ASSIGN(const auto tables, target.catalog->ListTables());
  for (const iceberg::TableName& name : tables) {
    if (!IsStagingOf(target.name, name)) continue;
    iceberg::TableHome home = target;
    home.name = name;
    INGOT_ASSIGN(const auto found, iceberg::FindTable(home));
    if (found) DiscardStaging(home, found->metadata->location);
  }
  return {};
}

Status ContinueStaging(const stage::Environment& environment, const iceberg::TableHome& home,
                       const iceberg::TableMetadata& target, const iceberg::TableMetadata* source,
                       const iceberg::Properties& stamp) {
  INGOT_ASSIGN(const auto found, iceberg::FindTable(home));
  if (found) {
    const iceberg::TableMetadata& metadata = *found->metadata;
    const bool fits =
        std::ranges::all_of(stamp,
                            [&](const auto& entry) { return metadata.Property(entry.first, "") == entry.second; }) &&
        metadata.Property(stage::kDefinitionProperty, "") == target.Property(stage::kDefinitionProperty, "") &&
        SameLayout(metadata, target) && (source == nullptr || HasPlaceOf(metadata, *source));
    if (fits) {
      LogWarning("table " + home.name.Text() + ": interrupted work is continued");
      return {};
    }
    DiscardStaging(home, metadata.location);
  }
  iceberg::TableMetadata empty = EmptyCopyOf(target, {.with_location = !environment.catalog->ChoosesLocations()});
  for (const char* key : stage::kMarkKeys) empty.properties.erase(key);
  for (const char* key : {stage::kRevertedKey, stage::kReplayKey}) empty.properties.erase(key);
  for (const auto& [key, value] : stamp) empty.properties[key] = value;
  const auto created = iceberg::CreateTable(home, empty);
  if (!created && created.error().kind != ErrorKind::kExists) return std::unexpected(created.error());
  return FaultPoint("rebuild.staging_created");
}

bool SameLayout(const iceberg::TableMetadata& a, const iceberg::TableMetadata& b) {
  return a.CurrentSchema().SameFields(b.CurrentSchema()) && a.default_spec_id == b.default_spec_id &&
         a.DefaultSpec().SameFields(b.DefaultSpec());
}

Result<std::vector<iceberg::DataFile>> FilesOf(const iceberg::Table& staging) {
  std::vector<iceberg::DataFile> files;
  const iceberg::Snapshot* snapshot = staging.metadata->CurrentSnapshot();
  if (snapshot == nullptr) return files;
  INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(*staging.home.storage, *snapshot));
  for (const iceberg::ManifestFile& manifest : manifests)
    INGOT_TRY(iceberg::ForEachEntry(*staging.home.storage, manifest, *staging.metadata, nullptr,
                                    [&](iceberg::ManifestEntry& entry) -> Status {
                                      if (entry.status == iceberg::EntryStatus::kDeleted) return {};
                                      entry.file.first_row_id.reset();  // the target numbers its rows itself
                                      files.push_back(std::move(entry.file));
                                      return {};
                                    }));
  return files;
}

void DiscardStaging(const iceberg::TableHome& home, const std::string& location) {
  const Status dropped = home.catalog->Drop(home.name);
  if (!dropped && dropped.error().kind != ErrorKind::kNotFound) return;
  if (const auto metadata = home.storage->List(storage::JoinLocation(location, "metadata")))
    for (const auto& file : *metadata) (void)home.storage->Delete(file.location);
}

Result<Staging> Staging::Make(const stage::Environment& environment, const iceberg::Table& target) {
  Staging staging;
  staging.home_ = target.home;
  staging.home_.name.name += kEngineSuffix + RandomUuid().substr(0, kEngineDigits);
  const auto metadata = EmptyCopyOf(*target.metadata, {.with_location = !environment.catalog->ChoosesLocations()});
  INGOT_ASSIGN(const auto made, iceberg::CreateTable(staging.home_, metadata));
  staging.location_ = made.metadata->location;
  return staging;
}

Staging::~Staging() {
  if (!home_.catalog) return;
  iceberg::Discard(*home_.storage, files_);
  DiscardStaging(home_, location_);
}

Result<stage::WrittenRows> Staging::Files(const iceberg::Table& target) {
  INGOT_ASSIGN(const auto filled, iceberg::LoadTable(home_));
  stage::WrittenRows written;
  if (filled.metadata->CurrentSnapshot() == nullptr) return written;
  if (filled.metadata->snapshots.size() > 1)  // a retried request may have been executed twice
    return Fail(ErrorKind::kRetry, Name() + " was filled more than once: run again");
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*home_.storage, *filled.metadata, {}));
  for (const rows::FileTask& task : plan.tasks) {
    if (!task.deletes.empty() || task.file.spec_id != target.metadata->default_spec_id)
      return Fail(ErrorKind::kInternal, Name() + " contains an unexpected file: " + task.file.location);
    files_.push_back(task.file.location);
    written.files.push_back(task.file);
    written.rows += task.file.record_count;
    written.bytes += task.file.file_bytes;
  }
  return written;
}

}  // namespace ingot::run
