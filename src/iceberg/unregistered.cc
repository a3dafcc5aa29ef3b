#include "iceberg/unregistered.h"

#include <sstream>

#include "base/arrow_result.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

std::string MarkerIn(const std::string& metadata_folder) {
  return storage::JoinLocation(metadata_folder, "_unregistered");
}

/// Writes the file after `change` of the UUIDs in it. `change` returns false when nothing has changed.
template <typename Change>
Status ChangeMarked(storage::Storage& storage, const TableMetadata& metadata, const Change& change) {
  if (metadata.table_uuid.empty()) return {};
  const std::string folder = MetadataFolder(metadata), marker = MarkerIn(folder);
  INGOT_ASSIGN(auto uuids, UnregisteredIn(storage, folder));
  if (!change(uuids)) return {};
  if (uuids.empty()) return storage.Delete(marker);
  INGOT_ASSIGN(const auto out, storage.OpenOutput(marker));
  for (const std::string& uuid : uuids) INGOT_ARROW(out->Write(uuid + "\n"));
  INGOT_ARROW(out->Close());
  return {};
}

}  // namespace

Result<std::set<std::string>> UnregisteredIn(storage::Storage& storage, const std::string& metadata_folder) {
  const auto text = storage.ReadAll(MarkerIn(metadata_folder));
  // A folder in an unsupported storage has no such file.
  if (!text && (text.error().kind == ErrorKind::kNotFound || text.error().kind == ErrorKind::kUnsupported))
    return std::set<std::string>();
  if (!text) return std::unexpected(text.error());
  std::set<std::string> uuids;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) uuids.insert(line);
  return uuids;
}

Status MarkUnregistered(storage::Storage& storage, const TableMetadata& metadata) {
  return ChangeMarked(storage, metadata, [&](auto& uuids) { return uuids.insert(metadata.table_uuid).second; });
}

Status MarkRegistered(storage::Storage& storage, const TableMetadata& metadata) {
  return ChangeMarked(storage, metadata, [&](auto& uuids) { return uuids.erase(metadata.table_uuid) > 0; });
}

}  // namespace ingot::iceberg
