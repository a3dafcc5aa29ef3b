// Opens a catalog by its URI.
#pragma once

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

}  // namespace ingot::catalog
