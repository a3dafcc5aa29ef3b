// Exceptions of Arrow's Parquet library as errors of ours.
#pragma once

#include "base/result.h"

namespace parquet {
class ParquetException;
}

namespace ingot::parquet_format {

/// What a write failed with: the kind of the stream's error where there is one, else kRetry.
Error FromParquet(const parquet::ParquetException& exception);

}  // namespace ingot::parquet_format
