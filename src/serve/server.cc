#include "serve/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <page.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

#include "base/json_text.h"
#include "serve/table_state.h"

namespace ingot::serve {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kJson = "application/json";
constexpr size_t kRunsDefault = 50, kRunsMax = 1000;
constexpr std::chrono::seconds kStatesTimeout{3};

/// Handles the requests.
class RequestHandler {
 public:
  explicit RequestHandler(ServerParts parts) : parts_(std::move(parts)) {}

  /// The current state of the tables. Loading from a catalog that is down takes longer than a client waits: the request
  /// fails after kStatesTimeout, and a later request gets the result.
  Result<std::vector<TableState>> States() const {
    std::shared_future<Result<std::vector<TableState>>> loading;
    {
      std::lock_guard lock(mutex_);
      if (!loading_.valid() || loading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
        loading_ = std::async(std::launch::async, [this] { return Load(); }).share();
      loading = loading_;
    }
    if (loading.wait_for(kStatesTimeout) == std::future_status::ready) return loading.get();
    return Fail(ErrorKind::kRetry, "the catalog did not respond within 3 s");
  }

  void MetricsOf(const httplib::Request& request, httplib::Response& response) const {
    Metrics& metrics = ProcessMetrics();
    MeasureProcess(metrics);
    metrics.Declare("ingot_catalog_up", MetricKind::kGauge, "Whether the tables could be loaded: 1 or 0.");
    const auto states = States();
    metrics.Set("ingot_catalog_up", {}, states ? 1 : 0);
    if (states) MeasureTables(metrics, *states);
    const bool open = request.get_header_value("Accept").find("application/openmetrics-text") != std::string::npos;
    if (open)
      response.set_content(metrics.ToText(Metrics::Format::kOpenMetrics),
                           "application/openmetrics-text; version=1.0.0; charset=utf-8");
    else
      response.set_content(metrics.ToText(Metrics::Format::kPrometheusText),
                           "text/plain; version=0.0.4; charset=utf-8");
  }

  void Ready(httplib::Response& response) const {
    Result<std::string> state = parts_.ready();
    if (state)
      if (const auto states = States(); !states) state = std::unexpected(states.error());
    response.status = state ? 200 : 503;
    response.set_content(state ? "ready\n" + *state : state.error().message + "\n", kText);
  }

  void Json(httplib::Response& response, const std::function<std::string(const std::vector<TableState>&)>& text) const {
    const auto states = States();
    if (states) return response.set_content(text(*states), kJson);
    response.status = 503;
    response.set_content(fmt::format(R"({{"error":{}}})", JsonQuote(states.error().message)), kJson);
  }

 private:
  Result<std::vector<TableState>> Load() const {
    std::vector<TableState> states;
    INGOT_ASSIGN(const auto tables, parts_.tables());
    for (const std::string& table : tables) {
      auto state = StateOf(parts_.environment, table, kRunsMax);
      if (!state && state.error().kind == ErrorKind::kNotFound) continue;
      if (!state) return std::unexpected(std::move(state).error());
      states.push_back(std::move(*state));
    }
    return states;
  }

  const ServerParts parts_;
  mutable std::mutex mutex_;
  mutable std::shared_future<Result<std::vector<TableState>>> loading_;
};

size_t LimitOf(const httplib::Request& request) {
  const long limit = std::atol(request.get_param_value("limit").c_str());
  return limit <= 0 ? kRunsDefault : std::min(kRunsMax, size_t(limit));
}

}  // namespace

struct Server::Http {
  explicit Http(ServerParts parts) : handler(std::move(parts)) {}
  RequestHandler handler;
  httplib::Server server;
  std::thread thread;
};

Server::Server() = default;

Server::~Server() {
  if (!http_) return;
  http_->server.stop();
  if (http_->thread.joinable()) http_->thread.join();
}

Result<std::unique_ptr<Server>> Server::Start(const std::string& listen, ServerParts parts) {
  const size_t colon = listen.rfind(':');
  const int requested_port = colon == std::string::npos ? -1 : std::atoi(listen.c_str() + colon + 1);
  if (requested_port < 0 || requested_port > 65535 || (requested_port == 0 && !listen.ends_with(":0")))
    return Fail(ErrorKind::kBadConfig, "--listen: not host:port: '" + listen + "' (write 127.0.0.1:8080)");
  const std::string host = colon == 0 ? "0.0.0.0" : listen.substr(0, colon);
  std::unique_ptr<Server> server(new Server);
  server->http_ = std::make_unique<Http>(std::move(parts));
  httplib::Server& http = server->http_->server;
  const RequestHandler& handler = server->http_->handler;
  http.new_task_queue = [] { return new httplib::ThreadPool(2); };
  http.set_keep_alive_timeout(1);
  http.set_socket_options([](socket_t socket) {  // the library's default lets two programs share an address
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  http.Get("/metrics", [&](const auto& request, auto& response) { handler.MetricsOf(request, response); });
  http.Get("/health", [](const auto&, auto& response) { response.set_content("ok\n", kText); });
  http.Get("/ready", [&](const auto&, auto& response) { handler.Ready(response); });
  http.Get("/api/tables", [&](const auto&, auto& response) { handler.Json(response, TablesToJson); });
  http.Get("/api/runs", [&](const auto& request, auto& response) {
    const size_t limit = LimitOf(request);
    handler.Json(response, [&](const auto& states) { return RunsToJson(states, limit); });
  });
  http.Get("/", [](const auto&, auto& response) { response.set_content(kPage, "text/html; charset=utf-8"); });
  const int port = requested_port == 0                               ? http.bind_to_any_port(host.c_str())
                   : http.bind_to_port(host.c_str(), requested_port) ? requested_port
                                                                     : -1;
  if (port < 0)
    return Fail(ErrorKind::kBadConfig,
                "--listen: " + listen + " is in use, or is not an address of this machine: use another");
  server->address_ = fmt::format("{}:{}", host, port);
  server->http_->thread = std::thread([&http] { http.listen_after_bind(); });
  while (!http.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // stop() has no effect before
  return server;
}

}  // namespace ingot::serve
