#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "cli/rows_text.h"
#include "iceberg/table.h"
#include "pipeline/tables.h"
#include "rows/metadata_rows.h"
#include "rows/scan.h"
#include "stage/stage.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
  std::string name;  // of a branch or tag
  int64_t snapshot = 0;
  int32_t format = 2;
};

Result<iceberg::TableHome> HomeOf(const Shared& shared, const std::string& text) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(auto name, iceberg::ParseTableName(text, house.catalog->Name()));
  return iceberg::TableHome{house.catalog, house.storage, std::move(name)};
}

std::string Total(const iceberg::Snapshot* snapshot, const char* key) {
  if (snapshot == nullptr) return "0";
  const auto found = snapshot->summary.find(key);
  return found == snapshot->summary.end() ? "?" : found->second;
}

Status List(const Shared& shared) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto tables, house.catalog->ListTables());
  if (!shared.Json())
    fmt::print("{:<36} {:>14} {:>8} {:>10} {:>9}\n", "table", "records", "files", "bytes", "snapshots");
  for (const auto& name : tables) {
    INGOT_ASSIGN(const auto table, iceberg::LoadTable({house.catalog, house.storage, name}));
    const iceberg::Snapshot* snapshot = table.metadata->CurrentSnapshot();
    const std::string records = Total(snapshot, "total-records"), files = Total(snapshot, "total-data-files"),
                      bytes = Total(snapshot, "total-files-size");
    if (shared.Json())
      fmt::print("{{\"table\":{},\"records\":{},\"files\":{},\"bytes\":{},\"snapshots\":{}}}\n", JsonQuote(name.Text()),
                 JsonQuote(records), JsonQuote(files), JsonQuote(bytes), table.metadata->snapshots.size());
    else
      fmt::print("{:<36} {:>14} {:>8} {:>10} {:>9}\n", name.Text(), records, files,
                 bytes == "?" ? bytes : HumanBytes(std::atof(bytes.c_str())), table.metadata->snapshots.size());
  }
  return {};
}

Status Show(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  const iceberg::TableMetadata& metadata = *table.metadata;
  if (shared.Json()) {
    fmt::print("{}\n", iceberg::TableMetadataToJson(metadata));
    return {};
  }
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  fmt::print(
      "table        {}\nlocation     {}\nmetadata     {}\nformat       {}\nrecords      {}\ndata files   "
      "{}\n\ncolumns\n",
      table.home.name.Text(), metadata.location, table.metadata_location, metadata.format_version,
      Total(snapshot, "total-records"), Total(snapshot, "total-data-files"));
  for (const auto& field : metadata.CurrentSchema().fields)
    fmt::print("  {:>4}  {:<24} {:<20} {}\n", field.id, field.name, TypeName(field.type),
               field.required ? "required" : "");
  fmt::print("\npartition\n");
  for (const auto& field : metadata.DefaultSpec().fields)
    fmt::print("  {} = {}({})\n", field.name, iceberg::TransformName(field.transform),
               metadata.CurrentSchema().NameOf(field.source_id));
  const auto sort = metadata.DefaultSort();
  if (!sort.empty()) fmt::print("\nsort order\n");
  for (const auto& [column, descending, nulls_first] : sort)
    fmt::print("  {} {} nulls {}\n", column, descending ? "desc" : "asc",
               nulls_first.value_or(!descending) ? "first" : "last");
  fmt::print("\nproperties\n");
  for (const auto& [key, value] : metadata.properties) fmt::print("  {} = {}\n", key, value);
  return {};
}

Status History(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(*table.metadata, table.metadata->current_snapshot_id)) {
    const auto count = [&](const char* key) {
      return snapshot->summary.contains(key) ? snapshot->summary.at(key) : std::string("0");
    };
    if (shared.Json())
      fmt::print(
          "{{\"snapshot_id\":{},\"committed_at\":{},\"operation\":{},\"added_records\":{},\"deleted_records\":{}}}\n",
          snapshot->snapshot_id, JsonQuote(FormatTimestampMicros(snapshot->timestamp_ms * 1000)),
          JsonQuote(snapshot->Operation()), count("added-records"), count("deleted-records"));
    else
      fmt::print("{}  {:>20}  {:<10} +{} -{}\n", FormatTimestampMicros(snapshot->timestamp_ms * 1000),
                 snapshot->snapshot_id, snapshot->Operation(), count("added-records"), count("deleted-records"));
  }
  return {};
}

Status Files(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {}));
  for (const rows::FileTask& task : plan.tasks) {
    if (shared.Json())
      fmt::print("{{\"location\":{},\"records\":{},\"bytes\":{},\"delete_files\":{}}}\n", JsonQuote(task.file.location),
                 task.file.record_count, task.file.file_bytes, task.deletes.size());
    else
      fmt::print("{:>12} {:>10}  {}{}\n", task.file.record_count, HumanBytes(double(task.file.file_bytes)),
                 task.file.location,
                 task.deletes.empty() ? "" : fmt::format("  ({} delete files)", task.deletes.size()));
  }
  return {};
}

using MetadataRows = Result<Relation> (*)(const iceberg::Table&);

template <MetadataRows rows>
Status Print(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const Relation relation, rows(table));
  std::vector<int> all(size_t(relation.schema->num_fields()));
  std::iota(all.begin(), all.end(), 0);
  INGOT_ASSIGN(const auto parts, relation.open(all));
  INGOT_ASSIGN(const auto reader, parts.at(0)());
  return PrintRows(*reader, shared.Json() ? "json" : "table");
}

