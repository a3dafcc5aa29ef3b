#include "silver/rule_evaluator.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/rows.h"
#include "pipeline/evaluate.h"

namespace ingot::silver {

RuleEvaluator::RuleEvaluator(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver)
    : pipeline_(pipeline),
      silver_(silver),
      names_(pipeline::RuleNames(silver.rules)),
      quarantine_bits_(pipeline::QuarantineBits(silver.rules)) {
  for (size_t bit = 1; bit < names_.size(); ++bit) {
    const auto fields = FieldsOf(bit);
    rule_fields_.insert(fields.begin(), fields.end());
  }
}

std::vector<std::string> RuleEvaluator::FieldsOf(size_t bit) const {
  if (bit == 0) return {};
  const pipeline::RuleCheck& check = *silver_.rules[bit - 1].check;
  const auto fields = check.Fields();
  std::set<std::string> read(fields.begin(), fields.end());
  if (check.Condition() != nullptr) CollectColumns(*check.Condition(), read);
  return {read.begin(), read.end()};
}

Result<std::shared_ptr<arrow::RecordBatch>> RuleEvaluator::Fix(const arrow::RecordBatch& bronze,
                                                               const std::set<std::string>& fields) const {
  arrow::FieldVector schema;
  arrow::ArrayVector columns;
  for (const pipeline::FieldSpec& field : pipeline_.fields) {
    if (!fields.contains(field.name)) continue;
    std::shared_ptr<arrow::Array> column;
    if (field.compute) {
      const auto rows = arrow::RecordBatch::Make(arrow::schema(schema), bronze.num_rows(), columns);
      INGOT_ASSIGN(column, pipeline::EvaluateAs(*field.compute, field.type, *rows));
    } else {
      column = bronze.GetColumnByName(field.name);
    }
    INGOT_ASSIGN(column, pipeline::Fixed(silver_.fixes, field.name, std::move(column)));
    schema.push_back(arrow::field(field.name, column->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(schema), bronze.num_rows(), std::move(columns));
}

std::set<std::string> RuleEvaluator::WithOrigins(const std::vector<std::string>& fields) const {
  std::set<std::string> wanted(fields.begin(), fields.end());
  for (auto field = pipeline_.fields.rbegin(); field != pipeline_.fields.rend(); ++field)
    if (field->compute && wanted.contains(field->name)) CollectColumns(*field->compute, wanted);
  return wanted;
}

std::vector<std::string> RuleEvaluator::InputsOf(const std::vector<std::string>& fields) const {
  const auto wanted = WithOrigins(fields);
  std::vector<std::string> inputs;
  for (const pipeline::FieldSpec& field : pipeline_.fields)
    if (!field.compute && wanted.contains(field.name)) inputs.push_back(field.name);
  return inputs;
}

Result<std::shared_ptr<arrow::RecordBatch>> RuleEvaluator::Fixed(const arrow::RecordBatch& bronze,
                                                                 const std::vector<std::string>& fields) const {
  INGOT_ASSIGN(const auto fixed, Fix(bronze, WithOrigins(fields)));
  return SelectColumns(*fixed, fields);
}

Result<CheckedRows> RuleEvaluator::Apply(const arrow::RecordBatch& bronze) const {
  std::set<std::string> fields;
  for (const pipeline::FieldSpec& field : pipeline_.fields) fields.insert(field.name);
  return ApplyTo(bronze, fields);
}

Result<CheckedRows> RuleEvaluator::ApplyRules(const arrow::RecordBatch& bronze) const {
  return ApplyTo(bronze, WithOrigins(RuleFields()));
}

Result<CheckedRows> RuleEvaluator::ApplyTo(const arrow::RecordBatch& bronze,
                                           const std::set<std::string>& fields) const {
  const int64_t rows = bronze.num_rows();
  INGOT_ASSIGN(const auto fixed, Fix(bronze, fields));
  CheckedRows checked;
  for (size_t i = 0; i < silver_.rules.size(); ++i)
    INGOT_TRY(silver_.rules[i].check->Mark(*fixed, pipeline::RuleBit(i), checked.broken));
  const auto error = bronze.GetColumnByName("_error");
  if (error->null_count() < rows) {
    checked.broken.resize(size_t(rows));
    for (int64_t row = 0; row < rows; ++row)
      if (error->IsValid(row)) checked.broken[size_t(row)] = pipeline::kParseBit;
  }
  arrow::FieldVector schema = fixed->schema()->fields();
  arrow::ArrayVector columns = fixed->columns();
  for (int i = 0; i < bronze.num_columns(); ++i) {
    if (fields.contains(bronze.schema()->field(i)->name())) continue;
    schema.push_back(bronze.schema()->field(i));
    columns.push_back(bronze.column(i));
  }
  checked.rows = arrow::RecordBatch::Make(arrow::schema(schema), rows, std::move(columns));
  return checked;
}

Result<std::shared_ptr<arrow::RecordBatch>> RuleEvaluator::Accepted(const CheckedRows& checked) const {
  if (checked.broken.empty()) return checked.rows;
  std::vector<bool> accepted(checked.broken.size());
  for (size_t row = 0; row < accepted.size(); ++row) accepted[row] = !Quarantines(checked.broken[row]);
  return FilterRows(checked.rows, accepted);
}

}  // namespace ingot::silver
