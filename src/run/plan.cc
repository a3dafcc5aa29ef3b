#include "run/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bronze/unknown_members.h"
#include "iceberg/find_table.h"
#include "iceberg/summary_numbers.h"
#include "pipeline/definition.h"
#include "pipeline/removed_fields.h"
#include "run/staging.h"
#include "stage/fence.h"
#include "stage/report.h"

namespace ingot::run {
namespace {

using iceberg::TableMetadata;
using pipeline::ChangeClass;
using pipeline::Difference;
using pipeline::DifferenceKind;
using pipeline::DifferingPart;
using pipeline::TableKind;
using stage::Environment;

constexpr double kRowsPerSecondGuess = 500'000;
constexpr size_t kCommitsMeasured = 20;

constexpr TableKind kDefinedKinds[] = {TableKind::kBronze, TableKind::kSilver, TableKind::kQuarantine,
                                       TableKind::kGold};

/// What EvolveMetadata would change, as text. Definitions explain changes of fields; this adds what they leave out.
std::vector<std::string> LayoutChanges(const TableMetadata& before, const TableMetadata& after) {
  std::vector<std::string> lines;
  if (after.format_version != before.format_version)
    lines.push_back(fmt::format("format version {} -> {}", before.format_version, after.format_version));
  for (const iceberg::Field& field : after.CurrentSchema().fields) {
    const iceberg::Field* had = before.CurrentSchema().FindById(field.id);
    if (had == nullptr)
      lines.push_back(fmt::format("column {}: added", field.name));
    else if (had->name != field.name)
      lines.push_back(fmt::format("column {}: renamed to {}", had->name, field.name));
    else if (!(had->type == field.type))
      lines.push_back(fmt::format("column {}: type {} -> {}", field.name, TypeName(had->type), TypeName(field.type)));
    else if (had->required != field.required)
      lines.push_back(fmt::format("column {}: {}", field.name, field.required ? "required" : "optional"));
  }
  if (after.default_spec_id != before.default_spec_id) lines.emplace_back("partition of new files: changed");
  if (after.default_sort_order_id != before.default_sort_order_id) lines.emplace_back("sort order: changed");
  for (const auto& [key, value] : after.properties)
    if (before.Property(key, "") != value && key != stage::kLayoutProperty)
      lines.push_back(fmt::format("property {}: {}", key, value));
  return lines;
}

/// Rows and bytes of all live files, by the totals of the newest snapshot.
std::pair<int64_t, int64_t> SizeOf(const TableMetadata& metadata) {
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  if (snapshot == nullptr) return {0, 0};
  return {iceberg::SummaryNumber(*snapshot, "total-records"), iceberg::SummaryNumber(*snapshot, "total-files-size")};
}

/// The rate at which the newest commits of the table processed rows.
double RowsPerSecond(const TableMetadata& metadata, const std::string& table) {
  int64_t rows = 0;
  double seconds = 0;
  size_t commits = 0;
  for (const iceberg::Snapshot* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id)) {
    const auto report = stage::ReportOf(*snapshot, table);
    if (!report || report->rows_in == 0) continue;
    rows += report->rows_in;
    seconds += report->Seconds();
    if (++commits == kCommitsMeasured) break;
  }
  return rows > 0 && seconds > 0 ? double(rows) / seconds : kRowsPerSecondGuess;
}

class Planning {
 public:
  explicit Planning(const Environment& environment)
      : environment_(environment), pipeline_(*environment.pipeline), evolution_(EvolutionOf(pipeline_)) {}

  Result<PipelinePlan> Run() {
    PipelinePlan plan;
    for (const auto& table : TablesOf(pipeline_, kDefinedKinds)) {
      INGOT_ASSIGN(TablePlan one, PlanOf(table));
      plan.tables.push_back(std::move(one));
    }
    for (TablePlan& table : plan.tables) AddDependents(plan, table);
    return plan;
  }

 private:
  Result<TablePlan> PlanOf(const pipeline::PipelineTable& table) {
    const stage::WantedTable wanted = stage::Wanted(pipeline_, table);
    TablePlan plan{.table = table, .name = table.spec->table, .want = wanted.definition};
    INGOT_ASSIGN(const auto home, environment_.Home(plan.name));
    INGOT_ASSIGN(plan.current, iceberg::FindTable(home));
    if (table.kind == TableKind::kBronze) bronze_ = plan.current;
    if (!plan.current) {
      plan.need = Need::kCreate;
      return plan;
    }
    const TableMetadata& metadata = *plan.current->metadata;
    plan.have = stage::DefinitionIn(metadata);
    if (plan.have.empty() && metadata.current_snapshot_id) {
      plan.need = Need::kAdopt;
    } else if (!plan.have.empty() && plan.have != plan.want) {
      INGOT_ASSIGN(plan.differences, WithContext(Differences(table.kind, plan.have, plan.want, evolution_.renames),
                                                 "table " + plan.name));
      for (Difference& difference : plan.differences) INGOT_TRY(LookUp(difference));
      const bool choice = std::ranges::any_of(plan.differences,
                                              [](const Difference& one) { return one.change == ChangeClass::kChoice; });
      plan.need = choice ? Need::kChoice : Need::kApply;
    } else if (plan.have.empty()) {
      plan.need = Need::kApply;
    }
    INGOT_TRY(AddLayout(plan, wanted));
    INGOT_TRY(AddCosts(plan));
    return plan;
  }

