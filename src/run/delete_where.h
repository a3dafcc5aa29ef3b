// Deletes the rows of a table that match a condition, written in the expressions of the pipeline file.
#pragma once

#include <string>

#include "maintain/delete_rows.h"
#include "run/open.h"

namespace ingot::run {

struct DeleteWhereOptions {
  std::string table;
  std::string where;
  bool dry_run = false;
};

struct DeletedWhere {
  iceberg::TableName table;
  int format_version = 0;
  maintain::RowsDeleted rows;
};

/// Errors: kBadConfig if the condition does not fit the table's columns; those of maintain::DeleteRows.
Result<DeletedWhere> DeleteWhere(const OpenedPipeline& open, const DeleteWhereOptions& options);

}  // namespace ingot::run
