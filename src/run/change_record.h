// What changed the rows or the definition of a table besides new records: rebuilds, forward-only changes, replays,
// erasures. Each is one snapshot with its record in the summary. The ledger copies the records to ops.changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/summary.h"

namespace ingot::run {

/// The key of a record in a snapshot summary; JSON.
inline constexpr const char* kChangeKey = "ingot.change";

struct ChangeRecord {
  std::string action;                    // automatic, adopted, rebuild, forward-only, replay, erase, published, …
  std::vector<std::string> differences;  // as `ingot plan` prints them
  std::string definition_before;         // id; empty if there was none
  int64_t started_at_micros = 0;
};

std::string ToJson(const ChangeRecord& record);
/// What the summaries of commits record that publish rows although they exceed limits (stage/held_rows.h).
iceberg::Properties PublishedRecord(const std::vector<std::string>& reasons);
/// The record in a snapshot summary. Empty if there is none.
std::optional<ChangeRecord> ChangeRecordIn(const iceberg::Properties& summary);

}  // namespace ingot::run
