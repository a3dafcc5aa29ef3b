// Statements to a Trino coordinator. Source: Trino documentation, "Trino client REST API".
#pragma once

#include <string>
#include <vector>

#include "http/http.h"

namespace ingot::run {

class TrinoClient {
 public:
  /// `url` of the coordinator. From the environment: INGOT_TRINO_USER (ingot), INGOT_TRINO_PASSWORD (none), which go as
  /// basic authentication over https. `attempts_max` at a coordinator that is not there or just starts.
  explicit TrinoClient(std::string url, int attempts_max = 12);

  using Row = std::vector<std::string>;  // values as JSON has them, text without its quotes; a null is "null"
  /// Runs the statement to its end. Errors: kBadInput with Trino's words for what it refuses; kBadConfig for a login
  /// that it refuses; kRetry when it was not reached, or had no nodes, for a while; kOutcomeUnknown when it was lost
  /// midway.
  Result<std::vector<Row>> Run(const std::string& statement);

 private:
  Result<std::vector<Row>> RunOnce(const std::string& statement);
  Result<http::HttpResponse> Ask(const std::string& method, const std::string& url, const std::string& body);

  http::HttpClient http_;
  std::string url_;
  std::vector<std::string> headers_;
  int attempts_max_;
};

}  // namespace ingot::run
