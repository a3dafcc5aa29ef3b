// Some columns or some rows of a batch. Columns of text may come as Arrow dictionaries, numbers into distinct values,
// where that is how a file has them: what a function does not say it takes is made plain first.
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

/// The column without its dictionary, if it has one.
Result<std::shared_ptr<arrow::Array>> Plain(const std::shared_ptr<arrow::Array>& column);
/// All columns plain.
Result<std::shared_ptr<arrow::RecordBatch>> Plain(const std::shared_ptr<arrow::RecordBatch>& rows);

/// The rows with no array in a nested column having an offset or values outside of them: those columns are copied where
/// they are slices. For consumers that lose the offset of a parent.
Result<std::shared_ptr<arrow::RecordBatch>> WithoutOffsets(const std::shared_ptr<arrow::RecordBatch>& rows);

/// `length` times the same text, as a dictionary of one.
std::shared_ptr<arrow::Array> RepeatText(const std::string& text, int64_t length);

}  // namespace ingot
