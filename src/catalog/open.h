// Opens a catalog by its URI.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "catalog/jdbc.h"
#include "iceberg/catalog.h"

namespace ingot::catalog {

/// The catalog name, which JDBC catalogs store in each row: every engine that shares the catalog must use the same.
inline constexpr std::string_view kCatalogName = "iceberg_catalog";

/// The forms of catalog URIs, for messages and help.
std::string CatalogForms();

/// `uri`: `sqlite:///abs/path.db` or `postgresql://user@host:port/database`, for which `if_missing` applies; or
/// `http(s)://…`, an Iceberg REST catalog, which receives `warehouse`. Errors: kBadConfig for an unknown scheme.
Result<std::shared_ptr<iceberg::Catalog>> OpenCatalog(std::string_view uri, const std::string& warehouse,
                                                      IfMissing if_missing = IfMissing::kCreate);

/// The properties with which Iceberg's Java library, which Spark uses, opens the catalog at `uri`. They may hold a
/// password or a token from the URI or the environment (PGPASSWORD, INGOT_CATALOG_TOKEN, INGOT_CATALOG_CREDENTIAL).
/// Errors: kBadConfig for an unknown scheme.
Result<std::map<std::string, std::string>> JavaProperties(std::string_view uri);

/// The URI for messages and logs: *** replaces its password.
std::string WithoutPassword(std::string_view uri);

}  // namespace ingot::catalog
