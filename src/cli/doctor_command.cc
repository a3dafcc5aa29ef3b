#include <fmt/format.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/progress.h"
#include "bronze/offset_gaps.h"
#include "cli/commands.h"
#include "maintain/costs.h"
#include "maintain/doctor.h"
#include "maintain/scrub.h"
#include "run/other_tables.h"
#include "run/upkeep.h"
#include "silver/account.h"

namespace ingot::cli {
namespace {

using maintain::Health;

struct Options {
  std::vector<std::string> tables;
  bool repair = false;
  bool scrub = false;
};

const char* WordFor(Health health) {
  return health == Health::kGood ? "ok" : health == Health::kBad ? "FAIL" : "could be better";
}

void Print(const Shared& shared, const std::string& table, const maintain::Finding& finding) {
  if (shared.Json())
    fmt::print("{{\"table\":{},\"check\":{},\"health\":{},\"detail\":{}}}\n", JsonQuote(table),
               JsonQuote(finding.check),
               JsonQuote(finding.health == Health::kGood  ? "good"
                         : finding.health == Health::kBad ? "bad"
                                                          : "could-be-better"),
               JsonQuote(finding.detail));
  else
    fmt::print("{:<30} {:<14} {:<15}  {}\n", table, finding.check, WordFor(finding.health), finding.detail);
}

/// Of a bronze table: that each range of offsets begins where the one before ended.
Result<std::optional<maintain::Finding>> OffsetFinding(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto gaps, bronze::FindOffsetGaps(*table.metadata));
  if (gaps.ranges == 0) return std::nullopt;
  if (gaps.found.empty())
    return maintain::Finding{"offsets", Health::kGood,
                             fmt::format("{} ranges follow each other without a gap", gaps.ranges)};
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(gaps.found.size(), 5); ++i) text += (i > 0 ? "; " : "") + gaps.found[i];
  return maintain::Finding{"offsets", Health::kBad, fmt::format("{} gaps or overlaps: {}", gaps.found.size(), text)};
}

/// Of the pipeline's rows as a whole; nothing when it has not run yet, or there is none.
std::optional<maintain::Finding> RowsFinding(const stage::Environment& environment) {
  if (environment.pipeline->bronze.table.empty()) return std::nullopt;
  Progress progress("account for rows", 0, "rows");
  const auto told = silver::AccountForRows(environment, [&](int64_t rows) { progress.Add(rows); });
  if (!told && told.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!told) return maintain::Finding{"rows", Health::kBad, "cannot be accounted for: " + told.error().message};
  const std::string& bronze = environment.pipeline->bronze.table;
  std::string text = fmt::format("{} rows of {}", told->rows, bronze);
  if (told->unidentified > 0) text += fmt::format(", but for {} without a position,", told->unidentified);
  if (told->missing + told->doubled == 0)
    return maintain::Finding{"rows", Health::kGood,
                             text + " are each in silver or in quarantine, or their key is in silver"};
  if (told->missing > 0)
    text = fmt::format("{} of {} are in neither table, nor is their key in silver: {}{}", told->missing, text,
                       fmt::join(told->examples, ", "), told->missing > int64_t(told->examples.size()) ? ", …" : "");
  if (told->doubled > 0)
    text += fmt::format("{}{} positions are in silver and quarantine once too often", told->missing > 0 ? "; " : ": ",
                        told->doubled);
  if (!told->deleted_by.empty() && told->doubled == 0)
    return maintain::Finding{"rows", Health::kCouldBeBetter,
                             text + "; rows were deleted on purpose (" + told->deleted_by + ")"};
  return maintain::Finding{"rows", Health::kBad,
                           text + "; to compute both anew from bronze: ingot unregister " +
                               environment.pipeline->silver.table + " " + environment.pipeline->quarantine.table +
                               ", then ingot run"};
}

/// Returns whether everything was whole.
Result<bool> Scrub(const Shared& shared, const iceberg::TableHome& home) {
  const std::string table = home.name.Text();
  Progress progress("scrub " + table, 0, "bytes");
  const auto scrubbed = maintain::ScrubTable(home, [&](int64_t bytes) { progress.Add(bytes); });
  if (!scrubbed) {
    Print(shared, table, {"scrub", Health::kBad, scrubbed.error().message});
    return false;
  }
  for (const auto& damaged : scrubbed->damaged)
    Print(shared, table, {"scrub", Health::kBad, "damaged: " + damaged.problem});
  for (const auto& file : scrubbed->not_supported)
    Print(shared, table, {"scrub", Health::kCouldBeBetter, "not decoded: " + file.problem});
  const size_t damaged = scrubbed->damaged.size();
  if (shared.Json())
    fmt::print("{{\"table\":{},\"check\":\"scrub\",\"health\":\"{}\",\"files\":{},\"bytes\":{},\"damaged\":{}}}\n",
               JsonQuote(table), damaged == 0 ? "good" : "bad", scrubbed->files, scrubbed->bytes, damaged);
  else
    Print(
        shared, table,
        {"scrub", damaged == 0 ? Health::kGood : Health::kBad,
         fmt::format("{} files ({}) were read, {} are damaged{}", scrubbed->files, HumanBytes(double(scrubbed->bytes)),
                     damaged, damaged == 0 ? "" : ": restore them from a copy, or roll back (ingot table rollback)")});
  return damaged == 0;
}

