#include "run/found_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "catalog/open.h"
#include "iceberg/location_catalog.h"
#include "iceberg/unregistered.h"
#include "pipeline/tables.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using iceberg::CatalogEntry;

constexpr std::string_view kMetadata = "metadata";
constexpr size_t kUuidDigits = 32;

/// Returns true when no table is searched for below: hidden folders, and "…/staging/<uuid>" (run/staging.h).
bool IsExcludedFolder(std::string_view below) {
  return below.starts_with('.') || below.find("/.") != std::string_view::npos ||
         below.find("/staging/") != std::string_view::npos;
}

/// "db/table", "db.db/table" (Hive, PyIceberg), "db/table-<32 hex digits>" (Trino); empty without a namespace.
std::string NameAfterFolder(std::string_view below) {
  std::string name(below);
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/')) {
    const bool hive = slash >= 3 && name.compare(slash - 3, 3, ".db") == 0;
    name.replace(hive ? slash - 3 : slash, hive ? 4 : 1, ".");
  }
  const size_t dash = name.rfind('-');
  if (dash != std::string::npos && name.size() - dash - 1 == kUuidDigits &&
      name.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos)
    name.resize(dash);
  return name.find('.') == std::string::npos ? "" : name;
}

/// The versions of one table in a folder. If the newest cannot be read, it has all remaining versions and no uuid.
struct Versions {
  std::string uuid, location;
  storage::FileInfo newest;
  bool several = false;  // another file has the same version and is not an earlier version
  std::vector<storage::FileInfo> files;
};

/// Adds a version that no version added before names. Of two, the one whose metadata log names the other is the newer
/// one, whatever their numbers: PyIceberg begins again at 0 after a name that is not "<number>-<uuid>.metadata.json".
void AddVersion(Versions& table, const storage::FileInfo& file, const std::set<std::string>& known) {
  if (table.newest.location.empty() || known.contains(storage::FileIdentity(table.newest.location))) {
    table.newest = file;
    table.several = false;
  } else if (iceberg::MetadataVersion(file.location) == iceberg::MetadataVersion(table.newest.location)) {
    table.several = true;
  }
}

/// Groups the versions in a folder by table, the table with the highest version first. A version's metadata log names
/// the earlier versions, which are not read.
std::vector<Versions> ByTable(storage::Storage& storage, std::vector<storage::FileInfo> files) {
  std::vector<Versions> tables;
  while (const auto* newest = iceberg::NewestMetadata(files)) {
    const storage::FileInfo file = *newest;
    const auto metadata = iceberg::ReadMetadataFile(storage, file.location);
    if (!metadata && tables.empty()) return {{.newest = file, .files = std::move(files)}};
    std::set<std::string> known{storage::FileIdentity(file.location)};
    if (metadata)
      for (const auto& entry : metadata->metadata_log) known.insert(storage::FileIdentity(entry.metadata_file));
    std::vector<storage::FileInfo> own, others;
    for (auto& each : files) (known.contains(storage::FileIdentity(each.location)) ? own : others).push_back(each);
    files = std::move(others);
    if (!metadata) continue;
    auto table = std::ranges::find(tables, metadata->table_uuid, &Versions::uuid);
    if (table == tables.end())
      table = tables.insert(table, {.uuid = metadata->table_uuid, .location = metadata->location});
    AddVersion(*table, file, known);
    std::ranges::move(own, std::back_inserter(table->files));
  }
  return tables;
}

/// Keeps only the tables that were not unregistered, if there are any. Returns true when there are none.
Result<bool> DropUnregistered(storage::Storage& storage, const std::string& folder, std::vector<Versions>& tables) {
  INGOT_ASSIGN(const auto gone, iceberg::UnregisteredIn(storage, folder));
  const auto is_gone = [&](const Versions& table) { return gone.contains(table.uuid); };
  if (std::ranges::all_of(tables, is_gone)) {
    tables.resize(1);
    return true;
  }
  std::erase_if(tables, is_gone);
  return false;
}

/// Maps each version to the entry of a catalog of the database that names it.
std::map<std::string, CatalogEntry> ByVersion(const std::vector<CatalogEntry>& entries) {
  std::map<std::string, CatalogEntry> by_version;
  for (const CatalogEntry& entry : entries)
    if (!entry.metadata_location.empty())
      by_version.emplace(storage::CanonicalLocation(entry.metadata_location), entry);
  return by_version;
}

