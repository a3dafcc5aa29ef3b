// Builds Iceberg REST commits from the difference between two versions of table metadata.
// Source: Iceberg's open-api/rest-catalog-open-api.yaml, TableUpdate and TableRequirement.
#pragma once

#include <nlohmann/json.hpp>

#include "iceberg/metadata.h"

namespace ingot::catalog {

/// {"requirements": […], "updates": […]}: the updates that turn `base` into `next`. The requirements are the table's
/// UUID and the state in `base` of whatever changes (snapshots of refs, schema, partition spec).
nlohmann::json RestCommit(const iceberg::TableMetadata& base, const iceberg::TableMetadata& next);

/// The body of a request that creates a table with the schema, spec, order and properties of `metadata`.
nlohmann::json RestCreate(const std::string& name, const iceberg::TableMetadata& metadata);

}  // namespace ingot::catalog
