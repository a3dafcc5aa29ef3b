// Where tables are found by name, and the one place where two writers meet: the swap of a table's metadata location.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

struct TableName {
  std::string space;  // namespace levels joined by dots
  std::string name;

  std::string Text() const { return space + "." + name; }
  auto operator<=>(const TableName&) const = default;
};

/// "bronze.speedtest_raw" or "iceberg_catalog.bronze.speedtest_raw". Errors: kBadInput.
Result<TableName> ParseTableName(std::string_view text, std::string_view catalog_name);

/// Safe from every thread. Errors of any call: kRetry when the catalog cannot be reached, kBadConfig for bad
/// credentials.
class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual const std::string& Name() const = 0;
  virtual Status CreateNamespace(const std::string& space) = 0;  // one that exists is no error
  virtual Result<std::vector<std::string>> ListNamespaces() = 0;
  virtual Result<std::vector<TableName>> ListTables() = 0;
  /// The metadata location. Errors: kNotFound.
  virtual Result<std::string> Location(const TableName& table) = 0;
  /// Errors: kExists.
  virtual Status Insert(const TableName& table, const std::string& metadata_location) = 0;
  /// Swaps `expected` for `next`. Errors: kConflict when it is not `expected` any more, kOutcomeUnknown when the answer
  /// was lost.
  virtual Status Swap(const TableName& table, const std::string& expected, const std::string& next) = 0;
  /// Forgets the table; its files stay. Errors: kNotFound.
  virtual Status Drop(const TableName& table) = 0;
};

}  // namespace ingot::iceberg