/// Maps the folder of metadata to the uuids of the catalog's tables. A uuid is empty if it cannot be read.
Result<std::map<std::string, std::set<std::string>>> KnownTables(const Lakehouse& house,
                                                                 const std::vector<CatalogEntry>& entries) {
  std::map<std::string, std::set<std::string>> known;
  for (const CatalogEntry& entry : entries) {
    if (entry.catalog != house.catalog->Name()) continue;
    const auto table = house.catalog->Load(entry.name, house.storage);
    const std::string location = table ? table->metadata_location : entry.metadata_location;
    known[storage::CanonicalLocation(storage::ParentLocation(location))].insert(table ? table->metadata->table_uuid
                                                                                      : "");
  }
  return known;
}

}  // namespace

Result<std::string> NewestMetadataOf(storage::Storage& storage, const std::string& folder) {
  const std::string metadata = storage::JoinLocation(folder, kMetadata);
  INGOT_ASSIGN(const auto files, storage.List(metadata));
  const auto tables = ByTable(storage, files);
  if (tables.empty()) return Fail(ErrorKind::kNotFound, "no metadata file (*.metadata.json) in " + metadata);
  const std::string& newest = tables.front().newest.location;
  if (tables.front().several)
    LogWarning("several metadata files have the highest version; the one written last is taken: " + newest);
  return newest;
}

Result<std::vector<FoundTable>> FindTables(const Lakehouse& house, const std::string& warehouse) {
  const std::string root = storage::AbsoluteLocation(warehouse);
  INGOT_ASSIGN(const auto listed, house.storage->List(root));
  std::map<std::string, std::vector<storage::FileInfo>> by_folder;  // of metadata, below the warehouse
  for (const auto& file : listed) {
    if (!iceberg::IsMetadataFile(file.location)) continue;
    const auto below = storage::PathBelow(file.location, root);
    if (below && !IsExcludedFolder(*below) && below->find('/') != std::string::npos)
      by_folder[storage::ParentLocation(*below)].push_back(file);
  }
  INGOT_ASSIGN(const auto entries, house.catalog->Entries());
  const auto known = ByVersion(entries);
  std::vector<FoundTable> found;
  for (auto& [below, files] : by_folder) {
    const std::string folder = storage::JoinLocation(root, below);
    const bool usual = below.ends_with(fmt::format("/{}", kMetadata));
    auto tables = ByTable(*house.storage, std::move(files));
    INGOT_ASSIGN(const bool unregistered, DropUnregistered(*house.storage, folder, tables));
    for (const Versions& versions : tables) {
      // Metadata in another folder (write.metadata.path) contains the location of its table.
      const auto recorded = storage::PathBelow(versions.location, root);
      const std::string home = usual ? storage::ParentLocation(below) : recorded.value_or("");
      FoundTable table{.name = NameAfterFolder(home),
                       .folder = usual      ? storage::ParentLocation(folder)
                                 : recorded ? storage::JoinLocation(root, home)
                                            : folder,
                       .metadata_location = versions.newest.location,
                       .uuid = versions.uuid,
                       .several = versions.several,
                       .unregistered = unregistered};
      // Another catalog in the same database knows the table's name and its current version.
      for (const auto& file : versions.files)
        if (const auto entry = known.find(storage::CanonicalLocation(file.location)); entry != known.end()) {
          table.name = entry->second.name.Text();
          table.metadata_location = entry->second.metadata_location;
          table.several = false;
        }
      found.push_back(std::move(table));
    }
  }
  return found;
}

Status CheckCatalogNotLost(const Lakehouse& house, const OpenOptions& open_options) {
  INGOT_ASSIGN(const auto tables, house.catalog->ListTables());
  if (!tables.empty()) return {};
  auto looked = FindTables(house, open_options.warehouse);
  if (!looked)
    return {};  // an unavailable storage is reported by its users; no table is created over another one anyway
  std::vector<FoundTable> found = *std::move(looked);
  std::erase_if(found, [&](const FoundTable& table) {
    const auto metadata = iceberg::ReadMetadataFile(*house.storage, table.metadata_location);
    return table.unregistered || (metadata && metadata->snapshots.empty());  // left by a first run that crashed
  });
  if (found.empty()) return {};
  // Another run may have created them since the catalog was read.
  INGOT_ASSIGN(const auto tables_now, house.catalog->ListTables());
  if (!tables_now.empty()) return {};
  INGOT_ASSIGN(const auto entries, house.catalog->Entries());
  std::set<std::string> names;
  for (const CatalogEntry& entry : entries) names.insert(entry.catalog);
  const std::string others = names.empty()
                                 ? ""
                                 : fmt::format(" (its tables are under the catalog name '{}', Ingot's is '{}')",
                                               fmt::join(names, "', '"), catalog::kCatalogName);
  return Fail(ErrorKind::kBadConfig,
              fmt::format("the catalog {} has no tables{}, but {} are in the warehouse {}, e.g. {}: was the catalog "
                          "lost, or is --catalog wrong? To register them: ingot register --all (--dry-run only lists "
                          "them)",
                          catalog::WithoutPassword(CatalogUri(open_options)), others, found.size(),
                          open_options.warehouse, found[0].folder));
}

