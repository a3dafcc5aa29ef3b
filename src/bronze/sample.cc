#include "bronze/sample.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/rows.h"
#include "bronze/json_path.h"
#include "bronze/record_parser.h"
#include "pipeline/plan.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"

namespace ingot::bronze {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::Table;
using pipeline::FieldSpec;
using stage::Environment;
using stage::Sample;

constexpr double kTolerance = 1e-12;

/// Whether the record has a value other than null at the end of the path.
bool HasValue(simdjson::dom::element record, const pipeline::Path& path) {
  simdjson::dom::element found;
  return !Walk(record, path, [](size_t) {}).get(found) && !found.is_null();
}

class Sampling {
 public:
  Sampling(const Environment& environment, Table bronze, const SampleOptions& options)
      : pipeline_(*environment.pipeline), bronze_(std::move(bronze)), options_(options) {
    for (const FieldSpec& field : pipeline_.fields)
      if (!field.compute) fields_.push_back(&field);
    json_.number_as_string(true);  // of integers beyond 64 bits
    // A row of CSV is not a record by itself: the header has the names.
    parses_payload_ = pipeline_.source.format != "csv";
  }

  Result<Sample> Run() {
    INGOT_ASSIGN(parser_, RecordParser::Make(pipeline_));
    std::vector<std::string> columns;
    for (const FieldSpec* field : fields_) columns.push_back(field->name);
    columns.insert(columns.end(), {pipeline::kSource, pipeline::kSourcePartition, pipeline::kSourceOffset,
                                   "_ingested_at", "_extra", "_error", "_payload"});
    INGOT_ASSIGN(auto plan, rows::PlanScan(*bronze_.home.storage, *bronze_.metadata,
                                           {.columns = stage::ColumnsIn(bronze_, columns)}));
    INGOT_ASSIGN(const auto batches, stage::ReadSample(bronze_, std::move(plan), options_.rows));
    for (const Batch& batch : batches)
      for (int64_t row = 0; row < batch->num_rows(); ++row) INGOT_TRY(Compare(*batch, row));
    if (repeated_.different > sample_.compared / 100) {
      sample_.different += repeated_.different;
      std::ranges::move(repeated_.differing, std::back_inserter(sample_.differing));
    }
    return std::move(sample_);
  }

 private:
  Status Compare(const arrow::RecordBatch& batch, int64_t row) {
    ++sample_.compared;
    const auto payload = BytesAt(batch, "_payload", row);
    if (payload && parses_payload_) return ComparePayload(batch, row, *payload);
    const auto extra = BytesAt(batch, "_extra", row);
    return extra ? CompareExtra(batch, row, *extra) : Status();
  }

  static std::optional<std::string_view> BytesAt(const arrow::RecordBatch& batch, const char* name, int64_t row) {
    const auto column = batch.GetColumnByName(name);
    if (column == nullptr || column->IsNull(row)) return std::nullopt;
    const auto* bytes = dynamic_cast<const arrow::BinaryArray*>(column.get());
    return bytes == nullptr ? std::nullopt : std::optional(bytes->GetView(row));
  }

  static Result<Batch> Parse(RecordParser& parser, const arrow::RecordBatch& batch, int64_t row,
                             std::string_view record) {
    source::RawBatch raw;
    raw.bytes = std::string(record) + std::string(source::kPadding, '\0');
    raw.records.push_back({.begin = 0, .size = record.size()});
    const auto times = batch.GetColumnByName("_ingested_at");
    const bool known = times != nullptr && times->type_id() == arrow::Type::TIMESTAMP && times->IsValid(row);
    const int64_t ingested = known ? static_cast<const arrow::TimestampArray&>(*times).Value(row) : 0;
    INGOT_ASSIGN(const ParsedBatch parsed, parser.Parse(raw, ingested));
    return DecodeDictionaries(parsed.rows);
  }

