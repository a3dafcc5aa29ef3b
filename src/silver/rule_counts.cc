#include "silver/rule_counts.h"

#include <arrow/api.h>

#include <bit>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/rows.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"
#include "silver/new_rows.h"
#include "silver/rule_evaluator.h"

namespace ingot::silver {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kSamplesMax = 5;       // per rule
constexpr size_t kTextBytesMax = 1000;  // of one value in a sample

template <typename ArrowType>
auto ValueOf(const arrow::Scalar& scalar) {
  return static_cast<const typename arrow::TypeTraits<ArrowType>::ScalarType&>(scalar).value;
}

Json ToJson(const arrow::Scalar& scalar) {
  if (!scalar.is_valid) return nullptr;
  switch (scalar.type->id()) {
    case arrow::Type::BOOL:
      return ValueOf<arrow::BooleanType>(scalar);
    case arrow::Type::INT32:
      return ValueOf<arrow::Int32Type>(scalar);
    case arrow::Type::INT64:
      return ValueOf<arrow::Int64Type>(scalar);
    case arrow::Type::FLOAT:
      return ValueOf<arrow::FloatType>(scalar);
    case arrow::Type::DOUBLE:
      return ValueOf<arrow::DoubleType>(scalar);
    default:
      return scalar.ToString().substr(0, kTextBytesMax);
  }
}

class Counting {
 public:
  Counting(const stage::Environment& environment, const Tables& tables)
      : environment_(environment),
        bronze_(tables.bronze),
        follow_(tables.spec->follow_deletes),
        rules_(*environment.pipeline, *tables.spec) {
    for (size_t bit = 0; bit < rules_.names().size(); ++bit) {
      sampled_columns_.push_back(PositionColumns());
      const auto fields = bit == 0 ? std::vector<std::string>{"_error"} : rules_.FieldsOf(bit);
      sampled_columns_.back().insert(sampled_columns_.back().end(), fields.begin(), fields.end());
    }
  }

  Result<CountedRows> Run(const stage::Changes& changes) {
    INGOT_ASSIGN(const NewRows fresh, NewRows::Find(environment_, bronze_, changes, follow_));
    std::vector<std::string> columns = rules_.InputsOf(rules_.RuleFields());
    columns.insert(columns.end(), PositionColumns().begin(), PositionColumns().end());
    columns.push_back("_error");
    INGOT_ASSIGN(const auto plan, fresh.Plan(columns));
    broken_.assign(rules_.names().size(), 0);
    INGOT_TRY(rows::ForEachBatch(bronze_, plan, environment_.threads,
                                 [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                                   INGOT_ASSIGN(const auto rows, fresh.Of(batch));
                                   INGOT_ASSIGN(const CheckedRows checked, rules_.ApplyRules(*rows));
                                   std::lock_guard lock(mutex_);
                                   return Count(checked);
                                 }));
    for (size_t bit = 0; bit < broken_.size(); ++bit)
      counted_.counts.broken_by_rule[rules_.names()[bit]] = broken_[bit];
    return std::move(counted_);
  }

 private:
  Status Count(const CheckedRows& checked) {
    counted_.counts.rows += checked.rows->num_rows();
    for (size_t row = 0; row < checked.broken.size(); ++row)
      for (uint64_t bits = checked.broken[row]; bits != 0; bits &= bits - 1) {
        const auto bit = size_t(std::countr_zero(bits));
        if (size_t(++broken_[bit]) <= kSamplesMax) INGOT_TRY(AddSample(*checked.rows, int64_t(row), bit));
      }
    return {};
  }

  Status AddSample(const arrow::RecordBatch& rows, int64_t row, size_t bit) {
    Json sample = Json::object();
    for (const std::string& column : sampled_columns_[bit]) {
      INGOT_ASSIGN(const auto value, DecodeDictionaries(rows.GetColumnByName(column)->Slice(row, 1)));
      if (const auto scalar = value->GetScalar(0); scalar.ok()) sample[column] = ToJson(**scalar);
    }
    counted_.samples[rules_.names()[bit]].push_back(sample.dump(-1, ' ', false, Json::error_handler_t::replace));
    return {};
  }

  const stage::Environment& environment_;
  const iceberg::Table& bronze_;
  const bool follow_;
  const RuleEvaluator rules_;
  std::vector<std::vector<std::string>> sampled_columns_;  // by rule
  std::mutex mutex_;
  std::vector<int64_t> broken_;  // by rule
  CountedRows counted_;
};

}  // namespace

void CountedRows::Add(CountedRows other) {
  counts.Add(other.counts);
  for (auto& [rule, rows] : other.samples)
    for (std::string& row : rows)
      if (samples[rule].size() < kSamplesMax) samples[rule].push_back(std::move(row));
}

Result<CountedRows> CountBrokenRows(const stage::Environment& environment, const Tables& tables,
                                    const stage::Changes& changes) {
  return Counting(environment, tables).Run(changes);
}

}  // namespace ingot::silver
