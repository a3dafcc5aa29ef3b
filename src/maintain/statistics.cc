#include "maintain/statistics.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <theta_sketch.hpp>
#include <theta_union.hpp>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "iceberg/commit.h"
#include "iceberg/journal.h"
#include "iceberg/puffin.h"
#include "rows/arrow_schema.h"
#include "rows/scan.h"

namespace ingot::maintain {
namespace {

using iceberg::TypeId;
using Sketch = datasketches::update_theta_sketch;

constexpr std::string_view kBlobType = "apache-datasketches-theta-v1";

/// Adds the single-value serialization of each value; nulls do not count.
void Add(const arrow::Array& array, const iceberg::Type& type, Sketch& sketch) {
  const auto each = [&](const auto& bytes_of) {
    for (int64_t row = 0; row < array.length(); ++row) {
      if (array.IsNull(row)) continue;
      const auto& bytes = bytes_of(row);
      if (!bytes.empty()) sketch.update(bytes.data(), bytes.size());
    }
  };
  const auto* text = dynamic_cast<const arrow::BinaryArray*>(&array);
  const auto* fixed = dynamic_cast<const arrow::FixedWidthType*>(array.type().get());
  if (text != nullptr) return each([&](int64_t row) { return text->GetView(row); });
  if (fixed == nullptr || type.id == TypeId::kBoolean || type.id == TypeId::kDecimal)
    return each([&](int64_t row) { return SerializeValue(rows::CellValue(array, row, type), type); });
  const size_t width = size_t(fixed->bit_width()) / 8;  // little-endian in memory, like the serialization
  const char* values = reinterpret_cast<const char*>(array.data()->buffers[1]->data()) + size_t(array.offset()) * width;
  each([&](int64_t row) { return std::string_view(values + size_t(row) * width, width); });
}

/// Computes a sketch of each projected column over all rows.
class DistinctCounter {
 public:
  DistinctCounter(const iceberg::Table& table, const iceberg::Schema& projection, int threads)
      : table_(table), projection_(projection) {
    sketches_.resize(size_t(std::max(1, threads)));
    for (auto& of_thread : sketches_)
      for (size_t i = 0; i < projection.fields.size(); ++i) of_thread.push_back(Sketch::builder().build());
    rows_.resize(sketches_.size());
  }

  Status Read(const std::vector<rows::FileTask>& tasks) {
    return ForEachInParallel(int(sketches_.size()), tasks.size(), [&](size_t thread, size_t task) -> Status {
      INGOT_ASSIGN(const auto reader, rows::OpenTask(table_.home.storage, *table_.metadata, projection_, tasks[task]));
      while (true) {
        INGOT_ARROW_ASSIGN(const auto batch, reader->Next());
        if (batch == nullptr) return {};
        rows_[thread] += batch->num_rows();
        for (size_t i = 0; i < projection_.fields.size(); ++i)
          Add(*batch->column(int(i)), projection_.fields[i].type, sketches_[thread][i]);
      }
    });
  }

  int64_t rows() const {
    int64_t all = 0;
    for (const int64_t of_thread : rows_) all += of_thread;
    return all;
  }

  datasketches::compact_theta_sketch Of(size_t column) const {
    auto all = datasketches::theta_union::builder().build();
    for (const auto& of_thread : sketches_) all.update(of_thread[column]);
    return all.get_result();
  }

 private:
  const iceberg::Table& table_;
  const iceberg::Schema& projection_;
  std::vector<std::vector<Sketch>> sketches_;  // by thread and column
  std::vector<int64_t> rows_;                  // by thread
};

Result<rows::ScanPlan> Plan(const iceberg::Table& table) {
  rows::ScanOptions options{.current_schema = true};
  for (const auto& field : table.metadata->CurrentSchema().fields)
    if (!field.type.IsNested() && field.type.id != TypeId::kVariant && field.type.id != TypeId::kUnknown)
      options.columns.push_back(field.name);
  return rows::PlanScan(*table.home.storage, *table.metadata, options);
}

}  // namespace

Result<StatisticsWritten> WriteStatistics(const iceberg::TableHome& home, const StatisticsOptions& options) {
  INGOT_ASSIGN(const iceberg::Table table, iceberg::LoadTable(home));
  const iceberg::Snapshot* snapshot = table.metadata->CurrentSnapshot();
  if (snapshot == nullptr || iceberg::HasStatistics(*table.metadata, snapshot->snapshot_id, kBlobType))
    return StatisticsWritten{};
  INGOT_ASSIGN(const auto plan, Plan(table));
  if (plan.tasks.empty() || plan.projection.fields.empty()) return StatisticsWritten{};
  StatisticsWritten written{.columns = int64_t(plan.projection.fields.size()), .rows = plan.RecordCount()};
  if (options.dry_run) return written;

  auto& storage = *table.home.storage;
  iceberg::AnnounceReader(table.home.storage, *table.metadata, snapshot->snapshot_id);
  INGOT_TRY(iceberg::AnnounceWriter(table.home.storage, *table.metadata));
  std::vector<rows::FileTask> parts;
  for (const auto& task : plan.tasks)
    for (auto& part : rows::Split(task)) parts.push_back(std::move(part));
  DistinctCounter counter(table, plan.projection, options.threads);
  INGOT_TRY(counter.Read(parts));
  std::vector<iceberg::PuffinBlob> blobs;
  for (size_t i = 0; i < plan.projection.fields.size(); ++i) {
    const auto sketch = counter.Of(i);
    const auto bytes = sketch.serialize();
    blobs.push_back({.type = std::string(kBlobType),
                     .fields = {plan.projection.fields[i].id},
                     .snapshot_id = snapshot->snapshot_id,
                     .sequence_number = snapshot->sequence_number,
                     .bytes = std::string(bytes.begin(), bytes.end()),
                     .properties = {{"ndv", fmt::format("{:.0f}", sketch.get_estimate())}}});
  }
  INGOT_ASSIGN(const auto file, iceberg::WritePuffin(storage, *table.metadata, snapshot->snapshot_id, blobs));
  written.rows = counter.rows();
  written.bytes = file.bytes;
  const auto committed = iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& metadata) -> Status {
    if (metadata.SnapshotById(file.snapshot_id) == nullptr)
      return Fail(ErrorKind::kConflict,
                  fmt::format("snapshot {} expired while its statistics were computed", file.snapshot_id));
    iceberg::SetStatistics(metadata, file);
    return {};
  });
  if (committed) return written;
  iceberg::DiscardUnlessUnknown(storage, {file.location}, committed.error());
  return std::unexpected(committed.error());
}

}  // namespace ingot::maintain
