#include "run/register.h"

#include <set>

#include "iceberg/location_catalog.h"
#include "iceberg/unregistered.h"
#include "run/found_tables.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

/// Unlike iceberg::IsMetadataFile, accepts any name before the extension: the user named this file.
bool IsFileName(std::string_view location) {
  return location.ends_with(".json") || location.ends_with(".json.gz") || location.ends_with(".json.zst") ||
         location.ends_with(".json.zstd");
}

std::string FolderOf(const std::string& metadata_location) {
  return storage::CanonicalLocation(storage::ParentLocation(metadata_location));
}

/// Only tables with metadata in the same folders can be the same table. Others are not loaded, unless their catalog
/// does not give the location of their metadata.
Result<std::vector<iceberg::TableName>> OtherNames(const Lakehouse& house, const Registration& registration) {
  std::set<std::string> folders{FolderOf(registration.metadata_location)};
  for (const auto& entry : registration.metadata.metadata_log) folders.insert(FolderOf(entry.metadata_file));
  std::vector<iceberg::TableName> names;
  INGOT_ASSIGN(const auto entries, house.catalog->Entries());
  for (const iceberg::CatalogEntry& entry : entries) {
    if (entry.catalog != house.catalog->Name() || entry.name == registration.name) continue;
    if (!entry.metadata_location.empty() && !folders.contains(FolderOf(entry.metadata_location))) continue;
    const auto other = house.catalog->Load(entry.name, house.storage);
    if (other && other->metadata->table_uuid == registration.metadata.table_uuid) names.push_back(entry.name);
  }
  return names;
}

}  // namespace

Result<Registration> RegisterTable(const Lakehouse& house, const std::string& table, const std::string& location) {
  Registration registration{.name = {}, .metadata_location = storage::AbsoluteLocation(location)};
  INGOT_ASSIGN(registration.name, iceberg::ParseTableName(table, house.catalog->Name()));
  if (!IsFileName(registration.metadata_location)) {
    INGOT_ASSIGN(registration.metadata_location, NewestMetadataOf(*house.storage, registration.metadata_location));
  }
  INGOT_ASSIGN(registration.metadata, iceberg::ReadMetadataFile(*house.storage, registration.metadata_location));
  INGOT_TRY(house.catalog->CreateNamespace(registration.name.space));
  INGOT_TRY(house.catalog->Register(registration.name, registration.metadata_location));
  INGOT_TRY(iceberg::MarkRegistered(*house.storage, registration.metadata));
  if (auto others = OtherNames(house, registration)) registration.other_names = std::move(*others);
  return registration;
}

Result<Unregistration> UnregisterTable(const Lakehouse& house, const std::string& table) {
  Unregistration done;
  INGOT_ASSIGN(done.name, iceberg::ParseTableName(table, house.catalog->Name()));
  INGOT_ASSIGN(const auto loaded, house.catalog->Load(done.name, house.storage));
  // Written before the drop: after a crash in between, the table is still in the catalog.
  if (const auto noted = iceberg::MarkUnregistered(*loaded.storage, *loaded.metadata); !noted)
    done.warning = noted.error().message;
  INGOT_TRY(house.catalog->Drop(done.name));
  done.metadata_location = loaded.metadata_location;
  return done;
}

}  // namespace ingot::run
