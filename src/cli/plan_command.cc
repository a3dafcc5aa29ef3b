#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "cli/commands.h"
#include "run/adopt.h"
#include "run/plan_sample.h"

namespace ingot::cli {
namespace {

using run::Need;
using run::TablePlan;

std::string_view NeedName(Need need) {
  switch (need) {
    case Need::kCreate:
      return "new";
    case Need::kNothing:
      return "unchanged";
    case Need::kApply:
      return "applied by the next run";
    case Need::kAdopt:
      return "no definition (made by an earlier version, or rolled back); a recomputed sample agrees: the next run "
             "adopts it";
    case Need::kChoice:
      return "needs a choice";
  }
  return "";
}

std::string_view ClassName(pipeline::ChangeClass change) {
  switch (change) {
    case pipeline::ChangeClass::kMetadata:
      return "metadata only";
    case pipeline::ChangeClass::kForward:
      return "exact going forward";
    case pipeline::ChangeClass::kChoice:
      return "needs a choice";
  }
  return "";
}

using Json = nlohmann::ordered_json;
using Samples = std::map<std::string, stage::Sample>;  // by table

Json ToJson(const stage::SampledResult& result) {
  Json values = Json::object();
  for (const auto& [name, value] : result.values) values[name] = value;
  return {{"table", result.table.empty() ? Json() : Json(result.table)}, {"rules", result.rules}, {"values", values}};
}

Json ToJson(const stage::Sample& sample) {
  Json rows = Json::array();
  for (const stage::SampledRow& row : sample.differing)
    rows.push_back({{"row", row.name}, {"before", ToJson(row.before)}, {"after", ToJson(row.after)}});
  return {
      {"compared", sample.compared}, {"different", sample.different}, {"unchecked", sample.unchecked}, {"rows", rows}};
}

void PrintJson(const run::PipelinePlan& plan, const Samples& samples) {
  Json tables = Json::array();
  for (const TablePlan& table : plan.tables) {
    Json differences = Json::array();
    for (const auto& one : table.differences)
      differences.push_back(
          {{"class", ClassName(one.change)}, {"what", one.what}, {"meaning", one.meaning}, {"hint", one.hint}});
    const auto sample = samples.find(table.name);
    tables.push_back({{"table", table.name},
                      {"kind", pipeline::TableKindName(table.table.kind)},
                      {"need", NeedName(table.need)},
                      {"pending", table.need == Need::kChoice},
                      {"differences", differences},
                      {"layout", table.layout},
                      {"dependents", table.dependents},
                      {"rebuild",
                       {{"rows", table.rows},
                        {"bytes", table.bytes},
                        {"seconds", table.rebuild_seconds},
                        {"unfit_rows", table.unfit.rows},
                        {"unfit_example", table.unfit.example}}},
                      {"sample", sample == samples.end() ? Json() : ToJson(sample->second)}});
  }
  const Json json{{"pending", plan.Pending()}, {"tables", tables}, {"proposals", plan.proposals}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void PrintSample(const stage::Sample& sample) {
  if (!sample.unchecked.empty()) {
    fmt::print("  no sample: {}\n", sample.unchecked);
    return;
  }
  fmt::print("  sample: {} of {} compared differ\n", sample.different, sample.compared);
  for (const stage::SampledRow& row : sample.differing) fmt::print("    {}\n", ToText(row));
}

void PrintTable(const TablePlan& table, const Samples& samples) {
  fmt::print("{}: {}\n", table.name, NeedName(table.need));
  for (const auto& one : table.differences) {
    fmt::print("  {}: {}: {}\n", ClassName(one.change), one.what, one.meaning);
    if (!one.hint.empty()) fmt::print("    {}\n", one.hint);
  }
  for (const std::string& one : table.layout) fmt::print("  metadata only: {}\n", one);
  if (table.need != Need::kChoice) return;
  if (!table.dependents.empty()) fmt::print("  computed from it: {}\n", fmt::join(table.dependents, ", "));
  if (table.table.kind == pipeline::TableKind::kQuarantine)
    fmt::print("  rebuilt together with its silver table\n");
  else
    fmt::print("  a rebuild reads {} rows, {}, in about {:.0f} s\n", table.rows, HumanBytes(double(table.bytes)),
               std::max(1.0, table.rebuild_seconds));
  if (table.unfit.rows > 0)
    fmt::print("  {} rows do not fit any more and go to quarantine, such as '{}'\n", table.unfit.rows,
               table.unfit.example);
  if (const auto sample = samples.find(table.name); sample != samples.end()) PrintSample(sample->second);
}

Status Plan(Shared& shared, bool json) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(run::PipelinePlan plan, run::MakePlan(open.environment));
  INGOT_TRY(run::ProposeRemovals(open.environment, plan));
  INGOT_TRY(run::DecideAdoptions(open.environment, plan));
  INGOT_TRY(run::CountUnfit(open.environment, plan));
  Samples samples;
  for (const TablePlan& table : plan.tables)
    if (table.need == Need::kChoice && table.table.kind != pipeline::TableKind::kQuarantine)
      samples[table.name] = run::SampleOf(open.environment, plan, table);
  if (plan.Pending()) shared.exit_code = 4;
  if (json || shared.Json()) {
    PrintJson(plan, samples);
    return {};
  }
  bool differs = false;
  for (const TablePlan& table : plan.tables)
    if (table.need != Need::kNothing) differs = true, PrintTable(table, samples);
  for (const std::string& proposal : plan.proposals) fmt::print("{}\n", proposal);
  if (plan.Pending())
    fmt::print(
        "\nExisting rows would differ. Decide with\n  ingot apply --rebuild        to recompute them\n"
        "  ingot apply --forward-only   to leave them as they are\n");
  else if (!differs)
    fmt::print("The tables are what the pipeline file says.\n");
  return {};
}

}  // namespace

void AddPlan(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("plan", "Compare the pipeline file with the tables: what differs, and its cost");
  auto json = std::make_shared<bool>(false);
  AddShared(*command, shared);
  command->add_flag("--json", *json, "Print the plan as JSON");
  command->footer(
      "Exit code 4 when existing rows would differ and no decision has been made. Changes nothing.\n\n"
      "Examples:\n  ingot plan\n  ingot plan --json");
  command->callback([&shared, json] { shared.command = [&shared, json] { return Plan(shared, *json); }; });
}

}  // namespace ingot::cli
