// Rows of bronze to rows of silver and of quarantine: judged, freed of duplicates, written to files that no snapshot
// has yet.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/stage.h"

namespace ingot::silver {

struct Cleaned {
  pipeline::WrittenRows clean, refused;
  int64_t rows_in = 0, bytes_in = 0, quarantined = 0;
  std::map<std::string, int64_t> broken_by_rule;  // "parse" first among them
};

/// The rows that `snapshots` appended to bronze. Two passes: the keys alone, by whose hashes the few rows are known
/// that may be duplicates (of each other, or of rows that silver holds in the same hours), then all columns, by as many
/// threads as the context allows. Memory: 8 bytes a row, and the rows that may be duplicates. `with_refused` false
/// leaves the refused rows out: quarantine has them already.
Result<Cleaned> Clean(const pipeline::StageContext& context, const iceberg::Table& bronze, const iceberg::Table& silver,
                      const iceberg::Table& quarantine, const std::vector<const iceberg::Snapshot*>& snapshots,
                      bool with_refused);

}  // namespace ingot::silver
