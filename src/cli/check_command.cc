#include <fmt/format.h>

#include "base/json_text.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "iceberg/table.h"
#include "source/source.h"
#include "storage/location.h"

namespace ingot::cli {
namespace {

/// Prints one finding; returns whether it was good.
bool Report(const Shared& shared, const char* what, const Status& outcome, const std::string& good) {
  if (shared.Json())
    fmt::print("{{\"check\":{},\"ok\":{},\"detail\":{}}}\n", JsonQuote(what), outcome.has_value(),
               JsonQuote(outcome ? good : outcome.error().message));
  else
    fmt::print("{:<10} {}  {}\n", what, outcome ? "ok  " : "FAIL", outcome ? good : outcome.error().message);
  return outcome.has_value();
}

/// The URI without a password that may stand in it.
std::string WithoutPassword(std::string uri) {
  const auto begin = uri.find("://"), at = uri.find('@');
  if (begin == std::string::npos || at == std::string::npos) return uri;
  const auto colon = uri.find(':', begin + 3);
  return colon < at ? uri.replace(colon + 1, at - colon - 1, "***") : uri;
}

template <typename T>
Status Drop(const Result<T>& result) {
  return result ? Status() : std::unexpected(result.error());
}

Status CheckStorage(const std::string& warehouse) {
  INGOT_ASSIGN(const auto storage, storage::OpenStorage(warehouse));
  const std::string probe = storage::JoinLocation(storage::AbsoluteLocation(warehouse), ".ingot-check");
  (void)storage->Delete(probe);
  INGOT_TRY(storage->CreateAtomic(probe, "ingot"));
  INGOT_TRY(storage->ReadAll(probe));
  return storage->Delete(probe);
}

Status CheckTables(const Shared& shared, int64_t& tables) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto names, house.catalog->ListTables());
  for (const auto& name : names) {
    const auto table = iceberg::LoadTable({house.catalog, house.storage, name});
    if (!table) return Fail(table.error().kind, "table " + name.Text() + ": " + table.error().message);
  }
  tables = int64_t(names.size());
  return {};
}

Status Check(Shared& shared) {
  const auto pipeline = pipeline::LoadPipeline(shared.place.pipeline_file);
  bool good = Report(shared, "pipeline", Drop(pipeline), shared.place.pipeline_file);
  if (pipeline) {
    const std::string uri = run::SourceUri(shared.place, *pipeline);
    good &= Report(shared, "source",
                   Drop(source::OpenSource(uri, {.format = pipeline->source.format, .kafka = pipeline->source.kafka})),
                   uri);
  }
  good &= Report(shared, "storage", CheckStorage(shared.place.warehouse),
                 storage::AbsoluteLocation(shared.place.warehouse));
  int64_t tables = 0;
  const Status catalog = CheckTables(shared, tables);
  good &= Report(shared, "catalog", catalog,
                 fmt::format("{} ({} tables)", WithoutPassword(run::CatalogUri(shared.place)), tables));
  if (!good) shared.exit_code = 1;
  return {};
}

}  // namespace

void AddCheck(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("check", "Examine configuration, source, storage and catalog");
  AddShared(*command, shared);
  command->footer("Example:\n  ingot check --source landing");
  command->callback([&shared] { shared.command = [&shared] { return Check(shared); }; });
}

}  // namespace ingot::cli
