// Compression of the blocks of Avro files. Source: Apache Avro 1.11 specification, "Required Codecs", "Optional
// Codecs".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::avro {

/// Decompresses a block and verifies its checksum if the codec has one. Errors: kCorrupt for a damaged block;
/// kUnsupported for an unknown codec.
Result<std::string> DecompressAvroBlock(const std::string& codec, std::string_view block);

}  // namespace ingot::avro