  /// Differences that are exact as long as no existing record is concerned need a choice if one is.
  Status LookUp(Difference& difference) {
    if (difference.change == ChangeClass::kChoice || !bronze_) return {};
    if (const std::string error = ErrorThatMayGo(difference); !error.empty()) {
      INGOT_ASSIGN(const bool found, Known(errors_, error, bronze::HasError));
      if (found) {
        difference.change = ChangeClass::kChoice;
        difference.meaning = fmt::format("records in quarantine may fit now: '{} …'", error);
      }
    }
    if (std::string why = RemovedFieldThatDiffers(difference); !why.empty()) {
      difference.change = ChangeClass::kChoice;
      difference.meaning = std::move(why);
    }
    for (const std::string& member : difference.members) {
      INGOT_ASSIGN(const bool found,
                   Known(members_, member,
                         [](const iceberg::Table& bronze, const std::string& name, int threads) -> Result<bool> {
                           INGOT_ASSIGN(const std::string first, bronze::FindUnknownMember(bronze, {name}, threads));
                           return !first.empty();
                         }));
      if (!found) continue;
      difference.change = ChangeClass::kChoice;
      difference.meaning = fmt::format("existing records have `{}`, which bronze keeps in _extra or _payload", member);
    }
    return {};
  }

  std::string RemovedFieldThatDiffers(const Difference& difference) const {
    if (difference.members.empty()) return {};
    const bool is_field = difference.part == DifferingPart::kField && difference.kind == DifferenceKind::kAdded;
    const std::string added = is_field ? difference.name : "";
    std::vector<std::string> columns;
    for (const iceberg::Field& field : bronze_->metadata->CurrentSchema().fields) columns.push_back(field.name);
    return pipeline::RemovedFieldDiffers(bronze_->metadata->Property(stage::kRemovedFieldsProperty, ""),
                                         pipeline::BronzeDefinition(pipeline_), added, difference.members, columns);
  }

  /// How the errors begin of records that did not fit, and may fit after this difference: a field is removed, or wider.
  static std::string ErrorThatMayGo(const Difference& difference) {
    if (difference.part != DifferingPart::kField) return {};
    if (difference.kind == DifferenceKind::kRemoved) return difference.name + ": ";
    if (difference.kind == DifferenceKind::kType) return difference.name + ": out of the range";
    return {};
  }

  /// Looks something up in bronze, once.
  template <typename Find>
  Result<bool> Known(std::map<std::string, bool>& known, const std::string& name, const Find& find) const {
    if (const auto found = known.find(name); found != known.end()) return found->second;
    INGOT_ASSIGN(known[name], find(*bronze_, name, environment_.threads));
    return known[name];
  }

  Status AddLayout(TablePlan& plan, const stage::WantedTable& wanted) const {
    TableMetadata next = *plan.current->metadata;
    stage::Evolution evolution = evolution_;
    // Whether a table without a definition may be changed is decided later (adopt.h).
    evolution.replaces_types = plan.need == Need::kChoice || plan.need == Need::kAdopt;
    INGOT_TRY(WithContext(stage::EvolveMetadata(next, wanted, evolution), "table " + plan.name));
    plan.layout = LayoutChanges(*plan.current->metadata, next);
    // The differences of the definition name the same columns.
    if (!plan.differences.empty())
      std::erase_if(plan.layout, [](const auto& line) { return line.starts_with("column "); });
    if (!plan.layout.empty() && plan.need == Need::kNothing) plan.need = Need::kApply;
    return {};
  }

  /// Quarantine has no cost of its own: the rebuild of silver writes it.
  Status AddCosts(TablePlan& plan) const {
    if (plan.table.kind == TableKind::kQuarantine) return {};
    const iceberg::Table* source = &*plan.current;
    std::optional<iceberg::Table> loaded;
    if (plan.table.source != nullptr) {
      INGOT_ASSIGN(const auto home, environment_.Home(plan.table.source->table));
      INGOT_ASSIGN(loaded, iceberg::FindTable(home));
      if (!loaded) return {};
      source = &*loaded;
    }
    std::tie(plan.rows, plan.bytes) = SizeOf(*source->metadata);
    plan.rebuild_seconds = double(plan.rows) / RowsPerSecond(*plan.current->metadata, plan.name);
    return {};
  }

