// Parquet's hybrid of run lengths and bit packing, in which levels and dictionary indices are written.
// Source: apache/parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace ingot::parquet_format {

/// How many bits hold every number up to `largest`; 0 for 0.
int BitWidth(uint64_t largest);

/// Appends `values`, each below 2^width, width at most 32. Eight or more of the same become one run.
void AppendHybridRuns(std::span<const uint32_t> values, int width, std::string& to);

/// Appends `count` times the same value.
void AppendRun(uint32_t value, size_t count, int width, std::string& to);

/// Appends values of one bit, eight to a byte, without runs (Encodings.md, "Plain", BOOLEAN).
void AppendBits(std::span<const uint32_t> values, int width, std::string& to);

}  // namespace ingot::parquet_format
