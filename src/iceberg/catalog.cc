#include "iceberg/catalog.h"

namespace ingot::iceberg {

Result<TableName> ParseTableName(std::string_view text, std::string_view catalog_name) {
  std::string_view rest = text;
  if (rest.starts_with(catalog_name) && rest.size() > catalog_name.size() && rest[catalog_name.size()] == '.' &&
      rest.find('.', catalog_name.size() + 1) != std::string_view::npos)
    rest.remove_prefix(catalog_name.size() + 1);
  const auto dot = rest.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == rest.size())
    return Fail(ErrorKind::kBadInput,
                "not a table name: '" + std::string(text) + "' (write namespace.table, e.g. bronze.speedtest_raw)");
  return TableName{std::string(rest.substr(0, dot)), std::string(rest.substr(dot + 1))};
}

Result<std::vector<CatalogEntry>> Catalog::Entries() {
  INGOT_ASSIGN(const auto tables, ListTables());
  std::vector<CatalogEntry> entries;
  for (const TableName& table : tables) entries.push_back({.catalog = Name(), .name = table, .metadata_location = {}});
  return entries;
}

}  // namespace ingot::iceberg
