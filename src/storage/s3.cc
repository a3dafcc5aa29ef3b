#include "storage/s3.h"

#include <arrow/buffer.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/util/io_util.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "base/arrow_result.h"
#include "base/log.h"
#include "base/outage.h"
#include "base/random.h"
#include "storage/streams.h"

namespace ingot::storage {
namespace {

constexpr int64_t kAttemptsMax = 12;  // with the delays below: about 30 s with an unreachable server
constexpr int64_t kSilentAttempts = 3;
constexpr int64_t kDelayFirstMs = 50;
constexpr int64_t kDelayMaxMs = 5000;

/// Whether the server's certificate is not trusted or the CA bundle cannot be read: libcurl's error codes
/// CURLE_PEER_FAILED_VERIFICATION and CURLE_SSL_CACERT_BADFILE.
bool IsCertificateError(const std::string& message) {
  return message.find("curlCode: 60,") != std::string::npos || message.find("curlCode: 77,") != std::string::npos;
}

/// Retries what the protocol calls retryable (throttling, 5xx, lost connections) with exponential backoff and full
/// jitter. Logs one warning when the first attempts have failed.
class JitteredRetries : public arrow::fs::S3RetryStrategy {
 public:
  explicit JitteredRetries(std::string server) : server_(std::move(server)) {}
  bool ShouldRetry(const AWSErrorDetail& error, int64_t attempted) override {
    if (!error.should_retry || IsCertificateError(error.message)) return false;
    ServerFailed(server_, error.message);
    if (attempted == kSilentAttempts && !warned_.exchange(true)) LogWarning("S3: " + error.message + "; retrying");
    return attempted + 1 < kAttemptsMax;
  }
  int64_t CalculateDelayBeforeNextRetry(const AWSErrorDetail&, int64_t attempted) override {
    const int64_t ceiling = std::min(kDelayMaxMs, kDelayFirstMs << std::min<int64_t>(attempted, 10));
    return 1 + int64_t(RandomBits() % uint64_t(ceiling));
  }

