#include <map>
#include <mutex>

#include "storage/location.h"
#include "storage/s3.h"
#include "storage/storage.h"

namespace ingot::storage {
namespace {

bool IsS3(std::string_view location) {
  return location.starts_with("s3://") || location.starts_with("s3a://") || location.starts_with("s3n://");
}

/// Forwards each call to the storage of the location's scheme: one table may have files in several.
class StorageByScheme : public Storage {
 public:
  explicit StorageByScheme(Properties properties) : properties_(std::move(properties)) {}

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->OpenInput(location);
  }
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->OpenOutput(location);
  }
  Result<std::string> ReadAll(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->ReadAll(location);
  }
  Status CreateAtomic(std::string_view location, std::string_view bytes) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->CreateAtomic(location, bytes);
  }
  Result<bool> Exists(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->Exists(location);
  }
  Status Delete(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->Delete(location);
  }
  Status Move(std::string_view from, std::string_view to) override {
    INGOT_ASSIGN(Storage * storage, Of(from));
    return storage->Move(from, to);
  }
  Result<std::vector<FileInfo>> List(std::string_view location) override {
    INGOT_ASSIGN(Storage * storage, Of(location));
    return storage->List(location);
  }

 private:
  Result<Storage*> Of(std::string_view location) {
    if (!IsS3(location)) {
      INGOT_TRY(LocalPath(location));
      return local_.get();
    }
    std::lock_guard lock(mutex_);
    if (!s3_) {
      INGOT_ASSIGN(s3_, OpenS3(properties_));
    }
    return s3_.get();
  }

  const Properties properties_;
  const std::shared_ptr<Storage> local_ = MakeLocalStorage();
  std::mutex mutex_;
  std::shared_ptr<Storage> s3_;
};

}  // namespace

Result<std::shared_ptr<Storage>> OpenStorage(std::string_view location, const Properties& properties) {
  if (!IsS3(location)) INGOT_TRY(LocalPath(location));
  return std::make_shared<StorageByScheme>(properties);
}

}  // namespace ingot::storage
