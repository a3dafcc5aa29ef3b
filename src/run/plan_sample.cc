#include "run/plan_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "bronze/sample.h"
#include "gold/sample.h"
#include "silver/sample.h"

namespace ingot::run {
namespace {

using pipeline::TableKind;
using stage::Environment;
using stage::Sample;

bool NeedsChoice(const PipelinePlan& plan, const pipeline::TableSpec* spec) {
  return std::ranges::any_of(
      plan.tables, [&](const TablePlan& table) { return table.table.spec == spec && table.need == Need::kChoice; });
}

Result<Sample> Compute(const Environment& environment, const PipelinePlan& plan, const TablePlan& table) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  const auto renames = EvolutionOf(pipeline).renames;
  const size_t item = table.table.item;
  switch (table.table.kind) {
    case TableKind::kBronze:
      return bronze::SampleRows(environment, {.renames = renames});
    case TableKind::kSilver:
      if (NeedsChoice(plan, &pipeline.bronze))
        return Sample{.unchecked =
                          fmt::format("its rows depend on those of {}, which change too", pipeline.bronze.table)};
      return silver::SampleRows(environment, pipeline.silver[item], {.renames = renames});
    case TableKind::kQuarantine:
      return Sample{.unchecked = fmt::format("see {}", pipeline.silver[item].table.table)};
    case TableKind::kGold:
      return gold::SampleGroups(environment, pipeline.gold[item], {.renames = renames});
    case TableKind::kOps:
      break;
  }
  return Sample{};
}

}  // namespace

Sample SampleOf(const Environment& environment, const PipelinePlan& plan, const TablePlan& table) {
  auto sample = Compute(environment, plan, table);
  return sample ? *std::move(sample) : Sample{.unchecked = sample.error().message};
}

}  // namespace ingot::run
