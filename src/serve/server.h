// HTTP beside or instead of a run: metrics, health, the state of the tables as JSON, and a page that shows it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stage/environment.h"

namespace ingot::serve {

struct ServerParts {
  stage::Environment environment;
  /// The tables to tell about, asked each time.
  std::function<Result<std::vector<std::string>>()> tables;
  /// Whether the work beside goes well; the error says what is wrong.
  std::function<Status()> ready;
};

/// Answers on threads of its own until it is destroyed:
///   /metrics      OpenMetrics to those who accept it, else Prometheus's text format; measures process and tables anew
///   /health       200 as long as the process answers
///   /ready        200, or 503 with the reason: the catalog does not answer, the work beside does not go on
///   /api/tables   a JSON array of objects, one a table
///   /api/runs     a JSON array of the newest stage runs, newest first; ?limit=N (50)
///   /             a page for people
class Server {
 public:
  /// `listen` is host:port; port 0 takes a free one. Errors: kBadConfig when it cannot be listened on.
  static Result<std::unique_ptr<Server>> Start(const std::string& listen, ServerParts parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// host:port, the port in force.
  const std::string& address() const { return address_; }

 private:
  struct Http;
  Server();
  std::unique_ptr<Http> http_;
  std::string address_;
};

}  // namespace ingot::serve