Status SetRef(const Shared& shared, const Options& options, const char* type) {
  if (!IsUtf8(options.name))
    return Fail(ErrorKind::kBadConfig, std::string("the name of a ") + type + " must be UTF-8");
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  const auto change = [&](iceberg::TableMetadata& metadata) -> Status {
    if (options.snapshot == 0 && !metadata.current_snapshot_id)
      return Fail(ErrorKind::kNotFound, "table " + home.name.Text() + " has no snapshot yet");
    return iceberg::SetRef(
        metadata, options.name,
        {.snapshot_id = options.snapshot != 0 ? options.snapshot : *metadata.current_snapshot_id, .type = type});
  };
  INGOT_ASSIGN(const auto table, iceberg::CommitMetadata(home, change));
  fmt::print("{}: {} {} is at snapshot {}\n", home.name.Text(), type, options.name,
             table.metadata->refs.at(options.name).snapshot_id);
  return {};
}

Status Tag(const Shared& shared, const Options& options) {
  return SetRef(shared, options, "tag");
}

Status Branch(const Shared& shared, const Options& options) {
  return SetRef(shared, options, "branch");
}

Status DropRef(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_TRY(iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
    if (options.name == "main") return Fail(ErrorKind::kBadInput, "the main branch cannot be dropped");
    if (metadata.refs.erase(options.name) > 0) return {};
    return Fail(ErrorKind::kNotFound, "table " + home.name.Text() + " has no branch or tag '" + options.name + "'");
  }));
  fmt::print("{}: {} is gone\n", home.name.Text(), options.name);
  return {};
}

Status Evolve(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(run::OpenPlace open, run::Open(shared.place));
  const pipeline::Pipeline& pipeline = *open.pipeline;
  INGOT_ASSIGN(const auto home, open.environment.Home(options.table));
  for (const auto& table : TablesOf(pipeline)) {
    INGOT_ASSIGN(const auto candidate, open.environment.Home(table.spec->table));
    if (table.kind == pipeline::TableKind::kOps || candidate.name != home.name) continue;
    INGOT_ASSIGN(const auto after, stage::EvolveTable(open.environment, *table.spec, SchemaOf(pipeline, table)));
    fmt::print("{}: format {}, schema {}, partition spec {}, sort order {}\n", home.name.Text(),
               after.metadata->format_version, after.metadata->current_schema_id, after.metadata->default_spec_id,
               after.metadata->default_sort_order_id);
    return {};
  }
  return Fail(ErrorKind::kBadInput, "table " + options.table + " is not one of the pipeline file " + pipeline.file);
}

Status Rollback(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_TRY(iceberg::CommitMetadata(
      home, [&](iceberg::TableMetadata& metadata) { return iceberg::RollbackTo(metadata, options.snapshot); }));
  fmt::print("{} is back at snapshot {}\n", home.name.Text(), options.snapshot);
  return {};
}

Status Upgrade(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto home, HomeOf(shared, options.table));
  INGOT_ASSIGN(const auto table, iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) {
                 return iceberg::UpgradeFormat(metadata, options.format);
               }));
  fmt::print("{} is of format {}\n", home.name.Text(), table.metadata->format_version);
  return {};
}

}  // namespace

void AddTable(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("table", "Look at tables, evolve them, roll them back");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  using Action = Status (*)(const Shared&, const Options&);
  const auto add = [&](const char* name, const char* help, Action action) {
    auto* sub = command->add_subcommand(name, help);
    AddShared(*sub, shared);
    sub->add_option("table", options->table, "namespace.table")->required();
    sub->callback([&shared, options, action] {
      shared.command = [&shared, options, action] { return action(shared, *options); };
    });
    return sub;
  };
  auto* list = command->add_subcommand("list", "All tables of the catalog");
  AddShared(*list, shared);
  list->callback([&shared] { shared.command = [&shared] { return List(shared); }; });
  add("show", "Columns, partition and properties", Show);
  add("history", "Snapshots, newest first", History);
  add("files", "Data files of the current snapshot", Files);
  add("partitions", "Partitions of the current snapshot, with their rows, files and bytes", Print<rows::PartitionRows>);
  add("manifests", "Manifests of the current snapshot", Print<rows::ManifestRows>);
  add("refs", "Branches and tags", Print<rows::RefRows>);
  const auto add_ref = [&](const char* name, const char* help, Action action) {
    auto* sub = add(name, help, action);
    sub->add_option("name", options->name, "Of the branch or tag")->required();
    return sub;
  };
  for (auto* sub : {add_ref("tag", "Give a snapshot a name, which keeps it from expiring", Tag),
                    add_ref("branch", "Make a branch at a snapshot", Branch)})
    sub->add_option("--snapshot", options->snapshot, "Snapshot id; default: the current one");
  add_ref("drop-ref", "Drop a branch or a tag", DropRef);
  add("evolve", "Bring columns, partition, sort order, format and properties to what the pipeline file says", Evolve);
  add("upgrade", "Raise the Iceberg format, which row-level deletes and newer types need; there is no way back",
      Upgrade)
      ->add_option("--format", options->format, "2 or 3; default: 2");
  AddTableDelete(*command, shared);
  add("rollback", "Make an older snapshot the current one", Rollback)
      ->add_option("--snapshot", options->snapshot, "Snapshot id, from: ingot table history")
      ->required();
  command->footer(
      "Examples:\n  ingot table list\n  ingot table history silver.speedtest_clean\n  ingot table tag "
      "gold.speedtest_agg month-end\n  ingot table rollback gold.speedtest_agg --snapshot 1234");
}

}  // namespace ingot::cli