  static void AddDependents(const PipelinePlan& plan, TablePlan& table) {
    std::set<std::string> sources{table.name};
    for (const TablePlan& other : plan.tables)
      if (other.table.source != nullptr && sources.contains(other.table.source->table)) {
        sources.insert(other.name);
        table.dependents.push_back(other.name);
      }
  }

  const Environment& environment_;
  const pipeline::Pipeline& pipeline_;
  const stage::Evolution evolution_;
  std::optional<iceberg::Table> bronze_;
  std::map<std::string, bool> members_;  // whether records have them that no field takes
  std::map<std::string, bool> errors_;   // how they begin: whether rows have them
};

bool Holds(std::span<const stage::Stage> stages, const TablePlan& table) {
  return std::ranges::find(stages, StageOf(table.table.kind)) != stages.end();
}

}  // namespace

bool PipelinePlan::Pending(std::span<const stage::Stage> stages) const {
  return std::ranges::any_of(
      tables, [&](const TablePlan& table) { return table.need == Need::kChoice && Holds(stages, table); });
}

Result<PipelinePlan> MakePlan(const Environment& environment) {
  return Planning(environment).Run();
}

Status CountUnfit(const Environment& environment, PipelinePlan& plan) {
  for (TablePlan& table : plan.tables)
    if (table.table.kind == TableKind::kBronze && table.need == Need::kChoice && !table.have.empty()) {
      INGOT_ASSIGN(table.unfit, bronze::CountUnfit(environment, *table.current, table.have));
    }
  return {};
}

Status ProposeRemovals(const Environment& environment, PipelinePlan& plan) {
  std::set<iceberg::TableName> known;
  std::set<std::string> spaces;
  for (const TablePlan& table : plan.tables) {
    INGOT_ASSIGN(const auto home, environment.Home(table.name));
    known.insert(home.name);
    spaces.insert(home.name.space);
  }
  INGOT_ASSIGN(const auto names, environment.catalog->ListTables());
  for (const iceberg::TableName& name : names) {
    if (known.contains(name) || !spaces.contains(name.space)) continue;
    const auto target = std::ranges::find_if(known, [&](const auto& one) { return IsStagingOf(one, name); });
    if (target != known.end() && name.name.find(kDaysSuffix) != std::string::npos) {
      plan.proposals.push_back(fmt::format(
          "table {}: days are being computed again, or that was interrupted (its rows are in {}): the same command "
          "(ingot run or apply with --from and --to) finishes it",
          target->Text(), name.Text()));
      continue;
    }
    INGOT_ASSIGN(const auto home, environment.Home(name.Text()));
    const auto found = iceberg::FindTable(home);
    if (!found || !*found) continue;  // dropped meanwhile, or not a table of ours
    if ((*found)->metadata->Property(stage::kPipelineProperty, "") != environment.pipeline->name) continue;
    plan.proposals.push_back(
        fmt::format("table {0}: the pipeline file no longer names it. It keeps its rows and is not updated; "
                    "`ingot unregister {0}` removes it from the catalog",
                    name.Text()));
  }
  return {};
}

stage::Stage StageOf(TableKind kind) {
  switch (kind) {
    case TableKind::kBronze:
      return stage::Stage::kBronze;
    case TableKind::kSilver:
    case TableKind::kQuarantine:
      return stage::Stage::kSilver;
    case TableKind::kGold:
    case TableKind::kOps:
      return stage::Stage::kGold;
  }
  return stage::Stage::kGold;
}

stage::Evolution EvolutionOf(const pipeline::Pipeline& pipeline) {
  return {.renames = pipeline::Renames(pipeline), .drops = {}};
}

std::vector<std::string> LinesOf(const TablePlan& table) {
  std::vector<std::string> lines;
  for (const Difference& one : table.differences)
    lines.push_back(fmt::format("{}: {}{}{}", table.name, one.what, one.meaning.empty() ? "" : ": ", one.meaning));
  for (const std::string& one : table.layout) lines.push_back(table.name + ": " + one);
  return lines;
}

Error PendingError(const PipelinePlan& plan, std::span<const stage::Stage> stages) {
  std::string message = "the pipeline file and the tables differ, and existing rows would differ:";
  for (const TablePlan& table : plan.tables)
    if (table.need == Need::kChoice && Holds(stages, table))
      for (const Difference& one : table.differences)
        if (one.change == ChangeClass::kChoice)
          message += fmt::format("\n  {}: {}: {}", table.name, one.what, one.meaning);
  return {ErrorKind::kPendingChange,
          message +
              "\nNothing was changed. See `ingot plan`; then `ingot apply --rebuild` recomputes existing rows, and "
              "`ingot apply --forward-only` leaves them as they are"};
}

}  // namespace ingot::run
