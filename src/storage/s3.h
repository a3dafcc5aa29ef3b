// Objects of S3 and of servers that speak its protocol (MinIO, Ceph), on Arrow's S3 file system.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "storage/storage.h"

namespace ingot::storage {

/// Path style is used whenever an endpoint is given. Retries are bounded, with full jitter.
/// Errors of its calls: kBadConfig for credentials, buckets and endpoints that are refused; kRetry for the rest.
Result<std::shared_ptr<Storage>> OpenS3(const Properties& properties);

}  // namespace ingot::storage
