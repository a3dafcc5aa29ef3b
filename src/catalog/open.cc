#include "catalog/open.h"

#include "catalog/sqlite.h"

namespace ingot::catalog {

Result<std::shared_ptr<iceberg::Catalog>> OpenCatalog(std::string_view uri) {
  constexpr std::string_view kSqlite = "sqlite:///";
  if (uri.starts_with(kSqlite))
    return OpenSqlite(std::string(uri.substr(kSqlite.size() - 1)), std::string(kCatalogName));
  return Fail(ErrorKind::kBadConfig, "no catalog for '" + std::string(uri) + "': use sqlite:///absolute/path.db");
}

}  // namespace ingot::catalog
