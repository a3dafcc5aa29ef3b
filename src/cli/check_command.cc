#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/random.h"
#include "catalog/open.h"
#include "cli/check_data.h"
#include "cli/commands.h"
#include "iceberg/table.h"
#include "run/fan_out.h"
#include "source/source.h"
#include "storage/location.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string trino;  // of the coordinator; empty: not asked
  std::string late = "1h";
};

/// Prints one finding; returns whether it was good.
bool Report(const Shared& shared, const std::string& what, const Status& outcome, const std::string& good) {
  if (shared.Json())
    fmt::print("{{\"check\":{},\"ok\":{},\"detail\":{}}}\n", JsonQuote(what), outcome.has_value(),
               JsonQuote(outcome ? good : outcome.error().message));
  else
    fmt::print("{:<24} {}  {}\n", what, outcome ? "ok  " : "FAIL", outcome ? good : outcome.error().message);
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

/// That the nearest folder above a warehouse that does not exist yet can be written to: a check creates nothing.
Status CheckParent(std::filesystem::path folder) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && !error) folder = folder.parent_path();
  if (!error && ::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Fail(ErrorKind::kBadConfig, "cannot create a warehouse in " + folder.string() + ": " +
                                         (error ? error.message() : std::strerror(errno)));
}

Result<std::string> CheckStorage(const std::string& warehouse) {
  const std::string location = storage::AbsoluteLocation(warehouse);
  const auto path = storage::LocalPath(location);
  std::error_code ignored;
  if (path && !std::filesystem::exists(*path, ignored)) {
    INGOT_TRY(CheckParent(*path));
    return location + " does not exist yet: the first `ingot run` creates it";
  }
  INGOT_ASSIGN(const auto storage, storage::OpenStorage(warehouse));
  const std::string probe = storage::JoinLocation(location, ".ingot-check-" + RandomUuid());
  INGOT_TRY(storage->CreateAtomic(probe, "ingot"));
  const auto read = storage->ReadAll(probe);
  INGOT_TRY(storage->Delete(probe));
  INGOT_TRY(read);
  return location;
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

bool Report(const Shared& shared, const Finding& finding) {
  return Report(shared, finding.what, Drop(finding.detail), finding.detail.value_or(""));
}

/// What can be looked at once all servers answer.
Result<bool> CheckData(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const int64_t late, WithContext(ParseDuration(options.late), "--late"));
  std::vector<run::OpenPlace> places;
  INGOT_ASSIGN(places.emplace_back(), run::Open(shared.place));
  if (run::HoldsTopic(places[0])) {
    INGOT_ASSIGN(places, run::FanOut(places[0]));
  }
  bool good = true;
  for (const run::OpenPlace& place : places)
    for (const Finding& finding : ExamineData(place, late)) good &= Report(shared, finding);
  for (const run::OpenPlace& place : places)
    if (!options.trino.empty()) good &= Report(shared, ExamineTrino(place, options.trino));
  return good;
}

Status Check(Shared& shared, const Options& options) {
  const auto pipeline = pipeline::LoadPipeline(shared.place.pipeline_file);
  bool good = Report(shared, "pipeline", Drop(pipeline), shared.place.pipeline_file);
  if (pipeline) {
    const std::string uri = run::SourceUri(shared.place, *pipeline);
    good &= Report(shared, "source",
                   Drop(source::OpenSource(uri, {.format = pipeline->source.format, .kafka = pipeline->source.kafka})),
                   uri);
  }
  const auto storage = CheckStorage(shared.place.warehouse);
  good &= Report(shared, "storage", Drop(storage), storage.value_or(""));
  int64_t tables = 0;
  const Status catalog = CheckTables(shared, tables);
  good &= Report(shared, "catalog", catalog,
                 fmt::format("{} ({} tables)", WithoutPassword(run::CatalogUri(shared.place)), tables));
  if (good) {
    INGOT_ASSIGN(good, CheckData(shared, options));
  }
  if (!good) shared.exit_code = 1;
  return {};
}

}  // namespace

void AddCheck(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("check", "Examine configuration, servers, and where the data stands");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("--trino", options->trino, "Trino's coordinator, to be asked for the gold tables [INGOT_TRINO]")
      ->envname("INGOT_TRINO");
  command->add_option("--late", options->late, "Data that waits for longer fails the check")->capture_default_str();
  command->footer("Examples:\n  ingot check --source landing\n  ingot check --trino http://localhost:8083 --late 10m");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Check(shared, *options); }; });
}

}  // namespace ingot::cli
