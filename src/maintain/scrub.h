// Reads every file of a table's current snapshot to find damage before a query does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

struct DamagedFile {
  std::string location;
  std::string problem;  // includes the location
};

struct Scrubbed {
  int64_t files = 0, bytes = 0;            // data and delete files read, including damaged ones
  std::vector<DamagedFile> damaged;        // sorted by location
  std::vector<DamagedFile> not_supported;  // files with columns that Ingot cannot decode
};

/// Reads every byte of every live data and delete file, decodes every column, verifies all checksums, and compares
/// sizes and row counts with the manifests. Damage of metadata and manifests is returned as an error, as it hides the
/// files behind them. `read`: called with the size of each file after it was read. Cost: reads all bytes twice, the
/// second time from the storage's cache if it has one.
Result<Scrubbed> ScrubTable(const iceberg::TableHome& home, const std::function<void(int64_t)>& read);

}  // namespace ingot::maintain
