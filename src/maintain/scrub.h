// Reads all that the current snapshot of a table needs, so that damage is found before a query needs the file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

struct DamagedFile {
  std::string location;
  std::string problem;  // names the file
};

struct Scrubbed {
  int64_t files = 0, bytes = 0;            // data and delete files that were read, damaged ones included
  std::vector<DamagedFile> damaged;        // by location
  std::vector<DamagedFile> not_supported;  // files whose columns this version cannot decode
};

/// Reads every byte of every live data and delete file, decodes every column, verifies all checksums that the files
/// have, and compares sizes and numbers of rows with the manifests. Metadata and manifests are verified on the way:
/// what is wrong there is the error, as nothing behind them is known then. `read`: called with the bytes of each file
/// that is done. Cost: all bytes twice from storage, the second time from its cache where it has one.
Result<Scrubbed> ScrubTable(const iceberg::TableHome& home, const std::function<void(int64_t)>& read);

}  // namespace ingot::maintain
