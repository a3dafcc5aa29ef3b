#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "iceberg/sort_order.h"
#include "run/maintenance.h"

namespace ingot::cli {
namespace {

struct Options {
  std::vector<std::string> tables;
  std::set<std::string> operations;
  std::string older_than, orphans_older_than = "3d", file_size;
  int64_t retain_last = 0;
  size_t files_min = 5;
  std::vector<std::string> sort_by;
  bool dry_run = false, no_trash = false, undo = false, trust_clock = false;
};

void PrintJson(const run::MaintenanceReport& report, bool dry_run) {
  const auto line = [&](const char* operation, const std::string& figures) {
    fmt::print("{{\"table\":{},\"operation\":\"{}\",\"dry_run\":{},{}}}\n", JsonQuote(report.table), operation, dry_run,
               figures);
  };
  if (report.retention)
    line("retention", fmt::format(R"("files":{},"rows":{},"bytes":{})", report.retention->files, report.retention->rows,
                                  report.retention->bytes));
  if (const auto& done = report.compact)
    line(
        "compact",
        fmt::format(
            R"("files_in":{},"files_out":{},"bytes_in":{},"bytes_out":{},"rows":{},"deletes_removed":{},"commits":{},"bins_dropped":{})",
            done->files_in, done->files_out, done->bytes_in, done->bytes_out, done->rows, done->deletes_removed,
            done->commits, done->bins_dropped));
  if (report.deletes)
    line("deletes",
         fmt::format(R"("files_in":{},"files_out":{})", report.deletes->files_in, report.deletes->files_out));
  if (report.manifests)
    line("manifests", fmt::format(R"("before":{},"after":{})", report.manifests->before, report.manifests->after));
  if (const auto& done = report.statistics)
    line("statistics", fmt::format(R"("columns":{},"rows":{},"bytes":{})", done->columns, done->rows, done->bytes));
  if (const auto& done = report.expire)
    line(
        "expire",
        fmt::format(
            R"("snapshots":{},"refs":{},"manifest_lists":{},"manifests":{},"data_files":{},"other_files":{},"data_bytes":{})",
            done->snapshots, done->refs, done->manifest_lists, done->manifests, done->data_files, done->other_files,
            done->data_bytes));
  if (const auto& done = report.orphans) {
    std::string files;
    for (const auto& file : done->files) files += (files.empty() ? "" : ",") + JsonQuote(file.location);
    std::string notes;
    for (const auto& note : done->notes) notes += (notes.empty() ? "" : ",") + JsonQuote(note);
    line("orphans",
         fmt::format(R"("files":[{}],"bytes":{},"emptied":{},"notes":[{}])", files, done->bytes, done->emptied, notes));
  }
}

void PrintText(const run::MaintenanceReport& report, bool dry_run) {
  const auto line = [&](const char* operation, const std::string& what) {
    fmt::print("{:<32} {:<10} {}{}\n", report.table, operation, dry_run ? "would be: " : "", what);
  };
  if (report.retention)
    line("retention", fmt::format("{} files ({} rows, {}) removed", report.retention->files, report.retention->rows,
                                  HumanBytes(double(report.retention->bytes))));
  if (const auto& done = report.compact)
    line("compact",
         done->files_in + done->deletes_removed == 0
             ? "nothing to do"
             : fmt::format(
                   "{} files ({}){}{}{}", done->files_in, HumanBytes(double(done->bytes_in)),
                   dry_run ? "" : fmt::format(" now {} ({})", done->files_out, HumanBytes(double(done->bytes_out))),
                   done->deletes_removed ? fmt::format(", {} delete files removed", done->deletes_removed) : "",
                   done->bins_dropped ? fmt::format(", {} lost to other commits", done->bins_dropped) : ""));
  if (report.deletes)
    line("deletes", report.deletes->files_in == 0
                        ? "nothing to do"
                        : fmt::format("{} delete files{}", report.deletes->files_in,
                                      dry_run ? "" : fmt::format(" now {}", report.deletes->files_out)));
  if (report.manifests)
    line("manifests", report.manifests->before == report.manifests->after
                          ? "nothing to do"
                          : fmt::format("{} manifests now {}", report.manifests->before, report.manifests->after));
  if (const auto& done = report.statistics)
    line("statistics", done->columns == 0 ? "nothing to do"
                                          : fmt::format("distinct values of {} columns counted in {} rows",
                                                        done->columns, done->rows));
  if (const auto& done = report.expire)
    line("expire", done->snapshots + done->refs == 0
                       ? "nothing to do"
                       : fmt::format("{} snapshots, {} files ({} of data) deleted", done->snapshots, done->Files(),
                                     HumanBytes(double(done->data_bytes))));
  if (const auto& done = report.orphans) {
    line("orphans", done->files.empty() ? "none"
                                        : fmt::format("{} files ({}) moved to .trash", done->files.size(),
                                                      HumanBytes(double(done->bytes))));
    for (const auto& note : done->notes) fmt::print("  {}\n", note);
    if (dry_run)
      for (const auto& file : done->files) fmt::print("  {}\n", file.location);
  }
}

Status UndoOf(const Shared& shared, const run::OpenedPipeline& open, const std::string& name) {
  INGOT_ASSIGN(const auto home, open.environment.Home(name));
  INGOT_ASSIGN(const int64_t restored, maintain::RestoreOrphans(home));
  if (shared.Json())
    fmt::print("{{\"table\":{},\"operation\":\"undo\",\"files\":{}}}\n", JsonQuote(home.name.Text()), restored);
  else
    fmt::print("{:<32} {:<10} {}\n", home.name.Text(), "undo",
               restored == 0 ? "its trash is empty" : fmt::format("{} files restored", restored));
  return {};
}

Result<run::MaintenanceOptions> MaintenanceOptionsFrom(const Options& options, const run::OpenedPipeline& open) {
  run::MaintenanceOptions maintenance{.operations = options.operations,
                                      .file_bytes_target = {},
                                      .clock = {.trusted = options.trust_clock, .source = open.source},
                                      .dry_run = options.dry_run};
  if (maintenance.operations.empty())
    maintenance.operations = {"retention", "compact", "deletes", "manifests", "expire", "orphans"};
  if (!options.file_size.empty()) {
    INGOT_ASSIGN(maintenance.file_bytes_target, ParseBytes("--file-size", options.file_size));
  }
  maintenance.compact.policy.files_min = options.files_min;
  maintenance.compact.policy.everything = !options.sort_by.empty();
  for (const std::string& text : options.sort_by) {
    INGOT_ASSIGN(auto column, WithContext(iceberg::ParseSortColumn(text), "--sort-by"));
    maintenance.compact.sort_by.push_back(std::move(column));
  }
  maintenance.compact.memory_bytes = open.environment.memory_bytes;
  maintenance.compact.threads = open.environment.threads;
  if (!options.older_than.empty()) {
    INGOT_ASSIGN(const int64_t micros, WithContext(ParseDuration(options.older_than), "--older-than"));
    maintenance.expire.max_age_ms = micros / 1000;
  }
  if (options.retain_last > 0) maintenance.expire.retain_last = options.retain_last;
  INGOT_ASSIGN(const int64_t micros, WithContext(ParseDuration(options.orphans_older_than), "--orphans-older-than"));
  maintenance.orphans.older_than_ms = micros / 1000;
  maintenance.orphans.trash = !options.no_trash;
  return maintenance;
}

Status MaintainOne(const Shared& shared, const Options& options, const run::OpenedPipeline& open,
                   run::MaintenanceOptions maintenance, const std::string& table) {
  ProgressLine progress("compact " + table, 0, "records");
  maintenance.compact.progress = [&](int64_t rows) { progress.Add(rows); };
  INGOT_ASSIGN(const auto report, run::MaintainTable(open.environment, table, maintenance));
  shared.Json() ? PrintJson(report, options.dry_run) : PrintText(report, options.dry_run);
  std::fflush(stdout);
  return {};
}

/// Maintains the tables. A table that fails does not prevent maintenance of the others.
Status Maintain(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::OpenTables(shared.open_options));
  INGOT_ASSIGN(const auto tables, run::RequestedOrExistingTables(open, options.tables, "maintain"));
  INGOT_ASSIGN(const run::MaintenanceOptions maintenance, MaintenanceOptionsFrom(options, open));
  std::optional<Error> first;
  size_t failed = 0;
  for (const std::string& table : tables) {
    const Status done = options.undo
                            ? WithContext(UndoOf(shared, open, table), "undo " + table)
                            : WithContext(MaintainOne(shared, options, open, maintenance, table), "maintain " + table);
    if (done) continue;
    if (tables.size() > 1) LogWarning(done.error().message);
    if (failed++ == 0) first = done.error();
  }
  if (!first) return {};
  if (failed == 1) return std::unexpected(*first);
  return Fail(first->kind, fmt::format("{} of {} tables failed, the first: {}", failed, tables.size(), first->message));
}

}  // namespace

