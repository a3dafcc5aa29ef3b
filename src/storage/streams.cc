#include "storage/streams.h"

#include <arrow/buffer.h>
#include <arrow/result.h>

#include "base/arrow_result.h"
#include "base/status_detail.h"

namespace ingot::storage {
namespace {

class Translation {
 public:
  explicit Translation(StatusTranslator translate, bool ours_too = false)
      : translate_(std::move(translate)), ours_too_(ours_too) {}
  arrow::Status operator()(const arrow::Status& status, std::string_view doing) const {
    return status.ok() || (KindOf(status) && !ours_too_) ? status : ToArrow(translate_(status, doing));
  }
  template <typename T>
  arrow::Result<T> operator()(arrow::Result<T> result) const {
    return result.ok() ? std::move(result) : arrow::Result<T>((*this)(result.status(), "read"));
  }

 private:
  const StatusTranslator translate_;
  const bool ours_too_;
};

class TranslatedInput : public arrow::io::RandomAccessFile {
 public:
  TranslatedInput(std::shared_ptr<arrow::io::RandomAccessFile> inner, Translation translated)
      : inner_(std::move(inner)), translated_(std::move(translated)) {}
  arrow::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Seek(int64_t position) override { return translated_(inner_->Seek(position), "read"); }
  arrow::Result<int64_t> GetSize() override { return translated_(inner_->GetSize()); }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override { return translated_(inner_->Read(bytes, out)); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    return translated_(inner_->Read(bytes));
  }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    return translated_(inner_->ReadAt(position, bytes, out));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    return translated_(inner_->ReadAt(position, bytes));
  }
  // A hint: its failure does not prevent reading.
  arrow::Status WillNeed(const std::vector<arrow::io::ReadRange>& ranges) override {
    (void)inner_->WillNeed(ranges);
    return arrow::Status::OK();
  }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> inner_;
  const Translation translated_;
};

class TranslatedOutput : public arrow::io::OutputStream {
 public:
  TranslatedOutput(std::shared_ptr<arrow::io::OutputStream> inner, StatusTranslator translate)
      : inner_(std::move(inner)), translated_(std::move(translate)) {}
  arrow::Status Close() override { return translated_(inner_->Close(), "close"); }
  arrow::Status Abort() override { return inner_->Abort(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Write(const void* data, int64_t bytes) override {
    return translated_(inner_->Write(data, bytes), "write");
  }
  arrow::Status Flush() override { return translated_(inner_->Flush(), "write"); }

 private:
  const std::shared_ptr<arrow::io::OutputStream> inner_;
  const Translation translated_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> TranslateErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                             StatusTranslator translate) {
  return std::make_shared<TranslatedInput>(std::move(file), Translation(std::move(translate)));
}

std::shared_ptr<arrow::io::RandomAccessFile> RecordErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                          std::shared_ptr<std::optional<Error>> error) {
  const auto record = [error = std::move(error)](const arrow::Status& status, std::string_view) {
    *error = FromArrow(status);
    return **error;
  };
  return std::make_shared<TranslatedInput>(std::move(file), Translation(record, true));
}

std::shared_ptr<arrow::io::OutputStream> TranslateErrors(std::shared_ptr<arrow::io::OutputStream> stream,
                                                         StatusTranslator translate) {
  return std::make_shared<TranslatedOutput>(std::move(stream), std::move(translate));
}

}  // namespace ingot::storage
