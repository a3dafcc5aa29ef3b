#include "silver/clean.h"

#include <arrow/api.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/queue.h"
#include "base/rows.h"
#include "pipeline/plan.h"
#include "rows/arrow_schema.h"
#include "rows/scan_relation.h"
#include "silver/new_rows.h"
#include "silver/rule_evaluator.h"
#include "silver/unique_rows.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using stage::Environment;

constexpr const char* kCameUp = "#came_up";  // a column of earlier rows of bronze whose key is free again

class Cleaning {
 public:
  Cleaning(const Environment& environment, const Tables& tables, const Step& step, const CleanOptions& options)
      : environment_(environment),
        pipeline_(*environment.pipeline),
        spec_(*tables.spec),
        bronze_(tables.bronze),
        silver_(tables.silver),
        quarantine_(tables.quarantine),
        outputs_(step.outputs),
        follow_(step.mark.follow_deletes),
        options_(options),
        rules_(*environment.pipeline, *tables.spec),
        unique_(*environment.pipeline, *tables.spec, environment.threads),
        output_(size_t(std::max(1, environment.threads)) * 2) {}

  Result<Cleaned> Run(const stage::Changes& changes) {
    INGOT_ASSIGN(const NewRows fresh, NewRows::Find(environment_, bronze_, changes, follow_));
    if (fresh.Changed() && !fresh.Changed()->gone.Empty()) cleaned_.changed = fresh.Changed();
    if (!spec_.unique.empty() && outputs_.silver) INGOT_TRY(FindPossibleDuplicates(fresh));
    INGOT_TRY(FaultPoint("silver.keys_read"));
    INGOT_ASSIGN(auto plan, PlanOf(fresh, pipeline::SilverInputColumns(pipeline_)));
    for (const auto& task : plan.tasks) cleaned_.bytes_in += task.file.file_bytes;
    counts_.assign(rules_.names().size(), 0);
    INGOT_ASSIGN(auto clean, stage::RowWriter::Open(environment_, silver_));
    INGOT_ASSIGN(auto quarantined_rows, stage::RowWriter::Open(environment_, quarantine_));
    Status read;
    std::thread reader([&] {
      ParseAgain again(options_.parser, bronze_, plan.projection, environment_.threads);
      read = rows::ForEachBatch(bronze_, plan, environment_.threads, [&](size_t thread, const Batch& batch) -> Status {
        INGOT_ASSIGN(const Batch rows, fresh.Of(batch));
        return ForEachPart(again, thread, rows, [&](const arrow::RecordBatch& part) { return CheckBatch(part); });
      });
      output_.Close();
    });
    const Status written = WriteOutput(clean, quarantined_rows);
    output_.Close();
    reader.join();
    INGOT_TRY(written);
    INGOT_TRY(read);
    if (unique_.HasFreeKeys()) INGOT_TRY(HoldOthersOfFreeKeys(fresh));
    INGOT_TRY(WriteSurvivors(clean));
    INGOT_ASSIGN(cleaned_.quarantine, quarantined_rows.Finish());
    INGOT_ASSIGN(cleaned_.silver, clean.Finish());
    for (size_t bit = 0; bit < counts_.size(); ++bit) cleaned_.broken_by_rule[rules_.names()[bit]] = counts_[bit];
    return std::move(cleaned_);
  }

 private:
  struct Output {
    Batch rows;
    bool quarantined = false;
  };

  /// Plans the scan of the new rows, of which records that could not be parsed have no day yet.
  Result<rows::ScanPlan> PlanOf(const NewRows& fresh, std::vector<std::string> columns) const {
    if (!options_.days) return fresh.Plan(std::move(columns));
    const std::string& column = options_.days->column();
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    iceberg::Filter filter = options_.days->Inside();
    if (options_.parser) filter = iceberg::Or({filter, Compare(column, iceberg::FilterOp::kIsNull, {})});
    return fresh.Plan(std::move(columns), filter);
  }

  /// Calls `work` with the rows of the days, and with those that were parsed again.
  template <typename Work>
  Status ForEachPart(ParseAgain& again, size_t thread, const Batch& rows, const Work& work) const {
    return again.Pass(thread, rows, [&](const Batch& part) -> Status {
      if (!options_.days) return work(*part);
      INGOT_ASSIGN(const Batch inside, FilterRows(part, options_.days->Has(*part)));
      return inside->num_rows() > 0 ? work(*inside) : Status();
    });
  }

