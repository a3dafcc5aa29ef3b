#include "storage/hide_files.h"

#include "storage/location.h"

namespace ingot::storage {
namespace {

class FilteredStorage : public Storage {
 public:
  FilteredStorage(std::shared_ptr<Storage> inner, std::set<std::string> hidden)
      : inner_(std::move(inner)), hidden_(std::move(hidden)) {}

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_TRY(Check(location));
    return inner_->OpenInput(location);
  }
  Result<std::string> ReadAll(std::string_view location) override {
    INGOT_TRY(Check(location));
    return inner_->ReadAll(location);
  }
  Result<bool> Exists(std::string_view location) override {
    return IsHidden(location) ? Result<bool>(false) : inner_->Exists(location);
  }
  Result<std::vector<FileInfo>> List(std::string_view location) override {
    INGOT_ASSIGN(auto found, inner_->List(location));
    std::erase_if(found, [&](const FileInfo& file) { return IsHidden(file.location); });
    return found;
  }
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    return ReadOnly(location);
  }
  Status CreateAtomic(std::string_view location, std::string_view) override { return ReadOnly(location); }
  Status Delete(std::string_view location) override { return ReadOnly(location); }
  Status Move(std::string_view from, std::string_view) override { return ReadOnly(from); }

 private:
  bool IsHidden(std::string_view location) const { return hidden_.contains(CanonicalLocation(location)); }
  Status Check(std::string_view location) const {
    if (!IsHidden(location)) return {};
    return Fail(ErrorKind::kNotFound, "file does not exist: " + std::string(location));
  }
  static std::unexpected<Error> ReadOnly(std::string_view location) {
    return Fail(ErrorKind::kInternal, "storage is read-only: " + std::string(location));
  }

  const std::shared_ptr<Storage> inner_;
  const std::set<std::string> hidden_;
};

}  // namespace

std::unique_ptr<Storage> HideFiles(std::shared_ptr<Storage> storage, std::set<std::string> hidden) {
  return std::make_unique<FilteredStorage>(std::move(storage), std::move(hidden));
}

}  // namespace ingot::storage
