#include "run/trino_client.h"

#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/environment.h"
#include "base/retry.h"

namespace ingot::run {
namespace {

using Json = nlohmann::json;

}  // namespace

TrinoClient::TrinoClient(std::string url, int attempts_max) : url_(std::move(url)), attempts_max_(attempts_max) {
  while (url_.ends_with('/')) url_.pop_back();
  const std::string user = EnvironmentOr("INGOT_TRINO_USER", "ingot"), password = EnvironmentOr("INGOT_TRINO_PASSWORD");
  headers_ = {"X-Trino-User: " + user, "X-Trino-Source: ingot", "X-Trino-Time-Zone: UTC", "Content-Type: text/plain"};
  if (!password.empty())
    headers_.push_back("Authorization: Basic " + arrow::util::base64_encode(user + ":" + password));
}

Result<http::HttpResponse> TrinoClient::Send(const std::string& method, const std::string& url,
                                             const std::string& body) {
  Backoff backoff({.attempts_max = std::min(attempts_max_, 8)});
  while (true) {
    auto answer = http_.Send({.method = method, .url = url, .headers = headers_, .body = body});
    // Each step of a statement can be requested again: the response is the same.
    const bool busy = answer && (answer->status == 429 || answer->status / 100 == 5);
    const bool lost = !answer && (answer.error().kind == ErrorKind::kRetry || method == "GET");
    if ((!busy && !lost) || !backoff.Wait()) return answer;
  }
}

Result<std::vector<TrinoClient::Row>> TrinoClient::Run(const std::string& statement) {
  // A statement that Trino rejects for lack of resources has not started: a coordinator that just started has no
  // nodes.
  Backoff backoff({.attempts_max = attempts_max_});
  while (true) {
    auto rows = RunOnce(statement);
    if (rows || rows.error().kind != ErrorKind::kRetry || !backoff.Wait()) return rows;
  }
}

Result<std::vector<TrinoClient::Row>> TrinoClient::RunOnce(const std::string& statement) {
  std::vector<Row> rows;
  std::string method = "POST", url = url_ + "/v1/statement", body = statement;
  while (true) {
    auto sent = Send(method, url, body);
    if (!sent) {
      if (method == "GET") sent.error().kind = ErrorKind::kOutcomeUnknown;
      return std::unexpected(std::move(sent).error());
    }
    const http::HttpResponse& answer = *sent;
    const Json json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_object())
      return Fail(answer.status == 401 || answer.status == 403 ? ErrorKind::kBadConfig : ErrorKind::kOutcomeUnknown,
                  fmt::format("Trino at {} answered {}: {}", url_, answer.status, answer.body.substr(0, 300)));
    if (json.contains("error")) {
      const Json& error = json["error"];
      const std::string name = error.value("errorName", "?");
      const bool later = name == "NO_NODES_AVAILABLE" || name == "SERVER_STARTING_UP";
      return Fail(later ? ErrorKind::kRetry : ErrorKind::kBadInput,
                  fmt::format("Trino: {}: {}\n{}", name, error.value("message", "?"), statement));
    }
    if (json.contains("data"))
      for (const Json& row : json["data"]) {
        Row values;
        for (const Json& value : row) values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
        rows.push_back(std::move(values));
      }
    if (!json.contains("nextUri")) return rows;
    method = "GET", url = json["nextUri"].get<std::string>(), body.clear();
  }
}

}  // namespace ingot::run
