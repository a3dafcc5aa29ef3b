#include "iceberg/unregistered.h"

#include <sstream>

#include "base/arrow_result.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

std::string MarkerIn(const std::string& metadata_folder) {
  return storage::JoinLocation(metadata_folder, "_unregistered");
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

Status NoteUnregistered(storage::Storage& storage, const TableMetadata& metadata, bool unregistered) {
  if (metadata.table_uuid.empty()) return {};
  const std::string folder = MetadataFolder(metadata), note = MarkerIn(folder);
  INGOT_ASSIGN(auto uuids, UnregisteredIn(storage, folder));
  const bool changed = unregistered ? uuids.insert(metadata.table_uuid).second : uuids.erase(metadata.table_uuid) > 0;
  if (!changed) return {};
  if (uuids.empty()) return storage.Delete(note);
  INGOT_ASSIGN(const auto out, storage.OpenOutput(note));
  for (const std::string& uuid : uuids) INGOT_ARROW(out->Write(uuid + "\n"));
  INGOT_ARROW(out->Close());
  return {};
}

}  // namespace ingot::iceberg
