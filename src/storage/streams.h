// Arrow's streams with errors of ours: each names its file and keeps its kind through Arrow's readers and writers.
#pragma once

#include <arrow/io/interfaces.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"

namespace ingot::storage {

/// What a Status of Arrow's means; `doing`: "read", "write" or "close". One that carries an error of ours
/// (base/status_detail.h) is passed on as it is.
using Explain = std::function<Error(const arrow::Status& status, std::string_view doing)>;

std::shared_ptr<arrow::io::RandomAccessFile> WithErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                        Explain explain);
/// Keeps the error of the last read that failed in `failure`, for readers that keep its text only.
std::shared_ptr<arrow::io::RandomAccessFile> Remembering(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                         std::shared_ptr<std::optional<Error>> failure);
std::shared_ptr<arrow::io::OutputStream> WithErrors(std::shared_ptr<arrow::io::OutputStream> stream, Explain explain);

}  // namespace ingot::storage
