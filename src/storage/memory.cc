#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include <map>
#include <mutex>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "storage/location.h"
#include "storage/storage.h"

namespace ingot::storage {
namespace {

class MemoryStorage : public Storage {
 public:
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_ASSIGN(std::string bytes, ReadAll(location));
    return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes)));
  }

  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    INGOT_ARROW_ASSIGN(auto inner, arrow::io::BufferOutputStream::Create());
    return std::make_shared<Stream>(*this, std::string(location), inner);
  }

  Result<std::string> ReadAll(std::string_view location) override {
    std::lock_guard lock(mutex_);
    const auto found = files_.find(AbsoluteLocation(location));
    if (found == files_.end()) return Fail(ErrorKind::kNotFound, "file does not exist: " + std::string(location));
    return found->second;
  }

  Status CreateAtomic(std::string_view location, std::string_view bytes) override {
    std::lock_guard lock(mutex_);
    if (!files_.emplace(AbsoluteLocation(location), bytes).second)
      return Fail(ErrorKind::kExists, "file exists: " + std::string(location));
    return {};
  }

  Result<bool> Exists(std::string_view location) override {
    std::lock_guard lock(mutex_);
    return files_.contains(AbsoluteLocation(location));
  }

  Status Delete(std::string_view location) override {
    std::lock_guard lock(mutex_);
    files_.erase(AbsoluteLocation(location));
    return {};
  }

  Status Move(std::string_view from, std::string_view to) override {
    std::lock_guard lock(mutex_);
    auto file = files_.extract(AbsoluteLocation(from));
    if (file.empty()) return Fail(ErrorKind::kNotFound, "file does not exist: " + std::string(from));
    files_[AbsoluteLocation(to)] = std::move(file.mapped());
    return {};
  }

  Result<std::vector<FileInfo>> List(std::string_view location) override {
    std::lock_guard lock(mutex_);
    const std::string prefix = AbsoluteLocation(location) + "/";
    std::vector<FileInfo> found;
    for (const auto& [name, bytes] : files_)
      if (name.starts_with(prefix)) found.push_back({name, int64_t(bytes.size()), NowMicros()});
    return found;
  }

 private:
  class Stream : public arrow::io::OutputStream {
   public:
    Stream(MemoryStorage& owner, std::string location, std::shared_ptr<arrow::io::BufferOutputStream> inner)
        : owner_(owner), location_(std::move(location)), inner_(std::move(inner)) {}
    arrow::Status Close() override {
      if (inner_->closed()) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(auto bytes, inner_->Finish());
      std::lock_guard lock(owner_.mutex_);
      owner_.files_[AbsoluteLocation(location_)] = bytes->ToString();
      return arrow::Status::OK();
    }
    bool closed() const override { return inner_->closed(); }
    arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
    arrow::Status Write(const void* data, int64_t bytes) override { return inner_->Write(data, bytes); }

   private:
    MemoryStorage& owner_;
    std::string location_;
    std::shared_ptr<arrow::io::BufferOutputStream> inner_;
  };

  std::mutex mutex_;
  std::map<std::string, std::string> files_;
};

}  // namespace

std::shared_ptr<Storage> MakeMemoryStorage() {
  return std::make_shared<MemoryStorage>();
}

}  // namespace ingot::storage
