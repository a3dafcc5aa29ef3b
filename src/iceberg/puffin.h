// Puffin files: statistics of a table as blobs, and what the table's metadata says of them.
// Source: Puffin specification; Iceberg specification, "Table Statistics".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

struct PuffinBlob {
  std::string type;  // e.g. apache-datasketches-theta-v1
  std::vector<FieldId> fields;
  SnapshotId snapshot_id = 0;  // of which it was computed
  SequenceNumber sequence_number = 0;
  std::string bytes;
  Properties properties;
};

/// An element of the metadata's "statistics", as JSON text, for the file that WritePuffin wrote.
struct StatisticsFile {
  SnapshotId snapshot_id = 0;
  std::string location;
  int64_t bytes = 0;
  std::string json;
};

/// The bytes of a file with these blobs, uncompressed.
struct PuffinFile {
  std::string bytes;
  std::vector<int64_t> offsets;  // of the blobs
  int64_t footer_bytes = 0;
};
PuffinFile MakePuffin(const std::vector<PuffinBlob>& blobs);

/// Writes the blobs as a new file beside the metadata. Errors: those of the storage.
Result<StatisticsFile> WritePuffin(storage::Storage& storage, const TableMetadata& metadata, SnapshotId snapshot_id,
                                   const std::vector<PuffinBlob>& blobs);

/// Enters the file as the statistics of its snapshot, in the place of any that were there.
void SetStatistics(TableMetadata& metadata, const StatisticsFile& file);

/// Whether the metadata has statistics of the snapshot with a blob of this type.
bool HasStatistics(const TableMetadata& metadata, SnapshotId snapshot_id, std::string_view blob_type);

}  // namespace ingot::iceberg
