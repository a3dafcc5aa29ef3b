// File access behind one interface: whole small files, streams of large ones, atomic creation. Knows no tables.
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

/// Settings by the names that Iceberg's catalogs and engines use: s3.endpoint, s3.region, s3.access-key-id,
/// s3.secret-access-key, s3.session-token, s3.path-style-access.
using Properties = std::map<std::string, std::string>;

/// Safe from every thread. Locations are as in location.h.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) = 0;
  /// Makes parent folders. What was written is visible and durable after Close(); an abandoned stream may leave a file.
  virtual Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) = 0;
  /// Errors: kNotFound.
  virtual Result<std::string> ReadAll(std::string_view location) = 0;
  /// Writes a file that must not exist yet: all of it or nothing, durable. Errors: kExists; objects of S3 are not
  /// looked for first, so names there have to be unique (each holds a UUID).
  virtual Status CreateAtomic(std::string_view location, std::string_view bytes) = 0;
  virtual Result<bool> Exists(std::string_view location) = 0;
  /// A file that is not there is no error.
  virtual Status Delete(std::string_view location) = 0;
  /// Gives the file another location of the same scheme; one that is there is replaced. Errors: kNotFound.
  virtual Status Move(std::string_view from, std::string_view to) = 0;
  /// All files below `location`, sorted by location; nothing when the folder does not exist.
  virtual Result<std::vector<FileInfo>> List(std::string_view location) = 0;
};

/// Local files: what lies under `file:` and plain paths.
std::shared_ptr<Storage> MakeLocalStorage();
/// Files in memory, for tests.
std::shared_ptr<Storage> MakeMemoryStorage();
/// The storage for a warehouse location, and for the other schemes that a table's files may have. What `properties` do
/// not say of S3 comes from the environment: INGOT_S3_ENDPOINT, AWS_ENDPOINT_URL, AWS_REGION, AWS_CA_BUNDLE, and
/// credentials as the AWS tools look for them (AWS_ACCESS_KEY_ID…, AWS_PROFILE). Errors: kUnsupported for an unknown
/// scheme.
Result<std::shared_ptr<Storage>> OpenStorage(std::string_view location, const Properties& properties = {});

/// Ends the threads behind storages; to be called before main returns, after which no storage works.
void CloseStorages();

}  // namespace ingot::storage
