// Computes silver again for a sample of the bronze rows that it has consumed, and compares the result with silver and
// quarantine.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "silver/parse_again.h"
#include "stage/environment.h"
#include "stage/sample.h"

namespace ingot::silver {

struct SampleOptions {
  int64_t rows = 10'000;                       // of bronze
  size_t differing_max = 10;                   // rows in Sample::differing
  std::map<std::string, std::string> renames;  // current name of a column by its old name
  /// What a pending rebuild of bronze makes of its rows. Empty: they stay as they are.
  RowsFunction rebuild;
  ParserFactory
      parser;  // parses records with an `_error` again, as a rebuild of silver does; empty: they break "parse"
};

/// Compares all fields and the broken rules by source position. A row in neither table must be a duplicate. Rows that
/// retention or another engine deleted do not differ. Rows without a source position are left out. Writes nothing.
Result<stage::Sample> SampleRows(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                                 const SampleOptions& options);

}  // namespace ingot::silver
