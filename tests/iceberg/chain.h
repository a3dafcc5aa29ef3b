// A table whose main branch is a chain of snapshots with given summaries.
#pragma once

#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {

/// Snapshot ids and sequence numbers count from 1.
inline TableMetadata Chain(const std::vector<Properties>& summaries) {
  auto metadata = *MakeTableMetadata({.schema = EventSchema(), .location = "x"});
  for (size_t i = 0; i < summaries.size(); ++i)
    AddSnapshot(metadata,
                {.snapshot_id = SnapshotId(i + 1),
                 .parent_id = i > 0 ? std::optional(SnapshotId(i)) : std::nullopt,
                 .sequence_number = SequenceNumber(i + 1),
                 .summary = summaries[i]},
                "main");
  return metadata;
}

}  // namespace ingot::iceberg
