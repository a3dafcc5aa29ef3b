#include "silver/judge.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/rows.h"
#include "pipeline/evaluate.h"
#include "pipeline/scalar_functions.h"

namespace ingot::silver {
namespace {

using pipeline::Rule;
using pipeline::RuleKind;

/// Sets `bit` in the rows for which `is_broken` holds.
template <typename IsBroken>
void Mark(std::vector<uint64_t>& broken, int64_t rows, uint64_t bit, const IsBroken& is_broken) {
  broken.resize(size_t(rows));
  for (int64_t row = 0; row < rows; ++row)
    if (is_broken(row)) broken[size_t(row)] |= bit;
}

}  // namespace

Judge::Judge(const pipeline::Pipeline& pipeline) : pipeline_(pipeline) {
  for (const Rule& rule : pipeline.rules) {
    if (rule.kind == RuleKind::kTrim) continue;
    if (rule.quarantine) quarantining_ |= uint64_t(1) << names_.size();
    names_.push_back(rule.name);
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> Judge::Fix(const arrow::RecordBatch& bronze,
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
    if (std::ranges::any_of(pipeline_.rules, [&](const Rule& rule) {
          return rule.kind == RuleKind::kTrim && rule.fields[0] == field.name;
        })) {
      INGOT_ASSIGN(column, pipeline::Trimmed(column));
    }
    schema.push_back(arrow::field(field.name, column->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(schema), bronze.num_rows(), std::move(columns));
}

std::set<std::string> Judge::WithOrigins(const std::vector<std::string>& fields) const {
  std::set<std::string> wanted(fields.begin(), fields.end());
  for (auto field = pipeline_.fields.rbegin(); field != pipeline_.fields.rend(); ++field)
    if (field->compute && wanted.contains(field->name)) CollectColumns(*field->compute, wanted);
  return wanted;
}

std::vector<std::string> Judge::InputsOf(const std::vector<std::string>& fields) const {
  const auto wanted = WithOrigins(fields);
  std::vector<std::string> inputs;
  for (const pipeline::FieldSpec& field : pipeline_.fields)
    if (!field.compute && wanted.contains(field.name)) inputs.push_back(field.name);
  return inputs;
}

Result<std::shared_ptr<arrow::RecordBatch>> Judge::Fixed(const arrow::RecordBatch& bronze,
                                                         const std::vector<std::string>& fields) const {
  INGOT_ASSIGN(const auto fixed, Fix(bronze, WithOrigins(fields)));
  return SelectColumns(*fixed, fields);
}

Result<Judged> Judge::Apply(const arrow::RecordBatch& bronze) const {
  const int64_t rows = bronze.num_rows();
  std::set<std::string> fields;
  for (const pipeline::FieldSpec& field : pipeline_.fields) fields.insert(field.name);
  INGOT_ASSIGN(const auto fixed, Fix(bronze, fields));
  Judged judged;
  uint64_t bit = 1;
  for (const Rule& rule : pipeline_.rules) {
    if (rule.kind == RuleKind::kTrim) continue;
    bit <<= 1;
    if (rule.kind == RuleKind::kNotNull) {
      for (const std::string& field : rule.fields) {
        const auto column = fixed->GetColumnByName(field);
        if (column->null_count() > 0) Mark(judged.broken, rows, bit, [&](int64_t row) { return column->IsNull(row); });
      }
      continue;
    }
    INGOT_ASSIGN(const auto held, pipeline::Evaluate(*rule.check, *fixed));
    if (held->type_id() == arrow::Type::NA) continue;
    const auto& holds = static_cast<const arrow::BooleanArray&>(*held);
    if (holds.true_count() + holds.null_count() < rows)
      Mark(judged.broken, rows, bit, [&](int64_t row) { return holds.IsValid(row) && !holds.Value(row); });
  }
  const auto error = bronze.GetColumnByName("_error");
  if (error->null_count() < rows) {
    judged.broken.resize(size_t(rows));
    for (int64_t row = 0; row < rows; ++row)
      if (error->IsValid(row)) judged.broken[size_t(row)] = 1;
  }
  arrow::FieldVector schema = fixed->schema()->fields();
  arrow::ArrayVector columns = fixed->columns();
  for (int i = 0; i < bronze.num_columns(); ++i) {
    if (fields.contains(bronze.schema()->field(i)->name())) continue;
    schema.push_back(bronze.schema()->field(i));
    columns.push_back(bronze.column(i));
  }
  judged.rows = arrow::RecordBatch::Make(arrow::schema(schema), rows, std::move(columns));
  return judged;
}

}  // namespace ingot::silver
