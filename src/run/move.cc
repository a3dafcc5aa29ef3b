#include "run/move.h"

#include <algorithm>
#include <set>

#include "iceberg/location_catalog.h"
#include "run/found_tables.h"
#include "run/staging.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using iceberg::CatalogEntry;

/// The folder of a table by the location of its metadata.
std::string FolderOf(const CatalogEntry& entry) {
  const std::string folder = storage::ParentLocation(entry.metadata_location);
  return folder.ends_with("/metadata") ? storage::ParentLocation(folder) : folder;
}

/// The path of a table below its warehouse: "namespace/table".
std::string PathOf(const CatalogEntry& entry, const MoveRequest& request) {
  const std::string folder = FolderOf(entry);
  for (const std::string& root : {request.to, request.warehouse})
    if (const auto below = storage::PathBelow(folder, root); below && !below->empty()) return *below;
  std::string levels = entry.name.space;
  std::ranges::replace(levels, '.', '/');
  for (const std::string& space : {entry.name.space, entry.name.space + ".db", levels})
    for (const std::string path = space + "/" + entry.name.name; folder.ends_with("/" + path);) return path;
  return entry.name.space + "/" + entry.name.name;
}

/// Whether a table of the catalog, or of another catalog of its database, has its metadata in the folder.
bool IsUsed(const std::vector<CatalogEntry>& entries, const std::string& folder) {
  const std::string canonical = storage::CanonicalLocation(folder);
  return std::ranges::any_of(entries, [&](const CatalogEntry& entry) {
    return storage::IsInside(storage::CanonicalLocation(entry.metadata_location), canonical);
  });
}

/// Whether the newest metadata in the folder is that of the table, and not of another one that was made there.
bool HoldsTable(const Lakehouse& house, const std::string& folder, const std::string& table) {
  const auto name = iceberg::ParseTableName(table, house.catalog->Name());
  const auto location = NewestMetadataOf(*house.storage, folder);
  if (!name || !location) return false;
  const auto here = iceberg::LoadTable({house.catalog, house.storage, *name});
  const auto there = iceberg::ReadMetadataFile(*house.storage, *location);
  return here && there && here->metadata->table_uuid == there->table_uuid;
}

Result<maintain::Moved> Move(const Lakehouse& house, const MoveRequest& request, const CatalogEntry& entry,
                             const std::vector<CatalogEntry>& entries) {
  const auto staging =
      std::ranges::find_if(entries, [&](const CatalogEntry& other) { return IsStagingOf(entry.name, other.name); });
  if (staging != entries.end())
    return Fail(ErrorKind::kPendingChange,
                "rows of " + entry.name.Text() + " are computed again in table " + staging->name.Text() +
                    ", or that was interrupted: finish it with the same command (`ingot apply` or `ingot run`), then "
                    "move the table");
  const std::string to = request.table.empty() ? storage::JoinLocation(request.to, PathOf(entry, request)) : request.to;
  return maintain::MoveTable({house.catalog, house.storage, entry.name},
                             {.to = to, .threads = request.threads, .progress = request.progress});
}

}  // namespace

Result<std::vector<TableMove>> MoveTables(const Lakehouse& house, const MoveRequest& request) {
  INGOT_ASSIGN(auto entries, house.catalog->Entries());
  std::optional<iceberg::TableName> only;
  if (!request.table.empty()) {
    INGOT_ASSIGN(only, iceberg::ParseTableName(request.table, house.catalog->Name()));
  }
  std::vector<TableMove> moves;
  for (const CatalogEntry& entry : entries) {
    if (entry.catalog != house.catalog->Name() || (only && entry.name != *only)) continue;
    const auto is_target = [&](const CatalogEntry& other) { return IsStagingOf(other.name, entry.name); };
    if (!only && std::ranges::any_of(entries, is_target)) continue;
    TableMove move{.name = entry.name.Text()};
    auto moved = Move(house, request, entry, entries);
    if (moved)
      move.moved = *std::move(moved);
    else
      move.error = std::move(moved).error();
    moves.push_back(std::move(move));
  }
  if (moves.empty())
    return Fail(ErrorKind::kNotFound,
                only ? "table does not exist: " + only->Text() : std::string("the catalog has no table to move"));
  INGOT_ASSIGN(entries, house.catalog->Entries());
  for (TableMove& move : moves)
    move.old_is_unused =
        move.moved.files_remain && !IsUsed(entries, move.moved.from) && HoldsTable(house, move.moved.from, move.name);
  return moves;
}

std::optional<std::pair<std::string, std::string>> CatalogBesideTables(const OpenOptions& open_options,
                                                                       const std::string& to) {
  constexpr std::string_view kSqlite = "sqlite://";
  const std::string uri = CatalogUri(open_options);
  const auto folder = storage::LocalPath(storage::AbsoluteLocation(to));
  if (!open_options.catalog.empty() || !uri.starts_with(kSqlite) || !folder) return std::nullopt;
  const std::string file = uri.substr(kSqlite.size());
  if (storage::PathBelow(file, *folder)) return std::nullopt;
  return std::pair(file, storage::JoinLocation(*folder, "catalog.db"));
}

}  // namespace ingot::run
