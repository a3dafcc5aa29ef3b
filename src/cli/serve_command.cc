#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "cli/commands.h"
#include "run/maintenance.h"
#include "run/run_metrics.h"
#include "serve/server.h"

namespace ingot::cli {
namespace {

std::atomic<bool> stop_requested{false};

Status Serve(const Shared& shared, const std::string& listen) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::OpenTables(shared.open_options));
  run::DeclareRunMetrics(ProcessMetrics(), open.environment);
  INGOT_ASSIGN(const auto server,
               serve::Server::Start(listen, ServerPartsOf(open.environment, [] { return std::string(); })));
  fmt::print("http://{}/\n", server->address());
  std::fflush(stdout);
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { stop_requested = true; });
  while (!stop_requested) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return {};
}

}  // namespace

serve::ServerParts ServerPartsOf(const stage::Environment& environment, std::function<Result<std::string>()> ready) {
  return {.environment = environment,
          .tables = [environment] { return run::RequestedOrAllTables(environment, {}); },
          .ready = std::move(ready)};
}

void AddServe(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("serve", "Show the tables over HTTP: a page, JSON, metrics, health");
  auto listen = std::make_shared<std::string>("127.0.0.1:8080");
  AddShared(*command, shared);
  command->add_option("--listen", *listen, "host:port [INGOT_LISTEN]")->envname("INGOT_LISTEN")->capture_default_str();
  command->footer(
      "Examples:\n  ingot serve --warehouse /data/warehouse\n  ingot serve --listen 0.0.0.0:8080\n\nPaths: / /metrics "
      "/health /ready /api/tables /api/runs?limit=N");
  command->callback([&shared, listen] { shared.command = [&shared, listen] { return Serve(shared, *listen); }; });
}

}  // namespace ingot::cli
