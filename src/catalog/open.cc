#include "catalog/open.h"

#include "catalog/postgres.h"
#include "catalog/rest.h"
#include "catalog/sqlite.h"

namespace ingot::catalog {

Result<std::shared_ptr<iceberg::Catalog>> OpenCatalog(std::string_view uri, const std::string& warehouse,
                                                      IfMissing if_missing) {
  constexpr std::string_view kSqlite = "sqlite:///";
  if (uri.starts_with(kSqlite)) {
    INGOT_ASSIGN(auto database, OpenSqlite(std::string(uri.substr(kSqlite.size() - 1)), if_missing));
    return OpenJdbc(std::move(database), std::string(kCatalogName), if_missing);
  }
  if (uri.starts_with("postgresql://") || uri.starts_with("postgres://")) {
    INGOT_ASSIGN(auto database, OpenPostgres(std::string(uri)));
    return OpenJdbc(std::move(database), std::string(kCatalogName), if_missing);
  }
  if (uri.starts_with("http://") || uri.starts_with("https://"))
    return OpenRest({.uri = std::string(uri), .warehouse = warehouse, .name = std::string(kCatalogName)});
  return Fail(ErrorKind::kBadConfig, "unsupported catalog URI '" + std::string(uri) +
                                         "': use sqlite:///absolute/path.db, postgresql://user@host:port/database or "
                                         "http(s)://host:port/path of an Iceberg REST catalog");
}

}  // namespace ingot::catalog
