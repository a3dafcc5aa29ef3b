// The difference of two versions of a table as an Iceberg REST commit.
// Source: Iceberg's open-api/rest-catalog-open-api.yaml, TableUpdate and TableRequirement.
#pragma once

#include <nlohmann/json.hpp>

#include "iceberg/metadata.h"

namespace ingot::catalog {

/// {"requirements": […], "updates": […]}: what turns `base` into `next`, and what must still be so for it to hold: the
/// table's uuid, and for all that changes (heads of refs, schema, partition spec) its state in `base`.
nlohmann::json RestCommit(const iceberg::TableMetadata& base, const iceberg::TableMetadata& next);

/// The body that creates a table like `metadata`.
nlohmann::json RestCreate(const std::string& name, const iceberg::TableMetadata& metadata);

}  // namespace ingot::catalog
