#include "catalog/open.h"

#include <algorithm>

#include "catalog/postgres.h"
#include "catalog/rest.h"
#include "catalog/sqlite.h"

// A line that lacks a part does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::catalog {
namespace {

struct Address {
  std::string_view uri;
  const std::string& warehouse;
  IfMissing if_missing;
};
using Opened = Result<std::shared_ptr<iceberg::Catalog>>;

/// A JDBC catalog in a database.
Opened OpenIn(Result<std::unique_ptr<SqlDatabase>> database, const Address& address) {
  if (!database) return std::unexpected(database.error());
  return OpenJdbc(std::move(*database), std::string(kCatalogName), address.if_missing);
}

Opened OpenSqliteAt(const Address& address) {
  return OpenIn(OpenSqlite(std::string(address.uri.substr(address.uri.find("///") + 2)), address.if_missing), address);
}

Opened OpenPostgresAt(const Address& address) {
  return OpenIn(OpenPostgres(std::string(address.uri)), address);
}

Opened OpenRestAt(const Address& address) {
  return OpenRest({.uri = std::string(address.uri), .warehouse = address.warehouse, .name = std::string(kCatalogName)});
}

struct Kind {
  std::string_view scheme;
  std::string_view form;  // form of its URI, for messages; empty for an alias of the previous scheme
  Opened (*open)(const Address& address);
};

// One line per kind of catalog.
constexpr Kind kKinds[] = {
    {"sqlite:///", "sqlite:///absolute/path.db", OpenSqliteAt},
    {"postgresql://", "postgresql://user@host:port/database", OpenPostgresAt},
    {"postgres://", "", OpenPostgresAt},
    {"http://", "http(s)://host:port/path of an Iceberg REST catalog", OpenRestAt},
    {"https://", "", OpenRestAt},
};

}  // namespace

std::string CatalogForms() {
  std::string forms;
  const auto last =
      std::ranges::find_if(std::rbegin(kKinds), std::rend(kKinds), [](const Kind& kind) { return !kind.form.empty(); });
  for (const Kind& kind : kKinds)
    if (!kind.form.empty()) forms += (forms.empty() ? "" : &kind == &*last ? " or " : ", ") + std::string(kind.form);
  return forms;
}

Result<std::shared_ptr<iceberg::Catalog>> OpenCatalog(std::string_view uri, const std::string& warehouse,
                                                      IfMissing if_missing) {
  for (const Kind& kind : kKinds)
    if (uri.starts_with(kind.scheme)) return kind.open({.uri = uri, .warehouse = warehouse, .if_missing = if_missing});
  return Fail(ErrorKind::kBadConfig, "unsupported catalog URI '" + std::string(uri) + "': use " + CatalogForms());
}

}  // namespace ingot::catalog
