#include "storage/streams.h"

#include "base/arrow_result.h"
#include "base/status_detail.h"

namespace ingot::storage {
namespace {

class Explained {
 public:
  explicit Explained(Explain explain, bool ours_too = false) : explain_(std::move(explain)), ours_too_(ours_too) {}
  arrow::Status operator()(const arrow::Status& status, std::string_view doing) const {
    return status.ok() || (KindOf(status) && !ours_too_) ? status : ToArrow(explain_(status, doing));
  }
  template <typename T>
  arrow::Result<T> operator()(arrow::Result<T> result) const {
    return result.ok() ? std::move(result) : arrow::Result<T>((*this)(result.status(), "read"));
  }

 private:
  const Explain explain_;
  const bool ours_too_;
};

class Input : public arrow::io::RandomAccessFile {
 public:
  Input(std::shared_ptr<arrow::io::RandomAccessFile> inner, Explained explained)
      : inner_(std::move(inner)), explained_(std::move(explained)) {}
  arrow::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Seek(int64_t position) override { return explained_(inner_->Seek(position), "read"); }
  arrow::Result<int64_t> GetSize() override { return explained_(inner_->GetSize()); }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override { return explained_(inner_->Read(bytes, out)); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override { return explained_(inner_->Read(bytes)); }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    return explained_(inner_->ReadAt(position, bytes, out));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    return explained_(inner_->ReadAt(position, bytes));
  }
  // A hint: that it was not taken is no reason not to read.
  arrow::Status WillNeed(const std::vector<arrow::io::ReadRange>& ranges) override {
    (void)inner_->WillNeed(ranges);
    return arrow::Status::OK();
  }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> inner_;
  const Explained explained_;
};

class Output : public arrow::io::OutputStream {
 public:
  Output(std::shared_ptr<arrow::io::OutputStream> inner, Explain explain)
      : inner_(std::move(inner)), explained_(std::move(explain)) {}
  arrow::Status Close() override { return explained_(inner_->Close(), "close"); }
  arrow::Status Abort() override { return inner_->Abort(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Write(const void* data, int64_t bytes) override {
    return explained_(inner_->Write(data, bytes), "write");
  }
  arrow::Status Flush() override { return explained_(inner_->Flush(), "write"); }

 private:
  const std::shared_ptr<arrow::io::OutputStream> inner_;
  const Explained explained_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> WithErrors(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                        Explain explain) {
  return std::make_shared<Input>(std::move(file), Explained(std::move(explain)));
}

std::shared_ptr<arrow::io::RandomAccessFile> Remembering(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                         std::shared_ptr<std::optional<Error>> failure) {
  const auto keep = [failure = std::move(failure)](const arrow::Status& status, std::string_view) {
    *failure = FromArrow(status);
    return **failure;
  };
  return std::make_shared<Input>(std::move(file), Explained(keep, true));
}

std::shared_ptr<arrow::io::OutputStream> WithErrors(std::shared_ptr<arrow::io::OutputStream> stream, Explain explain) {
  return std::make_shared<Output>(std::move(stream), std::move(explain));
}

}  // namespace ingot::storage
