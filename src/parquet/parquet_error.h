// Converts exceptions of Arrow's Parquet library to errors.
#pragma once

#include "base/result.h"

namespace parquet {
class ParquetException;
}

namespace ingot::parquet_format {

/// The error of a failed write: with the kind of the stream's error if it has one, else kRetry.
Error FromParquet(const parquet::ParquetException& exception);

}  // namespace ingot::parquet_format
