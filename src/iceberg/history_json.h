// The part of a metadata file that grows with every commit: its snapshots and their log. Their JSON text is copied
// instead of parsed and printed again, so that a table with many thousand snapshots still commits in milliseconds.
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
/// Splits a metadata document. Throws JsonProblem if the text is not a JSON object or the snapshots violate the
/// specification; `rest` is not checked.
HistoryText SplitHistory(std::string_view document);

/// Appends the snapshot's JSON. A snapshot that was read from a metadata file keeps its original text.
void AppendSnapshotJson(const Snapshot& snapshot, int32_t format_version, std::string& to);

/// Returns `document`, a JSON object, with "snapshots" and "snapshot-log" added as its last members. Parts that stay
/// the same from version to version are separate pieces (gzip_pieces.h). The lists must outlive the pieces.
std::vector<TextPiece> JoinHistory(std::string document, const SnapshotList& snapshots,
                                   const std::vector<SnapshotLogEntry>& log, int32_t format_version);

}  // namespace ingot::iceberg
