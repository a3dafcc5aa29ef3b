// The environment of every stage: the pipeline, the location of its tables, and the budgets of this run.
#pragma once

#include <memory>
#include <string>

#include "iceberg/table.h"
#include "pipeline/pipeline.h"

namespace ingot::stage {

struct Environment {
  const pipeline::Pipeline* pipeline = nullptr;
  std::shared_ptr<iceberg::Catalog> catalog;
  std::shared_ptr<storage::Storage> storage;
  std::string warehouse;  // absolute location
  std::string run_id;
  int threads = 2;
  int64_t memory_bytes = int64_t(1) << 30;  // budget of the SQL engine and of buffered rows

  /// The catalog, storage and name of a table. Errors: kBadInput for a name without a namespace.
  Result<iceberg::TableHome> Home(const std::string& table) const;
};

}  // namespace ingot::stage
