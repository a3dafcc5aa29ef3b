// The Avro schemas of manifests and manifest lists, formats 1 to 3, with the field ids of the specification.
#pragma once

#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

std::string ManifestListAvroSchema(int32_t format_version);
/// `types` are the partition field types in the order of the spec.
std::string ManifestAvroSchema(const PartitionSpec& spec, const std::vector<Type>& types, int32_t format_version);
std::string PartitionFieldsToJson(const PartitionSpec& spec);

}  // namespace ingot::iceberg
