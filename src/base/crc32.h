// CRC-32 with the polynomial of gzip, Parquet pages and Avro's snappy blocks; uses PCLMULQDQ where available.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// Extends `checksum` (0 at the start) by more bytes.
uint32_t Crc32(uint32_t checksum, std::string_view bytes);

}  // namespace ingot
