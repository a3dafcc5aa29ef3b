// The Avro schemas of manifests and manifest lists, format 2, and the field ids that both sides of the mapping use.
#pragma once

#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

std::string ManifestListAvroSchema();
/// `types` are the partition field types in the order of the spec.
std::string ManifestAvroSchema(const PartitionSpec& spec, const std::vector<Type>& types);
std::string PartitionFieldsToJson(const PartitionSpec& spec);

}  // namespace ingot::iceberg
