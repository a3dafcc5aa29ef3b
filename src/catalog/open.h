// Opens a catalog by its URI.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "catalog/jdbc.h"
#include "iceberg/catalog.h"

namespace ingot::catalog {

/// The catalog's name is stored in its rows, so every engine that shares it must use the same.
inline constexpr std::string_view kCatalogName = "iceberg_catalog";

/// How the addresses of catalogs are written, for messages and help.
std::string CatalogForms();

/// `sqlite:///abs/path.db`, `postgresql://user@host:port/database` (`if_missing` says what becomes of missing tables),
/// or `http(s)://…`, an Iceberg REST catalog, which is told `warehouse`. Errors: kBadConfig for an unknown scheme.
Result<std::shared_ptr<iceberg::Catalog>> OpenCatalog(std::string_view uri, const std::string& warehouse,
                                                      IfMissing if_missing = IfMissing::kCreate);

}  // namespace ingot::catalog
