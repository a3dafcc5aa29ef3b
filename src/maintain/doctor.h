// Examines a table's metadata, storage and files for damage and for what maintenance would improve.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/shared_folder.h"

namespace ingot::maintain {

enum class Health { kGood, kCouldBeBetter, kBad };

struct Finding {
  std::string
      check;  // metadata, duplicates, missing-files, statistics, orphans, small-files, deletes, manifests, history
  Health health = Health::kGood;
  std::string detail;  // includes what to do
};

struct DoctorOptions {
  int64_t footers_max = 1000;                              // data files whose footer is read, newest first
  std::vector<OtherTable> other_tables;                    // see OrphanOptions
  std::function<void(int64_t)> progress = [](int64_t) {};  // footers read since the last call
};

/// Errors: those that stop the examination. Faults of the table are findings.
Result<std::vector<Finding>> ExamineTable(const iceberg::TableHome& home, const DoctorOptions& options);

struct Repaired {
  int64_t duplicates = 0;  // removed references to files that are referenced again
  int64_t missing = 0;     // removed references to files that do not exist
};

/// Removes duplicate references to data files, and references to missing files, from the current snapshot.
Result<Repaired> RepairTable(const iceberg::TableHome& home);

}  // namespace ingot::maintain
