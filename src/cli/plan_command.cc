#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/plan.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string engine = "embedded";
  std::vector<std::string> stages{"silver", "gold"};
  bool schema = false;
};

void Statement(const char* what, const std::string& sql) {
  fmt::print("-- {}\n{};\n\n", what, sql);
}

Status Plan(const Shared& shared, const Options& options) {
  if (options.schema) {
    fmt::print("{}\n", pipeline::PipelineJsonSchema());
    return {};
  }
  if (options.engine != "embedded")
    return Fail(ErrorKind::kUnsupported,
                "--engine " + options.engine + ": this version compiles plans for the embedded engine only");
  INGOT_ASSIGN(const auto pipeline, pipeline::LoadPipeline(shared.place.pipeline_file));
  for (const std::string& stage : options.stages) {
    if (stage == "bronze") fmt::print("-- bronze: records are parsed by the program itself; no SQL\n\n");
    if (stage == "silver") {
      const auto sql = pipeline::MakeSilverSql(pipeline, pipeline::Dialect::kEmbedded, {.run_id = "<run id>"});
      Statement("silver: fix and judge the new rows of bronze", sql.judge);
      Statement("silver: rows for quarantine", sql.quarantine);
      Statement("silver: rows for silver", sql.clean);
    }
    if (stage != "gold") continue;
    for (const auto& gold : pipeline.gold) {
      const auto sql = pipeline::MakeGoldSql(gold, pipeline::Dialect::kEmbedded, {});
      Statement(("gold: groups of " + gold.table.table + " that new rows touch").c_str(), sql.touched);
      Statement("gold: their rows, anew", sql.aggregate);
      Statement("gold: rows of the same files that stay", sql.kept);
    }
  }
  return {};
}

}  // namespace

void AddPlan(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("plan", "Print what a stage computes as SQL, or the schema of pipeline files");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("--engine", options->engine, "embedded, spark or trino")
      ->check(CLI::IsMember({"embedded", "spark", "trino"}))
      ->capture_default_str();
  command->add_option("--stage", options->stages, "Stages: bronze, silver, gold")
      ->delimiter(',')
      ->check(CLI::IsMember({"bronze", "silver", "gold"}))
      ->capture_default_str();
  command->add_flag("--json-schema", options->schema, "Print the JSON Schema of pipeline files, for editors");
  command->footer("Examples:\n  ingot plan --stage silver\n  ingot plan --json-schema > docs/pipeline.schema.json");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Plan(shared, *options); }; });
}

}  // namespace ingot::cli
