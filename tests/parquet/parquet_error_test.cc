#include "parquet/parquet_error.h"

#include <gtest/gtest.h>
#include <parquet/exception.h>

#include "base/status_detail.h"

namespace ingot::parquet_format {
namespace {

// Goal:   stream errors keep their kind through the Parquet library's exceptions.
// Method: a status with our kind, one of Arrow's, an exception of the Parquet library.
TEST(ParquetError, KeepsTheKindOfTheStream) {
  const Error rejected =
      FromParquet(parquet::ParquetStatusException(ToArrow({ErrorKind::kBadConfig, "write s3://b/k: access denied"})));
  EXPECT_EQ(rejected.kind, ErrorKind::kBadConfig);
  EXPECT_EQ(rejected.message, "write s3://b/k: access denied");
  EXPECT_EQ(FromParquet(parquet::ParquetStatusException(arrow::Status::IOError("x"))).kind, ErrorKind::kRetry);
  EXPECT_EQ(FromParquet(parquet::ParquetException("no space")).kind, ErrorKind::kRetry);
}

}  // namespace
}  // namespace ingot::parquet_format
