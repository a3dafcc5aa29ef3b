#include "iceberg/commit.h"

namespace ingot::iceberg {

std::vector<std::string> LocationsOf(const std::vector<DataFile>& files) {
  std::vector<std::string> locations;
  locations.reserve(files.size());
  for (const DataFile& file : files) locations.push_back(file.location);
  return locations;
}

void Discard(storage::Storage& storage, const std::vector<std::string>& locations) {
  for (const std::string& location : locations) (void)storage.Delete(location);
}

void DiscardUnlessUnknown(storage::Storage& storage, const std::vector<std::string>& locations, const Error& error) {
  if (error.kind != ErrorKind::kOutcomeUnknown) Discard(storage, locations);
}

Result<Table> CommitFiles(const TableHome& home, const SnapshotChange& change) {
  auto committed = CommitSnapshot(home, change);
  if (!committed) DiscardUnlessUnknown(*home.storage, LocationsOf(change.added), committed.error());
  return committed;
}

}  // namespace ingot::iceberg
