// A small HTTP client: one request, one answer, connections kept.
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

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// Safe from every thread.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  /// Any status is an answer. Errors: kRetry when the server was not reached, kOutcomeUnknown when the request went out
  /// and no answer came.
  Result<HttpAnswer> Send(const HttpRequest& request);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace ingot::http
