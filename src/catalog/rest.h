// Client of an Iceberg REST catalog. Source: Iceberg's open-api/rest-catalog-open-api.yaml.
#pragma once

#include <memory>
#include <string>

#include "iceberg/catalog.h"

namespace ingot::catalog {

struct RestOptions {
  std::string uri;        // http(s)://host:port/path, without /v1
  std::string warehouse;  // sent to the server; empty: the server's default
  std::string name;       // of the catalog in this process
};

/// Authentication from the environment: INGOT_CATALOG_TOKEN (a bearer token), or INGOT_CATALOG_CREDENTIAL
/// (client_id:client_secret, exchanged for a token at INGOT_CATALOG_OAUTH2_URI, default <uri>/v1/oauth/tokens, with
/// INGOT_CATALOG_SCOPE, default "catalog"; renewed when it expires or is rejected).
/// Applies the defaults and overrides of the server's configuration. S3 settings and credentials vended with a table
/// are used for that table's files.
Result<std::shared_ptr<iceberg::Catalog>> OpenRest(const RestOptions& options);

}  // namespace ingot::catalog
