#include "parquet/parquet_error.h"

#include <parquet/exception.h>

#include "base/arrow_result.h"

namespace ingot::parquet_format {

Error FromParquet(const parquet::ParquetException& exception) {
  if (const auto* with_status = dynamic_cast<const parquet::ParquetStatusException*>(&exception))
    return FromArrow(with_status->status(), ErrorKind::kRetry);
  return {ErrorKind::kRetry, exception.what()};
}

}  // namespace ingot::parquet_format