void AddMaintain(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("maintain", "Keep tables healthy: compact, expire, remove orphans");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("tables", options->tables, "namespace.table …; default: all of the pipeline");
  const std::pair<const char*, const char*> operations[] = {
      {"retention", "Remove rows older than the pipeline file's keep, by whole files"},
      {"compact", "Rewrite small files, and files with deletes, as few large ones"},
      {"deletes", "Merge position delete files; in tables of format 3, convert them to deletion vectors"},
      {"manifests", "Rewrite manifests, sorted by partition"},
      {"statistics", "Count the distinct values of each column, for SQL engines; reads all data, so only if requested"},
      {"expire", "Remove old snapshots and delete the files that only they need"},
      {"orphans", "Move files that no snapshot needs to the table's .trash"}};
  for (const auto& [name, help] : operations)
    command->add_flag_callback(std::string("--") + name, [options, name] { options->operations.insert(name); }, help);
  command->add_flag("--dry-run", options->dry_run, "Show what would be done; change nothing");
  command->add_option("--older-than", options->older_than,
                      "Expire snapshots older than this, e.g. 7d; default: the table's "
                      "history.expire.max-snapshot-age-ms, else 5d");
  command->add_option("--retain-last", options->retain_last, "Snapshots of each branch to keep, regardless of age")
      ->check(AtLeast(1));
  command->add_option("--file-size", options->file_size,
                      "Size of compacted files; default: the table's write.target-file-size-bytes, else 512MiB");
  command->add_option("--min-input-files", options->files_min, "Skip partitions with fewer small files")
      ->check(AtLeast(1))
      ->capture_default_str();
  command
      ->add_option("--sort-by", options->sort_by,
                   "Compact everything, sorted by these columns, e.g. \"location,timestamp desc\"; default: the "
                   "table's sort order")
      ->delimiter(',');
  command->add_option("--orphans-older-than", options->orphans_older_than, "Skip younger files")->capture_default_str();
  command->add_flag("--no-trash", options->no_trash, "Delete orphans at once");
  command
      ->add_flag("--trust-clock", options->trust_clock,
                 "This machine's clock is right, however long ago the newest commit was [INGOT_TRUST_CLOCK]")
      ->envname("INGOT_TRUST_CLOCK");
  command->add_flag("--undo", options->undo, "Undo the last removal of orphans");
  command->footer(
      "Without an operation, all but --statistics are done. Other processes may write at the same time. Snapshots that "
      "later stages have not consumed yet are kept.\n\nExamples:\n  ingot maintain --dry-run\n  ingot maintain "
      "bronze.speedtest_raw "
      "--compact\n"
      "  ingot maintain --expire --older-than 7d --retain-last 10\n  ingot maintain --orphans --undo");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Maintain(shared, *options); }; });
}

}  // namespace ingot::cli
