#include "run/adopt.h"

#include <fmt/format.h>

#include <algorithm>

#include "bronze/sample.h"
#include "bronze/unknown_members.h"
#include "gold/sample.h"
#include "iceberg/find_table.h"
#include "iceberg/schema_change.h"
#include "pipeline/definition.h"
#include "pipeline/definition_read.h"
#include "pipeline/earlier_definition.h"
#include "silver/sample.h"
#include "stage/fence.h"
#include "stage/marks.h"

namespace ingot::run {
namespace {

using pipeline::FieldSpec;
using pipeline::TableKind;
using stage::Environment;

/// How the columns of the table cannot become those of the pipeline file. Empty if they can.
Result<std::string> TypesDiffer(const Environment& environment, const TablePlan& table) {
  const stage::WantedTable wanted = stage::Wanted(*environment.pipeline, table.table);
  const stage::Evolution evolution = EvolutionOf(*environment.pipeline);
  INGOT_ASSIGN(const auto current, stage::WithCurrentNames(*table.current, wanted.schema, evolution.renames));
  for (const iceberg::Field& field : wanted.schema.fields) {
    const iceberg::Field* have = current.metadata->CurrentSchema().FindByName(field.name);
    // A wider column may have been widened by another engine, which EvolveMetadata knows.
    if (have == nullptr || have->type.id == field.type.id || iceberg::CanPromote(have->type, field.type) ||
        iceberg::CanPromote(field.type, have->type))
      continue;
    return fmt::format("column {} is {}, and would be {}", field.name, TypeName(have->type), TypeName(field.type));
  }
  iceberg::TableMetadata next = *table.current->metadata;
  const Status evolved = stage::EvolveMetadata(next, wanted, evolution);
  return evolved ? std::string() : evolved.error().message;
}

std::string TextOf(const stage::Sample& sample) {
  if (!sample.unchecked.empty()) return sample.unchecked;
  return sample.differing.empty() ? std::string() : ToText(sample.differing.front());
}

/// Whether a silver table was computed by other fields than those of the pipeline file. Empty if that is unknown.
Result<std::optional<bool>> FieldsChanged(const Environment& environment, const pipeline::SilverSpec& spec) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_ASSIGN(const auto home, environment.Home(spec.table.table));
  INGOT_ASSIGN(const auto table, iceberg::FindTable(home));
  if (!table) return std::nullopt;
  if (const std::string have = stage::DefinitionIn(*table->metadata); !have.empty()) {
    const auto bronze = pipeline::BronzeDefinitionIn(have);
    return bronze ? std::optional(*bronze != pipeline::BronzeDefinition(pipeline)) : std::nullopt;
  }
  const std::string id = stage::MarkOf(*table->metadata).definition_id;
  if (id.empty()) return std::nullopt;
  return id != pipeline::DefinitionId(pipeline::EarlierSilverDefinition(pipeline, spec)) &&
         id != pipeline::DefinitionId(SilverDefinition(pipeline, spec));
}

class Adoption {
 public:
  explicit Adoption(const Environment& environment)
      : environment_(environment),
        pipeline_(*environment.pipeline),
        renames_(EvolutionOf(*environment.pipeline).renames) {}

  Status Decide(TablePlan& table) {
    INGOT_ASSIGN(std::string differs, TypesDiffer(environment_, table));
    if (differs.empty()) {
      const auto sampled = SampleDiffers(table);
      // Without its source the table cannot be compared.
      if (!sampled && sampled.error().kind != ErrorKind::kNotFound) return std::unexpected(sampled.error());
      differs = sampled ? *sampled : sampled.error().message;
    }
    if (differs.empty()) return {};
    table.need = Need::kChoice;
    table.differences.push_back({.change = pipeline::ChangeClass::kChoice,
                                 .what = "no definition (made by an earlier version, or rolled back)",
                                 .meaning = "this pipeline file does not give its rows: " + differs});
    return {};
  }

 private:
  Result<std::string> SampleDiffers(TablePlan& table) {
    switch (table.table.kind) {
      case TableKind::kBronze:
        return BronzeDiffers(table);
      case TableKind::kSilver:
      case TableKind::kQuarantine: {
        const auto known = silver_.find(table.table.item);
        if (known != silver_.end()) return known->second;
        INGOT_ASSIGN(const auto sample,
                     silver::SampleRows(environment_, pipeline_.silver[table.table.item], {.renames = renames_}));
        return silver_[table.table.item] = TextOf(sample);
      }
      case TableKind::kGold: {
        INGOT_ASSIGN(const auto sample, gold::SampleGroups(environment_, pipeline_.gold[table.table.item],
                                                           {.consumed = true, .renames = renames_}));
        return TextOf(sample);
      }
      case TableKind::kOps:
        break;
    }
    return std::string();
  }

  Result<std::string> BronzeDiffers(TablePlan& table) {
    INGOT_ASSIGN(const auto sample, bronze::SampleRows(environment_, {.renames = renames_}));
    if (const std::string differs = TextOf(sample); !differs.empty()) return differs;
    INGOT_ASSIGN(const std::string added, NewFieldDiffers(table));
    if (!added.empty()) return added;
    // A field that took its whole member cannot be computed again.
    std::string whole;
    for (const FieldSpec& field : pipeline_.fields)
      if (!field.compute && std::ranges::any_of(field.from, [](const auto& path) { return path.size() == 1; }))
        whole += (whole.empty() ? "" : ", ") + field.name;
    for (const pipeline::SilverSpec& spec : pipeline_.silver) {
      INGOT_ASSIGN(const auto changed, FieldsChanged(environment_, spec));
      if (!changed.value_or(false) || whole.empty()) continue;
      table.sample_agrees = true;
      return fmt::format(
          "it has changed since {} was computed, and bronze does not hold the values from which these "
          "fields were read: {}. If one of them was changed, run once with the pipeline file of that "
          "time first; if not, `ingot apply --rebuild` recomputes the other tables",
          spec.table.table, whole);
    }
    return std::string();
  }

  /// A field without a column is null in all rows; it must not be in any record.
  Result<std::string> NewFieldDiffers(const TablePlan& table) const {
    std::vector<std::string> members;
    for (const FieldSpec& field : pipeline_.fields) {
      if (field.compute || table.current->metadata->CurrentSchema().FindByName(field.name) != nullptr) continue;
      for (const pipeline::Path& path : field.from)
        if (path.size() == 1) members.push_back(path.front().key);
    }
    INGOT_ASSIGN(const std::string found, bronze::FindUnknownMember(*table.current, members, environment_.threads));
    return found.empty() ? found : fmt::format("existing records have `{}` in _extra, and no column holds it", found);
  }

  const Environment& environment_;
  const pipeline::Pipeline& pipeline_;
  const std::map<std::string, std::string> renames_;
  std::map<size_t, std::string> silver_;  // the difference of each silver table with its quarantine
};

}  // namespace

Status DecideAdoptions(const Environment& environment, PipelinePlan& plan) {
  Adoption adoption(environment);
  for (TablePlan& table : plan.tables)
    if (table.need == Need::kAdopt)
      INGOT_TRY(WithContext(adoption.Decide(table), "compare table " + table.name + " with the pipeline file"));
  return {};
}

}  // namespace ingot::run
