// Arrow streams whose errors name their file and keep their kind through Arrow's readers and writers.
#pragma once

#include <arrow/io/interfaces.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"

namespace ingot::storage {

/// Converts a failed status of the inner stream. `doing` is "read", "write" or "close". Not called for a status that
/// already carries one of our errors (base/status_detail.h).
using StatusTranslator = std::function<Error(const arrow::Status& status, std::string_view doing)>;

std::shared_ptr<arrow::io::RandomAccessFile> TranslateErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                             StatusTranslator translate);
/// Keeps the error of the last read that failed in `error`, for readers that keep only its text.
std::shared_ptr<arrow::io::RandomAccessFile> RecordErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                          std::shared_ptr<std::optional<Error>> error);
std::shared_ptr<arrow::io::OutputStream> TranslateErrors(std::shared_ptr<arrow::io::OutputStream> stream,
                                                         StatusTranslator translate);

}  // namespace ingot::storage
