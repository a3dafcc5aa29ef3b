#include "bronze/rebuild_sample.h"

#include <arrow/api.h>

#include "base/rows.h"
#include "bronze/rebuild.h"
#include "bronze/recompute.h"
#include "pipeline/difference.h"
#include "stage/evolve.h"

namespace ingot::bronze {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

/// The rows with the column names of the pipeline file.
Batch WithNewNames(const arrow::RecordBatch& rows, const std::map<std::string, std::string>& renames) {
  arrow::FieldVector fields;
  for (const auto& field : rows.schema()->fields()) {
    const auto renamed = renames.find(field->name());
    const bool taken = renamed != renames.end() && rows.schema()->GetFieldIndex(renamed->second) >= 0;
    fields.push_back(renamed == renames.end() || taken ? field : field->WithName(renamed->second));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows.num_rows(), rows.columns());
}

}  // namespace

Result<RebuildRows> MakeRebuildRows(const stage::Environment& environment, const iceberg::Table& bronze,
                                    const iceberg::Schema& from, const std::string& before) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  const auto renames = pipeline::Renames(pipeline);
  INGOT_ASSIGN(const pipeline::RecordSpec spec, RecordsBefore(bronze, before));
  iceberg::TableMetadata evolved = *bronze.metadata;
  const auto wanted = stage::Wanted(pipeline, {.kind = pipeline::TableKind::kBronze, .spec = &pipeline.bronze});
  INGOT_TRY(stage::EvolveMetadata(evolved, wanted, {.renames = renames, .drops = {}, .replaces_types = true}));
  INGOT_ASSIGN(
      std::shared_ptr<Recompute> recompute,
      Recompute::Make(
          {.pipeline = pipeline, .before = spec, .from = from, .to = evolved.CurrentSchema(), .renames = renames}));
  return [recompute](const Batch& rows) -> Result<Batch> {
    INGOT_ASSIGN(const Recomputed result, recompute->Rows(rows));
    return DecodeDictionaries(result.rows);
  };
}

Result<stage::Sample> SampleRebuild(const stage::Environment& environment, const std::string& before,
                                    const SampleOptions& options) {
  INGOT_ASSIGN(const auto home, environment.Home(environment.pipeline->bronze.table));
  INGOT_ASSIGN(const auto bronze, iceberg::LoadTable(home));
  INGOT_ASSIGN(auto plan, rows::PlanScan(*home.storage, *bronze.metadata, {}));
  INGOT_ASSIGN(const RebuildRows rebuild, MakeRebuildRows(environment, bronze, plan.projection, before));
  INGOT_ASSIGN(const auto batches, stage::ReadSample(bronze, std::move(plan), options.rows));
  std::vector<std::string> columns{"_error"};
  for (const pipeline::FieldSpec& field : environment.pipeline->fields)
    if (!field.compute) columns.push_back(field.name);
  stage::Sample sample;
  for (const Batch& batch : batches) {
    INGOT_ASSIGN(const Batch rebuilt, rebuild(batch));
    const Batch old = WithNewNames(*batch, options.renames);
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      stage::SampledRow one;
      stage::AddDifferences(*old, row, *rebuilt, row, columns, 0, one);
      ++sample.compared;
      if (one.before.values.empty()) continue;
      ++sample.different;
      if (sample.differing.size() == options.differing_max) continue;
      one.name = stage::RowName(*old, row);
      one.before.table = one.after.table = home.name.Text();
      sample.differing.push_back(std::move(one));
    }
  }
  return sample;
}

}  // namespace ingot::bronze
