// SQLite as the database of a JDBC catalog.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "catalog/jdbc.h"

namespace ingot::catalog {

/// How long statements wait for the lock of another process: before a warning is logged, and in total.
struct LockWaits {
  std::chrono::milliseconds silent{5'000}, total{60'000};
};

/// Other processes may use the file at the same time. If one of them holds a lock for long, a warning names it; after
/// `waits.total` the statement fails with kRetry. With kReadNothing a missing file is not an error here: statements
/// fail with kNotFound until another process creates it.
Result<std::unique_ptr<SqlDatabase>> OpenSqlite(const std::string& path, IfMissing if_missing = IfMissing::kCreate,
                                                LockWaits waits = {});

}  // namespace ingot::catalog
