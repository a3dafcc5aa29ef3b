// The part of a metadata file that grows with every commit, its snapshots and their log: read and written at the speed
// of copying text, so that a table of many thousand snapshots still commits in milliseconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "iceberg/snapshot.h"
#include "iceberg/text_piece.h"

namespace ingot::iceberg {

struct HistoryText {
  SnapshotList snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::string rest;  // the document without the two
};
/// Takes a metadata document apart. Throws JsonProblem for text that is no JSON object, or snapshots that break the
/// specification; `rest` may still be anything.
HistoryText SplitHistory(std::string_view document);

/// Appends the snapshot as it stands in a metadata file: the text it came with, if it came from one.
void AppendSnapshotJson(const Snapshot& snapshot, int32_t format_version, std::string& to);

/// `document`, an object, with "snapshots" and "snapshot-log" as its last members. What stays from version to version
/// is in pieces of its own (see gzip_pieces.h). The lists must outlive the pieces.
std::vector<TextPiece> JoinHistory(std::string document, const SnapshotList& snapshots,
                                   const std::vector<SnapshotLogEntry>& log, int32_t format_version);

}  // namespace ingot::iceberg
