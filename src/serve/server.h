// The HTTP server of `ingot run --listen` and `ingot serve`: metrics, health, table state as JSON, and a web page.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stage/environment.h"

namespace ingot::serve {

struct ServerParts {
  stage::Environment environment;
  /// Returns the tables to show; called for each request.
  std::function<Result<std::vector<std::string>>()> tables;
  /// Returns what /ready adds about the run next to the server, or an error while it fails.
  std::function<Result<std::string>()> ready;
};

/// Serves on its own threads until it is destroyed:
///   /metrics      OpenMetrics if the client accepts it, else the Prometheus text format; current values
///   /health       200 while the process runs
///   /ready        200, or 503 with the reason: the catalog does not respond, or the run fails
///   /api/tables   a JSON array with one object per table
///   /api/runs     a JSON array of the newest stage runs, newest first; ?limit=N (50)
///   /             a web page
class Server {
 public:
  /// `listen` is host:port; port 0 means any free port. Errors: kBadConfig when the address cannot be used.
  static Result<std::unique_ptr<Server>> Start(const std::string& listen, ServerParts parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// host:port with the actual port.
  const std::string& address() const { return address_; }

 private:
  struct Http;
  Server();
  std::unique_ptr<Http> http_;
  std::string address_;
};

}  // namespace ingot::serve
