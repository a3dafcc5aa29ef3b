// A table whose main branch is a chain of snapshots with given summaries.
#pragma once

#include "tests/rows/fixtures.h"

namespace ingot::stage {

/// Snapshot ids and sequence numbers start at 1.
inline iceberg::TableMetadata Chain(const std::vector<iceberg::Properties>& summaries) {
  auto metadata = *iceberg::MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  for (size_t i = 0; i < summaries.size(); ++i)
    iceberg::AddSnapshot(metadata,
                         {.snapshot_id = iceberg::SnapshotId(i + 1),
                          .parent_id = i > 0 ? std::optional(iceberg::SnapshotId(i)) : std::nullopt,
                          .sequence_number = iceberg::SequenceNumber(i + 1),
                          .summary = summaries[i]},
                         "main");
  return metadata;
}

}  // namespace ingot::stage