  Status ComparePayload(const arrow::RecordBatch& batch, int64_t row, std::string_view payload) {
    INGOT_ASSIGN(const Batch parsed, Parse(*parser_, batch, row, payload));
    const auto error = BytesAt(batch, "_error", row), error_now = BytesAt(*parsed, "_error", 0);
    stage::SampledRow one;
    if (error.has_value() != error_now.has_value()) {
      one.before.values.emplace_back("_error", error.value_or("null"));
      one.after.values.emplace_back("_error", error_now.value_or("null"));
    } else if (!error) {
      std::vector<std::string> names;
      for (const FieldSpec* field : fields_) names.push_back(field->name);
      stage::AddDifferences(batch, row, *parsed, 0, names, kTolerance, one);
    }
    Add(batch, row, std::move(one), sample_);
    return {};
  }

  Status CompareExtra(const arrow::RecordBatch& batch, int64_t row, std::string_view extra) {
    simdjson::dom::element record;
    if (json_.parse(extra.data(), extra.size()).get(record) || !record.is_object()) return {};
    std::vector<std::string> names;  // of the fields whose value is in the rest of the record
    bool may_repeat = false;
    for (const FieldSpec* field : fields_) {
      bool may_be_taken = false;  // an earlier path may have led to a member that the field took
      for (const pipeline::Path& path : field->from) {
        if (!HasValue(record, path)) {
          may_be_taken |= path.size() == 1;
          continue;
        }
        const auto column = batch.GetColumnByName(field->name);
        const bool is_null = column == nullptr || column->IsNull(row);
        if (!may_be_taken || is_null) names.push_back(field->name);
        may_repeat |= path.size() == 1 && !is_null;
        break;
      }
    }
    if (names.empty()) return {};
    INGOT_ASSIGN(RecordParser * parser, ParserOf(names));
    INGOT_ASSIGN(const Batch parsed, Parse(*parser, batch, row, extra));
    stage::SampledRow one;
    if (const auto error = BytesAt(*parsed, "_error", 0)) {
      one.before.values.emplace_back("_error", "null");
      one.after.values.emplace_back("_error", *error);
    } else {
      stage::AddDifferences(batch, row, *parsed, 0, names, kTolerance, one);
    }
    // Of a member that a record has twice, the field took the last and the rest has the first.
    Add(batch, row, std::move(one), may_repeat ? repeated_ : sample_);
    return {};
  }

  /// The parser of some fields alone.
  Result<RecordParser*> ParserOf(const std::vector<std::string>& names) {
    Part& part = parts_[names];
    if (part.parser == nullptr) {
      part.pipeline = pipeline_;
      std::erase_if(part.pipeline.fields, [&](const FieldSpec& field) {
        return field.compute || std::ranges::find(names, field.name) == names.end();
      });
      INGOT_ASSIGN(part.parser, RecordParser::Make(part.pipeline));
    }
    return part.parser.get();
  }

  void Add(const arrow::RecordBatch& batch, int64_t row, stage::SampledRow one, Sample& sample) const {
    if (one.before.values.empty()) return;
    ++sample.different;
    if (sample.differing.size() >= options_.differing_max) return;
    one.name = stage::RowName(batch, row);
    sample.differing.push_back(std::move(one));
  }

  const pipeline::Pipeline& pipeline_;
  const Table bronze_;
  const SampleOptions& options_;
  std::vector<const FieldSpec*> fields_;
  bool parses_payload_ = true;
  struct Part {
    pipeline::Pipeline pipeline;
    std::unique_ptr<RecordParser> parser;
  };
  simdjson::dom::parser json_;
  std::unique_ptr<RecordParser> parser_;
  std::map<std::vector<std::string>, Part> parts_;  // by the names of their fields
  Sample sample_;
  Sample repeated_;  // rows that differ, unless their records had a member twice; many cannot be explained so
};

}  // namespace

Result<Sample> SampleRows(const Environment& environment, const SampleOptions& options) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_ASSIGN(const auto home, environment.Home(pipeline.bronze.table));
  INGOT_ASSIGN(auto bronze, iceberg::LoadTable(home));
  INGOT_ASSIGN(bronze, stage::WithCurrentNames(std::move(bronze), BronzeSchema(pipeline), options.renames));
  return Sampling(environment, std::move(bronze), options).Run();
}

}  // namespace ingot::bronze
