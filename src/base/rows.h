// Some columns or some rows of a batch.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot {

/// The columns of `rows` with these names, all of which it has, in that order.
std::shared_ptr<arrow::RecordBatch> Pick(const arrow::RecordBatch& rows, const std::vector<std::string>& names);

/// The rows for which `keep` holds; `rows` itself when it holds for all.
Result<std::shared_ptr<arrow::RecordBatch>> Select(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                   const std::vector<bool>& keep);

}  // namespace ingot
