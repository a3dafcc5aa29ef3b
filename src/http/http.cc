#include "http/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <mutex>

namespace ingot::http {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kTotalSeconds = 60;

Status LoadCurl() {
  static const Status loaded = []() -> Status {
    const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK)
      return Fail(ErrorKind::kBadConfig, std::string("cannot initialize libcurl: ") + curl_easy_strerror(code));
    return {};
  }();
  return loaded;
}

size_t Collect(const char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

}  // namespace

struct HttpClient::Handles {
  std::mutex mutex;
  std::vector<CURL*> idle;

  CURL* Acquire() {
    std::lock_guard lock(mutex);
    if (idle.empty()) return curl_easy_init();
    CURL* handle = idle.back();
    idle.pop_back();
    return handle;
  }
  void Release(CURL* handle) {
    curl_easy_reset(handle);
    std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

HttpClient::HttpClient() : handles_(std::make_unique<Handles>()) {}

HttpClient::~HttpClient() {
  for (CURL* handle : handles_->idle) curl_easy_cleanup(handle);
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  INGOT_TRY(LoadCurl());
  CURL* handle = handles_->Acquire();
  if (handle == nullptr) return Fail(ErrorKind::kInternal, "HTTP: out of memory");
  HttpResponse response;
  curl_slist* headers = nullptr;
  for (const std::string& header : request.headers) headers = curl_slist_append(headers, header.c_str());
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, kTotalSeconds);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "ingot");
  if (request.method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (const char* authorities = std::getenv("SSL_CERT_FILE")) curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
  if (!request.body.empty()) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.size()));
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &response.body);
  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  handles_->Release(handle);
  response.status = int(status);
  if (code == CURLE_OK) return response;
  const bool unsent = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT;
  const bool wrong = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                     code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  return Fail(wrong    ? ErrorKind::kBadConfig
              : unsent ? ErrorKind::kRetry
                       : ErrorKind::kOutcomeUnknown,
              fmt::format("{} {}: {}", request.method, request.url, curl_easy_strerror(code)));
}

}  // namespace ingot::http
