// CRC-32 with the polynomial of gzip, Parquet pages and Avro's snappy blocks, 16 bytes an instruction or two.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// Continues `checksum`, 0 at the beginning, with more bytes.
uint32_t Crc32(uint32_t checksum, std::string_view bytes);

}  // namespace ingot
