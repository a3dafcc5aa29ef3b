#include "run/plan_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "bronze/rebuild_sample.h"
#include "gold/sample.h"
#include "run/parse_again.h"
#include "silver/sample.h"

namespace ingot::run {
namespace {

using pipeline::TableKind;
using stage::Environment;
using stage::Sample;

const TablePlan* Find(const PipelinePlan& plan, const pipeline::TableSpec& spec) {
  const auto found = std::ranges::find(plan.tables, &spec, [](const TablePlan& table) { return table.table.spec; });
  return found == plan.tables.end() ? nullptr : &*found;
}

/// Whether the table's own definition changes, besides those that it reads.
bool ChangesItself(const TablePlan& table) {
  return std::ranges::any_of(table.differences, [](const pipeline::Difference& one) {
    return one.change == pipeline::ChangeClass::kChoice && one.inherited.empty();
  });
}

Sample Unchecked(const std::string& source) {
  return {.unchecked = fmt::format("its rows differ only as those of {} do", source)};
}

Result<Sample> OfSilver(const Environment& environment, const pipeline::SilverSpec& spec, const TablePlan* bronze) {
  silver::SampleOptions options{.renames = EvolutionOf(*environment.pipeline).renames, .rebuild = nullptr};
  if (bronze != nullptr && bronze->current && !bronze->have.empty() && bronze->have != bronze->want) {
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*bronze->current->home.storage, *bronze->current->metadata, {}));
    INGOT_ASSIGN(options.rebuild,
                 bronze::MakeRebuildRows(environment, *bronze->current, plan.projection, bronze->have));
  } else if (bronze != nullptr && bronze->current && bronze->have == bronze->want) {
    options.parser = ParserOf(environment);
  }
  return silver::SampleRows(environment, spec, options);
}

Result<Sample> Compute(const Environment& environment, const PipelinePlan& plan, const TablePlan& table) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  const auto renames = EvolutionOf(pipeline).renames;
  const size_t item = table.table.item;
  switch (table.table.kind) {
    case TableKind::kBronze:
      if (table.have.empty()) return bronze::SampleRows(environment, {.renames = renames});
      return bronze::SampleRebuild(environment, table.have, {.renames = renames});
    case TableKind::kSilver:
      return OfSilver(environment, pipeline.silver[item], Find(plan, pipeline.bronze));
    case TableKind::kQuarantine:
      return Sample{.unchecked = fmt::format("see {}", pipeline.silver[item].table.table)};
    case TableKind::kGold:
      if (!ChangesItself(table)) return Unchecked(table.table.source->table);
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
