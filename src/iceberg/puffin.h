// Puffin files: blobs with statistics of a table, and the "statistics" entries of the table metadata.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

struct PuffinBlob {
  std::string type;  // e.g. apache-datasketches-theta-v1
  std::vector<FieldId> fields;
  SnapshotId snapshot_id = 0;  // from which it was computed
  SequenceNumber sequence_number = 0;
  std::string bytes;
  Properties properties;
};

/// An element of "statistics" in the table metadata, as JSON text, for a file written by WritePuffin.
struct StatisticsFile {
  SnapshotId snapshot_id = 0;
  std::string location;
  int64_t bytes = 0;
  std::string json;
};

/// The content of a Puffin file with these blobs, uncompressed.
struct PuffinFile {
  std::string bytes;
  std::vector<int64_t> offsets;  // of the blobs
  int64_t footer_bytes = 0;
};
PuffinFile MakePuffin(const std::vector<PuffinBlob>& blobs);

/// Returns a Puffin file with other paths of the data files to which its deletion vectors apply. The blobs keep their
/// offsets. Errors: kCorrupt; kUnsupported for a compressed footer.
Result<std::string> MapPuffinPaths(std::string_view file,
                                   const std::function<std::string(const std::string& path)>& moved);

/// Writes the blobs to a new file in the metadata folder. Errors: those of the storage.
Result<StatisticsFile> WritePuffin(storage::Storage& storage, const TableMetadata& metadata, SnapshotId snapshot_id,
                                   const std::vector<PuffinBlob>& blobs);

/// Sets the file as the statistics of its snapshot and replaces earlier ones.
void SetStatistics(TableMetadata& metadata, const StatisticsFile& file);

/// Whether the snapshot has statistics with a blob of this type.
bool HasStatistics(const TableMetadata& metadata, SnapshotId snapshot_id, std::string_view blob_type);

}  // namespace ingot::iceberg
