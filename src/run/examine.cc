#include "run/examine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/progress.h"
#include "bronze/offset_gaps.h"
#include "run/maintenance.h"
#include "run/other_tables.h"
#include "silver/account.h"

namespace ingot::run {
namespace {

/// Checks that each range of offsets of a bronze table begins where the previous range ended.
Result<std::optional<maintain::Finding>> OffsetFinding(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto gaps, bronze::FindOffsetGaps(*table.metadata));
  if (gaps.ranges == 0) return std::nullopt;
  if (gaps.found.empty())
    return maintain::Finding{"offsets", maintain::Health::kGood,
                             fmt::format("{} ranges follow each other without a gap", gaps.ranges)};
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(gaps.found.size(), 5); ++i) text += (i > 0 ? "; " : "") + gaps.found[i];
  return maintain::Finding{"offsets", maintain::Health::kBad,
                           fmt::format("{} gaps or overlaps: {}", gaps.found.size(), text)};
}

/// Accounts for the pipeline's rows as a whole. Empty when the pipeline has not run yet, or does not exist.
std::optional<maintain::Finding> RowsFinding(const stage::Environment& environment, const pipeline::SilverSpec& spec) {
  ProgressLine progress("account for rows", 0, "rows");
  const auto account = silver::AccountForRows(environment, spec, [&](int64_t rows) { progress.Add(rows); });
  if (!account && account.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!account)
    return maintain::Finding{"rows", maintain::Health::kBad, "cannot be accounted for: " + account.error().message};
  const std::string& bronze = environment.pipeline->bronze.table;
  std::string text = fmt::format("{} rows of {}", account->rows, bronze);
  if (account->unidentified > 0) text += fmt::format(", but for {} without a position,", account->unidentified);
  if (account->missing + account->duplicated == 0)
    return maintain::Finding{"rows", maintain::Health::kGood,
                             text + " are each in silver or in quarantine, or their key is in silver"};
  if (account->missing > 0)
    text = fmt::format("{} of {} are in neither table, nor is their key in silver: {}{}", account->missing, text,
                       fmt::join(account->examples, ", "),
                       account->missing > int64_t(account->examples.size()) ? ", …" : "");
  if (account->duplicated > 0)
    text += fmt::format("{}{} positions are duplicated in silver or quarantine", account->missing > 0 ? "; " : ": ",
                        account->duplicated);
  if (!account->deleted_by.empty() && account->duplicated == 0)
    return maintain::Finding{"rows", maintain::Health::kCouldBeBetter,
                             text + "; rows were deleted on purpose (" + account->deleted_by + ")"};
  return maintain::Finding{"rows", maintain::Health::kBad,
                           text + "; to recompute both from bronze: ingot unregister " + spec.table.table +
                               ", ingot unregister " + spec.quarantine.table + ", then ingot run"};
}

/// Returns true when every file is intact.
bool Scrub(const iceberg::TableHome& home, const ExamineOptions& options) {
  const std::string table = home.name.Text();
  ProgressLine progress("scrub " + table, 0, "bytes");
  const auto scrubbed = maintain::ScrubTable(home, [&](int64_t bytes) { progress.Add(bytes); });
  if (!scrubbed) {
    options.found(table, {"scrub", maintain::Health::kBad, scrubbed.error().message});
    return false;
  }
  for (const auto& damaged : scrubbed->damaged)
    options.found(table, {"scrub", maintain::Health::kBad, "damaged: " + damaged.problem});
  for (const auto& file : scrubbed->not_supported)
    options.found(table, {"scrub", maintain::Health::kCouldBeBetter, "not decoded: " + file.problem});
  options.scrubbed(table, *scrubbed);
  return scrubbed->damaged.empty();
}

Status Repair(const iceberg::TableHome& home, const ExamineOptions& options) {
  INGOT_ASSIGN(const auto repaired, WithContext(maintain::RepairTable(home), "repair " + home.name.Text()));
  if (repaired.duplicates + repaired.missing > 0)
    options.found(home.name.Text(), {"repair", maintain::Health::kGood,
                                     fmt::format("{} duplicate references and {} references to missing files removed",
                                                 repaired.duplicates, repaired.missing)});
  return {};
}

/// Returns the findings of one table. `alone`: an error is returned as an error, not as a finding.
Result<std::vector<maintain::Finding>> FindingsOf(const OpenedPipeline& open, const iceberg::TableHome& home,
                                                  bool alone) {
  maintain::DoctorOptions examine;
  ProgressLine progress("examine " + home.name.Text(), 0, "files");
  examine.progress = [&](int64_t files) { progress.Add(files); };
  INGOT_ASSIGN(examine.other_tables, OtherTables(open.environment, home.name));
  auto findings = maintain::ExamineTable(home, examine);
  const auto offsets = OffsetFinding(home);
  if (findings && !offsets) findings = std::unexpected(offsets.error());
  if (!findings && alone) return std::unexpected(std::move(findings).error().Context("examine " + home.name.Text()));
  if (!findings) findings = {{"metadata", maintain::Health::kBad, findings.error().message}};
  if (offsets && *offsets) findings->push_back(**offsets);
  return findings;
}

}  // namespace

Result<bool> ExamineTables(const OpenedPipeline& open, const ExamineOptions& options) {
  INGOT_ASSIGN(const auto tables, RequestedOrExistingTables(open, options.tables, "examine"));
  bool good = true;
  for (const std::string& name : tables) {
    INGOT_ASSIGN(const auto home, open.environment.Home(name));
    if (options.repair) INGOT_TRY(Repair(home, options));
    INGOT_ASSIGN(const auto findings, FindingsOf(open, home, tables.size() == 1));
    for (const auto& finding : findings) {
      options.found(home.name.Text(), finding);
      good = good && finding.health != maintain::Health::kBad;
    }
    if (options.scrub) good = Scrub(home, options) && good;
  }
  if (!options.tables.empty()) return good;
  for (const auto& spec : open.pipeline->silver) {
    const auto rows = RowsFinding(open.environment, spec);
    if (rows) options.found(spec.table.table, *rows);
    good = good && (!rows || rows->health != maintain::Health::kBad);
  }
  return good;
}

}  // namespace ingot::run
