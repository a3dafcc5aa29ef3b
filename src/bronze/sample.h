// Computes the fields of a sample of bronze rows again from what bronze keeps of their records, and compares the result
// with the columns.
#pragma once

#include <map>
#include <string>

#include "stage/environment.h"
#include "stage/sample.h"

namespace ingot::bronze {

struct SampleOptions {
  int64_t rows = 10'000;
  size_t differing_max = 10;                   // rows in Sample::differing
  std::map<std::string, std::string> renames;  // current name of a column by its old name
};

/// Compares what can be computed again. A row with `_payload`: all fields, and whether the record can be read. Any
/// other row: the fields whose path leads to a value in `_extra`. A field that took its whole member from the record
/// cannot be computed again. Writes nothing.
Result<stage::Sample> SampleRows(const stage::Environment& environment, const SampleOptions& options);

}  // namespace ingot::bronze
