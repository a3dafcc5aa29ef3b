// One interface to local files and S3 objects: streams, whole small files, atomic creation. Knows nothing of tables.
#pragma once

#include <arrow/io/interfaces.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot::storage {

struct FileInfo {
  std::string location;
  int64_t bytes = 0;
  int64_t modified_micros = 0;
};

/// Settings under the names that Iceberg catalogs and engines use: s3.endpoint, s3.region, s3.access-key-id,
/// s3.secret-access-key, s3.session-token, s3.path-style-access.
using Properties = std::map<std::string, std::string>;

/// Thread-safe. Locations are described in location.h.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) = 0;
  /// Creates missing parent folders. Bytes are visible and durable after Close(); an abandoned stream may leave a file.
  virtual Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) = 0;
  /// Errors: kNotFound.
  virtual Result<std::string> ReadAll(std::string_view location) = 0;
  /// Creates a file with these bytes, atomically and durably. Errors: kExists when it exists already. S3 overwrites
  /// instead, so names there must be unique (ours contain a UUID).
  virtual Status CreateAtomic(std::string_view location, std::string_view bytes) = 0;
  virtual Result<bool> Exists(std::string_view location) = 0;
  /// A missing file is not an error.
  virtual Status Delete(std::string_view location) = 0;
  /// Moves a file to another location of the same scheme and replaces a file there. Errors: kNotFound.
  virtual Status Move(std::string_view from, std::string_view to) = 0;
  /// All files below `location`, at any depth, sorted by location; none when the folder does not exist.
  virtual Result<std::vector<FileInfo>> List(std::string_view location) = 0;
};

/// Local files: `file:` URIs and plain paths.
std::shared_ptr<Storage> MakeLocalStorage();
/// Files in memory, for tests and benchmarks.
std::shared_ptr<Storage> MakeMemoryStorage();
/// The storage for a warehouse. It opens files of every supported scheme, since a table may refer to several. S3
/// settings that `properties` lack come from the environment: INGOT_S3_ENDPOINT, AWS_ENDPOINT_URL, AWS_REGION,
/// AWS_CA_BUNDLE, and credentials as the AWS tools find them (AWS_ACCESS_KEY_ID…, AWS_PROFILE). Errors: kUnsupported
/// for an unknown scheme.
Result<std::shared_ptr<Storage>> OpenStorage(std::string_view location, const Properties& properties = {});

/// Stops the background threads of all storages, which cannot be used afterwards. Call before main returns.
void CloseStorages();

}  // namespace ingot::storage