 private:
  const std::string server_;
  std::atomic<bool> warned_ = false;  // for runs that end before an outage is reported
};

std::string FirstOf(const Properties& properties, std::initializer_list<const char*> keys,
                    std::initializer_list<const char*> variables) {
  for (const char* key : keys)
    if (const auto found = properties.find(key); found != properties.end() && !found->second.empty())
      return found->second;
  for (const char* name : variables)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

/// The "bucket/key" of an S3 location.
Result<std::string> KeyOf(std::string_view location) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"})
    if (location.starts_with(scheme)) {
      std::string key(location.substr(scheme.size()));
      while (key.ends_with('/')) key.pop_back();
      if (!key.empty()) return key;
    }
  return Fail(ErrorKind::kBadConfig, "not an S3 location: '" + std::string(location) + "' (write s3://bucket/prefix)");
}

Error ErrorFrom(const arrow::Status& status, std::string_view location) {
  const std::string& message = status.message();
  const auto contains = [&](std::string_view text) { return message.find(text) != std::string::npos; };
  ErrorKind kind = FromArrow(status, ErrorKind::kRetry).kind;
  std::string hint;
  if (contains("past end of file")) kind = ErrorKind::kCorrupt;
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT || contains("NO_SUCH_KEY")) kind = ErrorKind::kNotFound;
  if (contains("NO_SUCH_BUCKET")) {
    kind = ErrorKind::kBadConfig;
    hint = " (create the bucket first)";
  }
  if (contains("ACCESS_DENIED") || contains("INVALID_ACCESS_KEY_ID") || contains("SIGNATURE_DOES_NOT_MATCH") ||
      contains("InvalidAccessKeyId") || contains("HTTP status 403")) {
    kind = ErrorKind::kBadConfig;
    hint = " (look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL)";
  }
  if (IsCertificateError(message)) {
    kind = ErrorKind::kBadConfig;
    hint = " (set AWS_CA_BUNDLE to the file with the certificate of its authority)";
  }
  return Error{kind, std::string(location) + ": " + message + hint};
}

StatusTranslator TranslatorFor(std::string_view location) {
  return [location = std::string(location)](const arrow::Status& status, std::string_view) {
    return ErrorFrom(status, location);
  };
}

/// Initializes Arrow's S3 client, on the first call.
Status StartS3() {
  static const arrow::Status started = [] {
    arrow::fs::S3GlobalOptions options = arrow::fs::S3GlobalOptions::Defaults();
    options.log_level = arrow::fs::S3LogLevel::Fatal;
    return arrow::fs::InitializeS3(options);
  }();
  if (!started.ok()) return std::unexpected(FromArrow(started, ErrorKind::kInternal));
  return {};
}

class S3Storage : public Storage {
 public:
  S3Storage(std::shared_ptr<arrow::fs::S3FileSystem> files, std::string server)
      : files_(std::move(files)), server_(std::move(server)) {}

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_ASSIGN(const std::string key, KeyOf(location));
    auto file = files_->OpenInputFile(key);
    INGOT_TRY(Outcome(file.status(), location));
    return TranslateErrors(std::move(*file), TranslatorFor(location));
  }

  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    INGOT_ASSIGN(const std::string key, KeyOf(location));
    auto file = files_->OpenOutputStream(key);
    if (!file.ok()) return std::unexpected(ErrorFrom(file.status(), location));
    return TranslateErrors(std::move(*file), TranslatorFor(location));
  }

  Result<std::string> ReadAll(std::string_view location) override {
    INGOT_ASSIGN(const auto file, OpenInput(location));
    INGOT_ARROW_ASSIGN(const int64_t size, file->GetSize());
    INGOT_ARROW_ASSIGN(const auto bytes, file->ReadAt(0, size));
    return bytes->ToString();
  }

  Status CreateAtomic(std::string_view location, std::string_view bytes) override {
    INGOT_ASSIGN(const auto stream, OpenOutput(location));
    auto status = stream->Write(bytes.data(), int64_t(bytes.size()));
    if (status.ok()) status = stream->Close();
    if (status.ok()) {
      ServerAnswered(server_);
      return {};
    }
    (void)stream->Abort();
    return std::unexpected(FromArrow(status));
  }

  Result<bool> Exists(std::string_view location) override {
    INGOT_ASSIGN(const std::string key, KeyOf(location));
    const auto info = files_->GetFileInfo(key);
    INGOT_TRY(Outcome(info.status(), location));
    return info->type() != arrow::fs::FileType::NotFound;
  }

  Status Delete(std::string_view location) override {
    INGOT_ASSIGN(const std::string key, KeyOf(location));
    const Status deleted = Outcome(files_->DeleteFile(key), location);
    if (!deleted && deleted.error().kind == ErrorKind::kNotFound) return {};
    return deleted;
  }

  Status Move(std::string_view from, std::string_view to) override {
    INGOT_ASSIGN(const std::string source, KeyOf(from));
    INGOT_ASSIGN(const std::string target, KeyOf(to));
    return Outcome(files_->Move(source, target), from);
  }

  Result<std::vector<FileInfo>> List(std::string_view location) override {
    INGOT_ASSIGN(const std::string key, KeyOf(location));
    arrow::fs::FileSelector below;
    below.base_dir = key;
    below.recursive = true;
    below.allow_not_found = true;
    const auto infos = files_->GetFileInfo(below);
    INGOT_TRY(Outcome(infos.status(), location));
    const std::string scheme(location.substr(0, location.find("://") + 3));
    std::vector<FileInfo> found;
    for (const auto& info : *infos)
      if (info.type() == arrow::fs::FileType::File)
        found.push_back(
            {scheme + info.path(), info.size(),
             std::chrono::duration_cast<std::chrono::microseconds>(info.mtime().time_since_epoch()).count()});
    std::ranges::sort(found, {}, &FileInfo::location);
    return found;
  }

 private:
  /// The result of a call after all retries; reports responses to the outage log.
  Status Outcome(const arrow::Status& status, std::string_view location) const {
    if (status.ok()) {
      ServerAnswered(server_);
      return {};
    }
    Error error = ErrorFrom(status, location);
    if (error.kind != ErrorKind::kRetry) ServerAnswered(server_);
    return std::unexpected(std::move(error));
  }

  const std::shared_ptr<arrow::fs::S3FileSystem> files_;
  const std::string server_;
};

}  // namespace

void CloseStorages() {
  if (arrow::fs::IsS3Initialized()) (void)arrow::fs::FinalizeS3();
}

Result<std::shared_ptr<Storage>> OpenS3(const Properties& properties) {
  INGOT_TRY(StartS3());
  arrow::fs::S3Options options = arrow::fs::S3Options::Defaults();
  const std::string key = FirstOf(properties, {"s3.access-key-id"}, {}),
                    secret = FirstOf(properties, {"s3.secret-access-key"}, {});
  if (!key.empty()) options.ConfigureAccessKey(key, secret, FirstOf(properties, {"s3.session-token"}, {}));
  std::string endpoint =
      FirstOf(properties, {"s3.endpoint"}, {"INGOT_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (const auto scheme = endpoint.find("://"); scheme != std::string::npos) {
    options.scheme = endpoint.substr(0, scheme);
    endpoint.erase(0, scheme + 3);
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  options.endpoint_override = endpoint;
  options.region = FirstOf(properties, {"s3.region", "client.region"}, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (options.region.empty()) options.region = "us-east-1";
  options.force_virtual_addressing = FirstOf(properties, {"s3.path-style-access"}, {}) == "false";
  options.tls_ca_file_path = FirstOf(properties, {}, {"AWS_CA_BUNDLE"});
  options.allow_delayed_open = true;  // a small file takes one request instead of the three of a multipart upload
  options.connect_timeout = 5;
  options.request_timeout = 30;
  const std::string server =
      "S3 at " + (endpoint.empty() ? "AWS, region " + options.region : options.scheme + "://" + endpoint);
  options.retry_strategy = std::make_shared<JitteredRetries>(server);
  auto files = arrow::fs::S3FileSystem::Make(options);
  if (!files.ok()) return std::unexpected(ErrorFrom(files.status(), "S3"));
  return std::make_shared<S3Storage>(*files, server);
}

}  // namespace ingot::storage