Status Doctor(Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenPlace open, run::OpenTables(shared.place));
  INGOT_ASSIGN(const auto tables, run::TablesOr(open.environment, options.tables));
  if (tables.empty())
    return Fail(ErrorKind::kNotFound, "the catalog has none of the tables of " + open.pipeline->file +
                                          ": nothing to examine (wrong --warehouse or --catalog? ingot run creates "
                                          "them, ingot table list shows others)");
  bool bad = false;
  for (const std::string& name : tables) {
    INGOT_ASSIGN(const auto home, open.environment.Home(name));
    if (options.repair) {
      INGOT_ASSIGN(const auto repaired, WithContext(maintain::RepairTable(home), "repair " + name));
      if (repaired.duplicates + repaired.missing > 0)
        Print(shared, home.name.Text(),
              {"repair", Health::kGood,
               fmt::format("{} second references and {} missing files taken out", repaired.duplicates,
                           repaired.missing)});
    }
    maintain::DoctorOptions examine;
    Progress progress("examine " + name, 0, "files");
    examine.progress = [&](int64_t files) { progress.Add(files); };
    INGOT_ASSIGN(examine.other_tables, run::OtherTables(open.environment, home.name));
    auto examined = maintain::ExamineTable(home, examine);
    const auto offsets = OffsetFinding(home);
    if (examined && !offsets) examined = std::unexpected(offsets.error());
    if (!examined && tables.size() == 1) return std::unexpected(std::move(examined).error().Context("examine " + name));
    std::vector<maintain::Finding> findings;
    if (examined)
      findings = *std::move(examined);
    else  // which does not keep the others from being looked at
      findings.push_back({"metadata", Health::kBad, examined.error().message});
    if (offsets && *offsets) findings.push_back(**offsets);
    for (const auto& finding : findings) {
      Print(shared, home.name.Text(), finding);
      bad = bad || finding.health == Health::kBad;
    }
    if (options.scrub) {
      INGOT_ASSIGN(const bool whole, Scrub(shared, home));
      bad = bad || !whole;
    }
  }
  if (options.tables.empty()) {
    const auto rows = RowsFinding(open.environment);
    if (rows) Print(shared, open.environment.pipeline->silver.table, *rows);
    bad = bad || (rows && rows->health == Health::kBad);
  }
  if (bad) shared.exit_code = 1;
  return {};
}

Status Storage(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenPlace open, run::OpenTables(shared.place));
  INGOT_ASSIGN(const auto tables, run::TablesOr(open.environment, options.tables));
  if (!shared.Json())
    fmt::print("{:<30} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>11}\n", "table", "files", "bytes", "current",
               "history", "metadata", "unneeded", "per day", "small files");
  for (const std::string& name : tables) {
    INGOT_ASSIGN(const auto home, open.environment.Home(name));
    INGOT_ASSIGN(const maintain::Costs costs, WithContext(maintain::CostsOf(home), "storage of " + name));
    if (shared.Json())
      fmt::print(
          R"({{"table":{},"files":{},"bytes":{},"current_files":{},"current_bytes":{},"history_bytes":{},"metadata_bytes":{},"unneeded_bytes":{},"bytes_per_day":{:.0f},"small_files":{}}})"
          "\n",
          JsonQuote(home.name.Text()), costs.files, costs.bytes, costs.current_files, costs.current_bytes,
          costs.history_bytes, costs.metadata_bytes, costs.unneeded_bytes, costs.bytes_per_day, costs.small_files);
    else
      fmt::print("{:<30} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>11}\n", home.name.Text(), costs.files,
                 HumanBytes(double(costs.bytes)), HumanBytes(double(costs.current_bytes)),
                 HumanBytes(double(costs.history_bytes)), HumanBytes(double(costs.metadata_bytes)),
                 HumanBytes(double(costs.unneeded_bytes)), HumanBytes(costs.bytes_per_day), costs.small_files);
  }
  return {};
}

}  // namespace

void AddDoctor(CLI::App& app, Shared& shared) {
  auto options = std::make_shared<Options>();
  auto* doctor =
      app.add_subcommand("doctor", "Examine tables: files, offsets, statistics, manifests; account for every row");
  AddShared(*doctor, shared);
  doctor->add_option("tables", options->tables, "namespace.table …; default: all of the pipeline");
  doctor->add_flag("--repair", options->repair,
                   "Take second references to a file, and references to files that are gone, out of the table");
  doctor->add_flag("--scrub", options->scrub,
                   "Read every byte of every live file and verify the checksums; names the damaged files");
  doctor->footer(
      "Exit code 1 when something is wrong.\n\nExamples:\n  ingot doctor\n  ingot doctor bronze.speedtest_raw "
      "--repair\n  ingot doctor --scrub");
  doctor->callback([&shared, options] { shared.command = [&shared, options] { return Doctor(shared, *options); }; });
  auto* storage = app.add_subcommand("storage", "What tables cost in storage, and what maintenance would save");
  AddShared(*storage, shared);
  storage->add_option("tables", options->tables, "namespace.table …; default: all of the pipeline");
  storage->footer(
      "History goes with ingot maintain --expire, what nothing needs with --orphans.\n\nExample:\n  ingot storage");
  storage->callback([&shared, options] { shared.command = [&shared, options] { return Storage(shared, *options); }; });
}

}  // namespace ingot::cli
