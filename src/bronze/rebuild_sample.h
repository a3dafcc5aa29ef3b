// What Rebuild would make of a sample of rows.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <string>

#include "bronze/sample.h"

namespace ingot::bronze {

/// Computes rows of bronze as Rebuild would, from rows with the columns of the scan that it was made for. Not
/// thread-safe.
using RebuildRows =
    std::function<Result<std::shared_ptr<arrow::RecordBatch>>(const std::shared_ptr<arrow::RecordBatch>&)>;

/// Input: `from`: all columns of bronze; `before`: the definition that bronze has.
Result<RebuildRows> MakeRebuildRows(const stage::Environment& environment, const iceberg::Table& bronze,
                                    const iceberg::Schema& from, const std::string& before);

/// Compares the fields of a sample of rows with those after a rebuild. Writes nothing.
Result<stage::Sample> SampleRebuild(const stage::Environment& environment, const std::string& before,
                                    const SampleOptions& options);

}  // namespace ingot::bronze
