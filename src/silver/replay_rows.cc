#include "silver/replay_rows.h"

#include <arrow/api.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/rows.h"
#include "pipeline/plan.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::FilterOp;

constexpr const char* kIngestedAt = "_ingested_at";

std::optional<int64_t> TimeAt(const arrow::Array& times, int64_t row) {
  if (times.IsNull(row)) return std::nullopt;
  return static_cast<const arrow::TimestampArray&>(times).Value(row);
}

bool Holds(const IngestSpan& span, std::optional<int64_t> time) {
  if (!time) return !span.from;
  return (!span.from || *time >= *span.from) && (!span.to || *time < *span.to);
}

iceberg::Filter FilterOf(const IngestSpan& span) {
  iceberg::Filter filter;
  if (span.to) filter = Compare(kIngestedAt, FilterOp::kLess, iceberg::Value(*span.to));
  if (span.from)
    return iceberg::And(
        {std::move(filter), Compare(kIngestedAt, FilterOp::kGreaterOrEqual, iceberg::Value(*span.from))});
  if (!span.to) return filter;
  return iceberg::Or({std::move(filter), {.op = FilterOp::kIsNull, .column = kIngestedAt}});
}

/// Calls `visit(rows)` for batches of the selected rows, decoded, with the columns of the selection and of the
/// position.
template <typename Visit>
Status ForEachSelected(const stage::Environment& environment, const iceberg::Table& quarantine,
                       const QuarantineSelection& selection, const IngestSpan& span, const Visit& visit) {
  std::vector<std::string> columns = selection.columns;
  columns.insert(columns.end(), PositionColumns().begin(), PositionColumns().end());
  std::ranges::sort(columns);
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  INGOT_ASSIGN(const auto plan,
               rows::PlanScan(*quarantine.home.storage, *quarantine.metadata,
                              {.columns = columns, .filter = iceberg::And({selection.filter, FilterOf(span)})}));
  return rows::ForEachBatch(quarantine, plan, environment.threads, [&](size_t, const Batch& batch) -> Status {
    INGOT_ASSIGN(const Batch rows, DecodeDictionaries(batch));
    INGOT_ASSIGN(auto selected, selection.matches(*rows));
    const auto times = rows->GetColumnByName(kIngestedAt);
    for (int64_t row = 0; row < rows->num_rows(); ++row)
      selected[size_t(row)] = selected[size_t(row)] && Holds(span, TimeAt(*times, row));
    if (std::ranges::none_of(selected, std::identity())) return {};
    INGOT_ASSIGN(const Batch found, FilterRows(rows, selected));
    return visit(*found);
  });
}

}  // namespace

Result<std::vector<IngestSpan>> SpansOf(const stage::Environment& environment, const iceberg::Table& quarantine,
                                        const QuarantineSelection& selection, int64_t rows_max) {
  std::map<int64_t, int64_t> rows_by_hour;
  std::mutex mutex;
  INGOT_TRY(ForEachSelected(environment, quarantine, selection, {}, [&](const arrow::RecordBatch& rows) -> Status {
    const auto times = rows.GetColumnByName(kIngestedAt);
    std::lock_guard lock(mutex);
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      const auto time = TimeAt(*times, row);
      ++rows_by_hour[time ? *time / kMicrosPerHour - (*time % kMicrosPerHour < 0)
                          : std::numeric_limits<int32_t>::min()];
    }
    return {};
  }));
  std::vector<IngestSpan> spans(1);
  int64_t in_span = 0;
  for (const auto& [hour, rows] : rows_by_hour) {
    if (in_span > 0 && in_span + rows > rows_max) {
      spans.back().to = hour * kMicrosPerHour;
      spans.push_back({.from = spans.back().to, .to = {}});
      in_span = 0;
    }
    in_span += rows;
  }
  return spans;
}

Result<ReplayRows> ReplayRows::Find(const stage::Environment& environment, const Tables& tables,
                                    const QuarantineSelection& selection, const IngestSpan& span,
                                    const SourcePositions& except) {
  ReplayRows found(environment, tables);
  std::mutex mutex;
  INGOT_TRY(
      ForEachSelected(environment, tables.quarantine, selection, span, [&](const arrow::RecordBatch& rows) -> Status {
        INGOT_ASSIGN(const auto excepted, except.Find(rows));
        const auto sources = rows.GetColumnByName(pipeline::kSource);
        const auto offsets = rows.GetColumnByName(pipeline::kSourceOffset);
        std::vector<bool> keep(size_t(rows.num_rows()));
        int64_t unidentified = 0, count = 0;
        for (size_t row = 0; row < keep.size(); ++row) {
          const bool identified = sources->IsValid(int64_t(row)) && offsets->IsValid(int64_t(row));
          unidentified += !identified;
          count += keep[row] = identified && !excepted.known[row];
        }
        INGOT_ASSIGN(const Batch kept, FilterRows(rows.Slice(0), keep));
        INGOT_TRY(found.positions_->Add(*kept));
        std::lock_guard lock(mutex);
        found.times_.Add(*kept);
        found.count_ += count;
        found.unidentified_ += unidentified;
        return {};
      }));
  found.positions_->Seal();
  return found;
}

Status ReplayRows::ForEach(const ParserFactory& parser, const Work& work) const {
  const iceberg::Table &bronze = tables_->bronze, &quarantine = tables_->quarantine;
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*bronze.home.storage, *bronze.metadata,
                                               {.columns = pipeline::SilverInputColumns(*environment_->pipeline),
                                                .filter = times_.Filter()}));
  ParseAgain again(parser, bronze, plan.projection, environment_->threads);
  const auto pass = [&](size_t thread, const Batch& rows) {
    return again.Pass(thread, rows, [&](const Batch& part) { return work(thread, part); });
  };
  SourcePositions in_bronze;
  std::atomic<int64_t> found = 0;
  INGOT_TRY(rows::ForEachBatch(bronze, plan, environment_->threads, [&](size_t thread, const Batch& batch) -> Status {
    INGOT_ASSIGN(const auto known, positions_->Find(*batch));
    if (std::ranges::none_of(known.known, std::identity())) return {};
    INGOT_ASSIGN(const Batch rows, FilterRows(batch, known.known));
    INGOT_TRY(in_bronze.Add(*rows));
    found += rows->num_rows();
    return pass(thread, rows);
  }));
  if (found >= count_) return {};
  in_bronze.Seal();
  std::vector<std::string> columns;
  for (const iceberg::Field& field : plan.projection.fields)
    if (quarantine.metadata->CurrentSchema().FindByName(field.name) != nullptr) columns.push_back(field.name);
  INGOT_ASSIGN(const auto rest, rows::PlanScan(*quarantine.home.storage, *quarantine.metadata,
                                               {.columns = columns, .filter = times_.Filter()}));
  return rows::ForEachBatch(quarantine, rest, environment_->threads, [&](size_t thread, const Batch& batch) -> Status {
    INGOT_ASSIGN(auto wanted, positions_->Find(*batch));
    INGOT_ASSIGN(const auto seen, in_bronze.Find(*batch));
    for (size_t row = 0; row < wanted.known.size(); ++row) wanted.known[row] = wanted.known[row] && !seen.known[row];
    if (std::ranges::none_of(wanted.known, std::identity())) return {};
    INGOT_ASSIGN(Batch rows, FilterRows(batch, wanted.known));
    INGOT_ASSIGN(rows, DecodeDictionaries(rows));
    INGOT_ASSIGN(rows, rows::AlignColumns(rows, plan.projection));
    return pass(thread, rows);
  });
}

}  // namespace ingot::silver
