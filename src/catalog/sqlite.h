// An SQLite file as the database of a catalog.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "catalog/jdbc.h"

namespace ingot::catalog {

/// How long statements wait for a lock of another process: without a word, and at most.
struct LockWaits {
  std::chrono::milliseconds silent{5'000}, total{60'000};
};

/// Other processes may use the file at the same time. When one of them holds a lock for long, a warning says which, and
/// at the end of the wait the statement fails with kRetry. With kReadNothing a missing file is no error here;
/// statements fail with kNotFound until another process has created it.
Result<std::unique_ptr<SqlDatabase>> OpenSqlite(const std::string& path, IfMissing if_missing = IfMissing::kCreate,
                                                LockWaits waits = {});

}  // namespace ingot::catalog
