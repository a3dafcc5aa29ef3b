// Conditions on the rows of a table, in the expressions of the pipeline file: `--where` of commands.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "iceberg/filter.h"
#include "pipeline/expression.h"

namespace ingot::run {

struct RowCondition {
  pipeline::Expression expression;
  std::vector<std::string> columns;  // that it reads
  iceberg::Filter filter;            // for files that may have such rows
};

/// Errors: kBadConfig if the text is not a condition on columns of the schema that are not nested.
Result<RowCondition> ConditionFrom(const std::string& where, const iceberg::Schema& schema);

}  // namespace ingot::run
