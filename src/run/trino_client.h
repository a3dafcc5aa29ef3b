// Sends statements to a Trino coordinator. Source: Trino documentation, "Trino client REST API".
#pragma once

#include <string>
#include <vector>

#include "http/http.h"

namespace ingot::run {

class TrinoClient {
 public:
  /// `url` is that of the coordinator. Reads the environment: INGOT_TRINO_USER (ingot) and INGOT_TRINO_PASSWORD
  /// (none), sent as basic authentication over https. `attempts_max` applies while the coordinator is unavailable or
  /// starting.
  explicit TrinoClient(std::string url, int attempts_max = 12);

  using Row = std::vector<std::string>;  // values in their JSON form, text without quotes; null is "null"
  /// Runs the statement to its end. Errors: kBadInput with Trino's message when it rejects the statement; kBadConfig
  /// for a rejected login; kRetry when it was unreachable or had no nodes for a while; kOutcomeUnknown when the
  /// connection was lost midway.
  Result<std::vector<Row>> Run(const std::string& statement);

 private:
  Result<std::vector<Row>> RunOnce(const std::string& statement);
  Result<http::HttpResponse> Send(const std::string& method, const std::string& url, const std::string& body);

  http::HttpClient http_;
  std::string url_;
  std::vector<std::string> headers_;
  int attempts_max_;
};

}  // namespace ingot::run