  Status FindPossibleDuplicates(const NewRows& fresh) {
    if (cleaned_.changed) INGOT_TRY(unique_.FreeKeys(silver_, cleaned_.changed));
    std::vector<std::string> columns = rules_.InputsOf(spec_.unique);
    if (options_.parser)
      columns.insert(columns.end(), std::begin(kColumnsToParseAgain), std::end(kColumnsToParseAgain));
    INGOT_ASSIGN(auto plan, PlanOf(fresh, std::move(columns)));
    ParseAgain again(options_.parser, bronze_, plan.projection, environment_.threads);
    INGOT_TRY(rows::ForEachBatch(bronze_, plan, environment_.threads, [&](size_t thread, const Batch& batch) -> Status {
      INGOT_ASSIGN(const Batch rows, fresh.Of(batch));
      return ForEachPart(again, thread, rows, [&](const arrow::RecordBatch& part) -> Status {
        INGOT_ASSIGN(const Batch keys, rules_.Fixed(part, spec_.unique));
        return unique_.AddKeys(thread, *keys);
      });
    }));
    return unique_.FindPossibleDuplicates(silver_);
  }

  /// Holds the rows of bronze that have a free key and are not new: earlier duplicates.
  Status HoldOthersOfFreeKeys(const NewRows& fresh) {
    const auto columns = pipeline::SilverInputColumns(pipeline_);
    INGOT_ASSIGN(const auto rewritten, fresh.Plan(columns));
    INGOT_TRY(rows::ForEachBatch(bronze_, rewritten, environment_.threads, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(auto known, fresh.AreNew(*batch));
      known.flip();
      INGOT_ASSIGN(const Batch rows, FilterRows(batch, known));
      return HoldIfFree(rows);
    }));
    INGOT_ASSIGN(const auto others, fresh.PlanOthers(columns));
    return rows::ForEachBatch(bronze_, others, environment_.threads,
                              [&](size_t, const Batch& batch) { return HoldIfFree(batch); });
  }

  Status HoldIfFree(const Batch& batch) {
    INGOT_ASSIGN(const Batch keys, rules_.Fixed(*batch, spec_.unique));
    INGOT_ASSIGN(const auto free, unique_.AreFree(*keys));
    INGOT_ASSIGN(const Batch rows, FilterRows(batch, free));
    if (rows->num_rows() == 0) return {};
    INGOT_ASSIGN(const CheckedRows checked, rules_.Apply(*rows));
    INGOT_ASSIGN(Batch held, rules_.Accepted(checked));
    INGOT_ARROW_ASSIGN(held, held->AddColumn(held->num_columns(), kCameUp, RepeatText("", held->num_rows())));
    return unique_.Hold(held);
  }

  Status CheckBatch(const arrow::RecordBatch& batch) {
    INGOT_ASSIGN(CheckedRows checked, rules_.Apply(batch));
    Batch accepted = checked.rows;
    int64_t quarantined = 0;
    if (!checked.broken.empty()) {
      std::vector<bool> keep(checked.broken.size());
      for (size_t row = 0; row < keep.size(); ++row)
        quarantined += !(keep[row] = !rules_.Quarantines(checked.broken[row]));
      if (quarantined > 0) {
        INGOT_ASSIGN(accepted, FilterRows(checked.rows, keep));
        if (outputs_.quarantine) INGOT_TRY(Quarantine(checked, keep));
      }
    }
    {
      std::lock_guard lock(mutex_);
      cleaned_.rows_in += batch.num_rows();
      cleaned_.quarantined += quarantined;
      for (const uint64_t broken : checked.broken)
        for (uint64_t bits = broken; bits != 0; bits &= bits - 1) ++counts_[size_t(std::countr_zero(bits))];
    }
    if (!outputs_.silver) return {};
    INGOT_ASSIGN(accepted, unique_.Certain(accepted));
    return accepted->num_rows() > 0 ? Pass(std::move(accepted), false) : Status();
  }

  Status Pass(Batch rows, bool quarantined) {
    if (output_.Push({std::move(rows), quarantined})) return {};
    return Fail(ErrorKind::kCancelled, "the writer of silver has stopped");
  }

  /// Writes the quarantined rows with the names of the rules that they broke.
  Status Quarantine(const CheckedRows& checked, std::vector<bool> keep) {
    keep.flip();
    INGOT_ASSIGN(Batch quarantined, FilterRows(checked.rows, keep));
    INGOT_ASSIGN(quarantined, WithPayloadsOfErrors(quarantined));
    arrow::ListBuilder rules(arrow::default_memory_pool(), std::make_shared<arrow::StringBuilder>());
    auto& names = static_cast<arrow::StringBuilder&>(*rules.value_builder());
    for (size_t row = 0; row < keep.size(); ++row) {
      if (!keep[row]) continue;
      INGOT_ARROW(rules.Append());
      for (uint64_t bits = checked.broken[row]; bits != 0; bits &= bits - 1)
        INGOT_ARROW(names.Append(rules_.names()[size_t(std::countr_zero(bits))]));
    }
    INGOT_ARROW_ASSIGN(const auto lists, rules.Finish());
    INGOT_ARROW_ASSIGN(auto rows, quarantined->AddColumn(quarantined->num_columns(), "_rules", lists));
    return Pass(std::move(rows), true);
  }

  /// Quarantine has the bytes of the records that could not be read, also where bronze has those of all records.
  static Result<Batch> WithPayloadsOfErrors(const Batch& rows) {
    const int at = rows->schema()->GetFieldIndex("_payload");
    const auto error = rows->GetColumnByName("_error");
    if (at < 0 || error == nullptr) return rows;
    INGOT_ASSIGN(const auto column, DecodeDictionaries(rows->column(at)));
    const auto& payloads = static_cast<const arrow::BinaryArray&>(*column);
    arrow::BinaryBuilder kept;
    for (int64_t row = 0; row < rows->num_rows(); ++row)
      INGOT_ARROW(error->IsValid(row) && payloads.IsValid(row) ? kept.Append(payloads.GetView(row))
                                                               : kept.AppendNull());
    INGOT_ARROW_ASSIGN(const auto array, kept.Finish());
    INGOT_ARROW_ASSIGN(auto with, rows->SetColumn(at, rows->schema()->field(at)->WithType(array->type()), array));
    return with;
  }

  Status WriteOutput(stage::RowWriter& clean, stage::RowWriter& quarantined_rows) {
    while (auto output = output_.Pop()) {
      INGOT_ASSIGN(const Batch rows, WithRunId(*output->rows));
      INGOT_TRY((output->quarantined ? quarantined_rows : clean).Write(rows));
    }
    return {};
  }

  Status WriteSurvivors(stage::RowWriter& clean) {
    INGOT_ASSIGN(const auto outcome, unique_.Survivors());
    for (const Batch& batch : outcome.survivors) {
      if (batch->GetColumnByName(kCameUp)) cleaned_.came_up += batch->num_rows();
      INGOT_ASSIGN(const Batch rows, WithRunId(*batch));
      INGOT_TRY(clean.Write(rows));
    }
    cleaned_.rows_in += cleaned_.came_up;
    if (cleaned_.changed == nullptr) return {};
    cleaned_.beaten = std::make_shared<SourcePositions>();
    for (const Batch& batch : outcome.replaced) INGOT_TRY(cleaned_.beaten->Add(*batch));
    cleaned_.beaten->Seal();
    return {};
  }

  Result<Batch> WithRunId(const arrow::RecordBatch& rows) const {
    INGOT_ARROW_ASSIGN(auto with,
                       rows.AddColumn(rows.num_columns(), "_run_id", RepeatText(environment_.run_id, rows.num_rows())));
    return with;
  }

  const Environment& environment_;
  const pipeline::Pipeline& pipeline_;
  const pipeline::SilverSpec& spec_;
  const iceberg::Table &bronze_, &silver_, &quarantine_;
  const Outputs outputs_;
  const bool follow_;
  const CleanOptions& options_;
  const RuleEvaluator rules_;
  UniqueRows unique_;
  BoundedQueue<Output> output_;
  std::mutex mutex_;
  Cleaned cleaned_;
  std::vector<int64_t> counts_;
};

}  // namespace

Result<Cleaned> Clean(const Environment& environment, const Tables& tables, const Step& step,
                      const CleanOptions& options) {
  return Cleaning(environment, tables, step, options).Run(step.changes);
}

}  // namespace ingot::silver
