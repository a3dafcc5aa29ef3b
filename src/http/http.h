// A small blocking HTTP client that reuses connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot::http {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

/// Thread-safe.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  /// Returns the response, whatever its status. Errors: kRetry when the server was not reached, kOutcomeUnknown when
  /// the request was sent but no response came, kBadConfig for an invalid URL or an untrusted certificate.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace ingot::http
