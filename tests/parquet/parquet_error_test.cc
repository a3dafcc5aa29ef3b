#include "parquet/parquet_error.h"

#include <gtest/gtest.h>
#include <parquet/exception.h>

#include "base/status_detail.h"

namespace ingot::parquet_format {
namespace {

// Goal:   an error of a stream that the Parquet library throws on is the same behind it.
// Method: a Status with a kind of ours, one of Arrow's own, an exception of the library's own.
TEST(ParquetError, KeepsTheKindOfTheStream) {
  const Error refused =
      FromParquet(parquet::ParquetStatusException(ToArrow({ErrorKind::kBadConfig, "write s3://b/k: access denied"})));
  EXPECT_EQ(refused.kind, ErrorKind::kBadConfig);
  EXPECT_EQ(refused.message, "write s3://b/k: access denied");
  EXPECT_EQ(FromParquet(parquet::ParquetStatusException(arrow::Status::IOError("x"))).kind, ErrorKind::kRetry);
  EXPECT_EQ(FromParquet(parquet::ParquetException("no space")).kind, ErrorKind::kRetry);
}

}  // namespace
}  // namespace ingot::parquet_format
