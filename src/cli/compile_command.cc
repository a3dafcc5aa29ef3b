#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/plan_json.h"

namespace ingot::cli {
namespace {

struct Options {
  pipeline::Dialect engine = pipeline::Dialect::kEmbedded;
  std::vector<stage::Stage> stages{stage::Stage::kSilver, stage::Stage::kGold};
  bool schema = false;
  bool json = false;
};

void Statement(const char* what, const std::string& sql) {
  fmt::print("-- {}\n{};\n\n", what, sql);
}

Status PrintBronze(const pipeline::Pipeline& pipeline, pipeline::Dialect dialect) {
  switch (dialect) {
    case pipeline::Dialect::kEmbedded:
    case pipeline::Dialect::kTrino:
      fmt::print("-- bronze: records are parsed by the program itself; no SQL\n\n");
      return {};
    case pipeline::Dialect::kSpark:
      break;
  }
  INGOT_ASSIGN(const std::string sql, pipeline::MakeSparkBronzeSql(pipeline, "records"));
  Statement("bronze: records as columns", sql);
  return {};
}

void PrintSilver(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver, pipeline::Dialect dialect) {
  const auto sql = pipeline::MakeSilverSql(pipeline, silver, dialect, {.run_id = "<run id>"});
  // Trino has no session views: the statements below begin with the same query as WITH checked AS (…).
  constexpr const char* kView = "CREATE OR REPLACE TEMP VIEW checked AS\n";
  Statement("silver: fix and check the new rows of bronze",
            TextOf(dialect, {.embedded = kView, .spark = kView, .trino = "-- checked\n"}) + sql.check);
  Statement("silver: rows for quarantine", sql.quarantine);
  Statement("silver: rows for silver", sql.clean);
}

void PrintGold(const pipeline::Pipeline& pipeline, pipeline::Dialect dialect) {
  for (const auto& gold : pipeline.gold) {
    const auto sql = pipeline::MakeGoldSql(pipeline, gold, dialect, {});
    Statement(("gold: groups of " + gold.table.table + " that new rows touch").c_str(), sql.touched);
    Statement("gold: the recomputed rows of these groups", sql.aggregate);
    Statement("gold: the unchanged rows of the same files", sql.kept);
  }
}

Status Compile(const Shared& shared, const Options& options) {
  if (options.schema) {
    fmt::print("{}\n", pipeline::PipelineJsonSchema());
    return {};
  }
  const pipeline::Dialect dialect = options.engine;
  INGOT_ASSIGN(const auto pipeline,
               pipeline::LoadPipeline(shared.open_options.pipeline_file, shared.open_options.source));
  if (options.json) {
    INGOT_ASSIGN(const std::string json, pipeline::PlanToJson(pipeline, dialect, "iceberg_catalog"));
    fmt::print("{}\n", json);
    return {};
  }
  for (const stage::Stage stage : options.stages) switch (stage) {
      case stage::Stage::kBronze:
        INGOT_TRY(PrintBronze(pipeline, dialect));
        break;
      case stage::Stage::kSilver:
        for (const pipeline::SilverSpec& silver : pipeline.silver) PrintSilver(pipeline, silver, dialect);
        break;
      case stage::Stage::kGold:
        PrintGold(pipeline, dialect);
        break;
    }
  return {};
}

}  // namespace

void AddCompile(CLI::App& app, Shared& shared) {
  auto* command =
      app.add_subcommand("compile", "Print what a stage computes as SQL of an engine, or the schema of pipeline files");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  AddEngine(*command, options->engine, "Engine whose SQL is printed");
  AddStages(*command, options->stages, "Stages");
  command->add_flag("--json-schema", options->schema, "Print the JSON Schema of pipeline files, for editors");
  command->add_flag("--json", options->json, "The whole pipeline as JSON, for the jobs of deploy/spark");
  command->footer(
      "Examples:\n  ingot compile --stage silver\n  ingot compile --engine spark --json > compiled.json\n"
      "  ingot compile --json-schema > pipeline.schema.json\n"
      "An editor that knows YAML checks a pipeline file by that schema if its first line is\n"
      "  # yaml-language-server: $schema=pipeline.schema.json");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Compile(shared, *options); }; });
}

}  // namespace ingot::cli