namespace {

/// The pipeline's tables that the catalog does not have.
Result<std::vector<iceberg::TableName>> TablesNotInCatalog(const stage::Environment& environment) {
  INGOT_ASSIGN(const auto tables, environment.catalog->ListTables());
  std::vector<iceberg::TableName> missing;
  for (const pipeline::PipelineTable& table : TablesOf(*environment.pipeline)) {
    INGOT_ASSIGN(auto home, environment.Home(table.spec->table));
    if (std::ranges::find(tables, home.name) == tables.end()) missing.push_back(std::move(home.name));
  }
  return missing;
}

}  // namespace

Status CheckTablesNotLost(const stage::Environment& environment) {
  if (environment.pipeline->bronze.table.empty()) return {};
  INGOT_ASSIGN(const auto missing, TablesNotInCatalog(environment));
  std::vector<std::pair<iceberg::TableName, std::string>> lost;  // and their folders
  for (const iceberg::TableName& name : missing) {
    const std::string folder =
        storage::JoinLocation(storage::JoinLocation(environment.warehouse, name.space), name.name);
    const auto found = iceberg::MetadataWithSnapshots(*environment.storage, storage::JoinLocation(folder, kMetadata));
    if (found && *found) lost.emplace_back(name, folder);
  }
  if (lost.empty()) return {};
  // Another run may have created them since the catalog was read.
  INGOT_ASSIGN(const auto missing_now, TablesNotInCatalog(environment));
  std::erase_if(lost, [&](const auto& one) { return std::ranges::find(missing_now, one.first) == missing_now.end(); });
  if (lost.empty()) return {};
  std::vector<std::string> names;
  for (const auto& [name, folder] : lost) names.push_back(name.Text());
  return Fail(ErrorKind::kBadConfig,
              fmt::format("the catalog does not have {}, but the warehouse has files of {}, e.g. in {}: was it lost? "
                          "To register it: ingot register {} {}, or ingot register --all for all tables of the "
                          "warehouse. If you do not want it any more, move its folder away",
                          fmt::join(names, ", "), lost.size() == 1 ? "this table" : "these tables", lost[0].second,
                          lost[0].first.Text(), lost[0].second));
}

Result<std::vector<RegisteredTable>> RegisterAll(const Lakehouse& house, const std::vector<FoundTable>& found,
                                                 const RegisterAllOptions& options) {
  INGOT_ASSIGN(const auto entries, house.catalog->Entries());
  INGOT_ASSIGN(const auto known, KnownTables(house, entries));
  std::set<std::string> names;
  for (const CatalogEntry& entry : entries)
    if (entry.catalog == house.catalog->Name()) names.insert(entry.name.Text());
  std::vector<RegisteredTable> tables;
  std::set<std::string> uuids;
  for (const auto& [folder, tables_there] : known) uuids.insert(tables_there.begin(), tables_there.end());
  for (const FoundTable& table : found) {
    // What remains at the old place of a table that was moved is not registered again.
    if (table.unregistered && !table.uuid.empty() && uuids.contains(table.uuid)) continue;
    RegisteredTable one{.found = table, .error = {}};
    const auto there = known.find(storage::CanonicalLocation(storage::ParentLocation(table.metadata_location)));
    one.known = there != known.end() &&
                (table.uuid.empty() || there->second.contains(table.uuid) || there->second.contains(""));
    const auto enter = [&]() -> Status {
      if (one.known) return {};
      if (table.name.empty())
        return Fail(ErrorKind::kBadInput, "its folder has no namespace in its path: ingot register NAMESPACE.TABLE " +
                                              table.metadata_location);
      if (!names.insert(table.name).second)
        return Fail(ErrorKind::kExists, "the catalog has another table of that name: ingot register NAMESPACE.TABLE " +
                                            table.metadata_location);
      INGOT_ASSIGN(const auto name, iceberg::ParseTableName(table.name, house.catalog->Name()));
      INGOT_ASSIGN(const auto metadata, iceberg::ReadMetadataFile(*house.storage, table.metadata_location));
      if (options.dry_run) return {};
      INGOT_TRY(house.catalog->CreateNamespace(name.space));
      INGOT_TRY(house.catalog->Register(name, table.metadata_location));
      return iceberg::MarkRegistered(*house.storage, metadata);
    };
    if (const Status entered = enter(); !entered) one.error = entered.error();
    tables.push_back(std::move(one));
  }
  return tables;
}

}  // namespace ingot::run
