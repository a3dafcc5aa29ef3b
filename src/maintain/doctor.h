// What may be wrong with a table, looked for in its metadata, its storage and its files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/neighbours.h"

namespace ingot::maintain {

enum class Health { kGood, kCouldBeBetter, kBad };

struct Finding {
  std::string
      check;  // metadata, duplicates, missing-files, statistics, orphans, small-files, deletes, manifests, history
  Health health = Health::kGood;
  std::string detail;  // with what to do
};

struct DoctorOptions {
  int64_t footers_max = 1000;                              // data files whose Parquet footer is read, the newest first
  std::vector<OtherTable> other_tables;                    // see OrphanOptions
  std::function<void(int64_t)> progress = [](int64_t) {};  // footers read since it was called last
};

/// Errors: those that end the examination; what is wrong with the table is a finding.
Result<std::vector<Finding>> ExamineTable(const iceberg::TableHome& home, const DoctorOptions& options);

struct Repaired {
  int64_t duplicates = 0;  // references beyond the first
  int64_t missing = 0;     // files that the table named and storage does not have
};

/// Takes second references to a data file, and references to files that are gone, out of the current snapshot.
Result<Repaired> RepairTable(const iceberg::TableHome& home);

}  // namespace ingot::maintain
