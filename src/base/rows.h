// Selects columns and rows of a record batch, and decodes dictionaries. Text columns may be dictionary-encoded, as in
// files; functions take decoded columns unless their comment says otherwise.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot {

/// The columns of `rows` with these names, in that order. All must exist.
std::shared_ptr<arrow::RecordBatch> SelectColumns(const arrow::RecordBatch& rows,
                                                  const std::vector<std::string>& names);

/// The rows for which `keep` is true, which has one entry per row. Returns `rows` itself when it is true for all.
Result<std::shared_ptr<arrow::RecordBatch>> FilterRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                       const std::vector<bool>& keep);

/// The column decoded, if it is dictionary-encoded.
Result<std::shared_ptr<arrow::Array>> DecodeDictionaries(const std::shared_ptr<arrow::Array>& column);
/// `rows` with all columns decoded.
Result<std::shared_ptr<arrow::RecordBatch>> DecodeDictionaries(const std::shared_ptr<arrow::RecordBatch>& rows);

/// `rows` with its nested columns copied, so that no child array has an offset or values outside of the rows. For
/// consumers that ignore the offset of a parent array.
Result<std::shared_ptr<arrow::RecordBatch>> WithoutOffsets(const std::shared_ptr<arrow::RecordBatch>& rows);

/// A column of `length` rows with the same text, dictionary-encoded.
std::shared_ptr<arrow::Array> RepeatText(const std::string& text, int64_t length);

}  // namespace ingot
