// S3 and S3-compatible object stores (MinIO, Ceph), through Arrow's S3 file system.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "storage/storage.h"

namespace ingot::storage {

/// With an endpoint, path-style addressing is used unless s3.path-style-access is "false". Retries are bounded, with
/// full jitter. Errors of the storage's calls: kNotFound; kBadConfig for rejected credentials, missing buckets and
/// untrusted certificates; kRetry for other failures.
Result<std::shared_ptr<Storage>> OpenS3(const Properties& properties);

}  // namespace ingot::storage
