// The identities of input files as JSON, in the mark ingot.files. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <map>
#include <string>

#include "source/source.h"

namespace ingot::bronze {

using FileIdentities = std::map<source::PartitionId, source::FileIdentity>;

/// Formats identities as {"file:///a": {"0": [1200, …]}}.
std::string IdentitiesToJson(const FileIdentities& files);
/// Parses identities. Errors: kCorrupt.
Result<FileIdentities> IdentitiesFromJson(const std::string& json);

}  // namespace ingot::bronze
