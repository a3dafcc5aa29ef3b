#include "iceberg/sort_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/lower_case.h"

namespace ingot::iceberg {

Result<SortColumn> ParseSortColumn(std::string_view text) {
  SortColumn column;
  std::istringstream words{std::string(text)};
  words >> column.column;
  std::string word, order;
  while (words >> word) {
    order += (order.empty() ? "" : " ") + LowerCase(word);
  }
  const auto take = [&](std::string_view wanted) {
    if (!order.starts_with(wanted)) return false;
    order.erase(0, wanted.size());
    if (order.starts_with(' ')) order.erase(0, 1);
    return true;
  };
  if (!take("asc")) column.descending = take("desc");
  if (take("nulls first"))
    column.nulls_first = true;
  else if (take("nulls last"))
    column.nulls_first = false;
  if (column.column.empty() || !order.empty())
    return Fail(
        ErrorKind::kBadInput,
        fmt::format("not a sort order: '{}' (write a column, then asc or desc, then nulls first or nulls last)", text));
  return column;
}

std::vector<SortColumn> TableMetadata::DefaultSort() const {
  const auto order = std::ranges::find(sort_orders, default_sort_order_id, &SortOrder::order_id);
  if (order == sort_orders.end()) return {};
  std::vector<SortColumn> columns;
  for (const SortField& field : order->fields) {
    const auto column = std::ranges::find(CurrentSchema().fields, field.source_id, &Field::id);
    if (column == CurrentSchema().fields.end() || field.transform.kind != TransformKind::kIdentity) return {};
    columns.push_back({column->name, field.descending, field.nulls_first});
  }
  return columns;
}

Status SetSortOrder(TableMetadata& metadata, const std::vector<SortColumn>& columns) {
  SortOrder order;
  for (const SortColumn& column : columns) {
    const Field* field = metadata.CurrentSchema().FindByName(column.column);
    if (field == nullptr) return Fail(ErrorKind::kBadInput, "unknown sort column: " + column.column);
    order.fields.push_back({.source_id = field->id,
                            .transform = {},
                            .descending = column.descending,
                            .nulls_first = column.nulls_first.value_or(!column.descending)});
  }
  const auto known = std::ranges::find(metadata.sort_orders, order.fields, &SortOrder::fields);
  if (known != metadata.sort_orders.end()) {
    metadata.default_sort_order_id = known->order_id;
    return {};
  }
  // 0 means unsorted (specification, "Sorting").
  order.order_id =
      columns.empty() ? 0 : 1 + std::max(0, std::ranges::max(metadata.sort_orders, {}, &SortOrder::order_id).order_id);
  metadata.default_sort_order_id = order.order_id;
  metadata.sort_orders.push_back(std::move(order));
  return {};
}

}  // namespace ingot::iceberg
