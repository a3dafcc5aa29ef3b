#include "catalog/open.h"

#include <algorithm>

#include "base/environment.h"
#include "catalog/postgres.h"
#include "catalog/postgres_uri.h"
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

using Properties = std::map<std::string, std::string>;

Properties JdbcProperties(const std::string& uri) {
  return {{"type", "jdbc"}, {"uri", "jdbc:" + uri}, {"jdbc.schema-version", "V1"}};
}

Properties SqliteProperties(std::string_view uri) {
  return JdbcProperties("sqlite:" + std::string(uri.substr(uri.find("///") + 2)));
}

Properties PostgresProperties(std::string_view uri) {
  const PostgresUri parts = ParsePostgresUri(uri);
  Properties properties = JdbcProperties("postgresql://" + parts.server);
  const std::string user = parts.user.empty() ? EnvironmentOr("PGUSER") : parts.user;
  const std::string password = parts.password.empty() ? EnvironmentOr("PGPASSWORD") : parts.password;
  // Without a password, the driver reads ~/.pgpass as libpq does.
  if (!user.empty()) properties["jdbc.user"] = user;
  if (!password.empty()) properties["jdbc.password"] = password;
  return properties;
}

Properties RestProperties(std::string_view uri) {
  Properties properties{{"type", "rest"}, {"uri", std::string(uri)}};
  for (const auto& [key, name] :
       {std::pair{"token", "INGOT_CATALOG_TOKEN"}, {"credential", "INGOT_CATALOG_CREDENTIAL"}})
    if (const std::string value = EnvironmentOr(name); !value.empty()) properties[key] = value;
  return properties;
}

struct Kind {
  std::string_view scheme;
  std::string_view form;  // form of its URI, for messages; empty for an alias of the previous scheme
  Opened (*open)(const Address& address);
  Properties (*java_properties)(std::string_view uri);
};

// One line per kind of catalog.
constexpr Kind kKinds[] = {
    {"sqlite:///", "sqlite:///absolute/path.db", OpenSqliteAt, SqliteProperties},
    {"postgresql://", "postgresql://user@host:port/database", OpenPostgresAt, PostgresProperties},
    {"postgres://", "", OpenPostgresAt, PostgresProperties},
    {"http://", "http(s)://host:port/path of an Iceberg REST catalog", OpenRestAt, RestProperties},
    {"https://", "", OpenRestAt, RestProperties},
};

Result<const Kind*> KindOf(std::string_view uri) {
  for (const Kind& kind : kKinds)
    if (uri.starts_with(kind.scheme)) return &kind;
  return Fail(ErrorKind::kBadConfig, "unsupported catalog URI '" + WithoutPassword(uri) + "': use " + CatalogForms());
}

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
  INGOT_ASSIGN(const Kind* const kind, KindOf(uri));
  return kind->open({.uri = uri, .warehouse = warehouse, .if_missing = if_missing});
}

std::string WithoutPassword(std::string_view uri) {
  if (uri.starts_with("postgres")) {
    const PostgresUri parts = ParsePostgresUri(uri);
    return std::string(uri.substr(0, uri.find("://") + 3)) + parts.user + (parts.password.empty() ? "" : ":***") +
           (parts.user.empty() && parts.password.empty() ? "" : "@") + parts.server;
  }
  const size_t begin = uri.find("://") + 3, at = uri.find_first_of("@/", begin);
  if (uri.find("://") == std::string_view::npos || at == std::string_view::npos || uri[at] == '/')
    return std::string(uri);
  const size_t colon = uri.find(':', begin);
  return colon < at ? std::string(uri.substr(0, colon)) + ":***" + std::string(uri.substr(at)) : std::string(uri);
}

Result<std::map<std::string, std::string>> JavaProperties(std::string_view uri) {
  INGOT_ASSIGN(const Kind* const kind, KindOf(uri));
  return kind->java_properties(uri);
}

}  // namespace ingot::catalog
