// Parquet's RLE/bit-packing hybrid encoding, used for levels and dictionary indices.
// Source: apache/parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace ingot::parquet_format {

/// The number of bits needed for values up to `largest`; 0 for 0.
int BitWidth(uint64_t largest);

/// Appends `values`, each below 2^width, width at most 32. Sixteen or more equal values become an RLE run.
void AppendHybridRuns(std::span<const uint32_t> values, int width, std::string& to);

/// Appends an RLE run of `count` equal values.
void AppendRun(uint32_t value, size_t count, int width, std::string& to);

/// Appends `values` bit-packed with `width` bits each, without runs or headers (Encodings.md, "Plain", BOOLEAN).
void AppendBits(std::span<const uint32_t> values, int width, std::string& to);

}  // namespace ingot::parquet_format
