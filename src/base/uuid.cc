#include "base/uuid.h"

#include <fmt/format.h>

#include <cstring>

namespace ingot {
namespace {

/// Decodes eight hex digits, four at `first` and four at `second`, into four bytes with arithmetic on one 64-bit word.
/// Sets bits of `problems` when one of them is not a hex digit.
void HexToBytes(const char* first, const char* second, uint8_t* out, uint64_t& problems) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint32_t half = 0;
  uint64_t digits = 0;
  std::memcpy(&half, second, 4);
  std::memcpy(&digits, first, 4);
  digits |= uint64_t(half) << 32;
  const uint64_t values = (digits & 0x0F * kEach) + 9 * (digits >> 6 & kEach);  // only letters have bit 6 set
  const uint64_t letters = (values + 6 * kEach) >> 4 & kEach;
  const uint64_t lower_case = values + 0x30 * kEach + 0x27 * letters;  // the digits that encode these values
  problems |= ((digits ^ lower_case) & ~(0x20 * letters)) | (values & 0xF0 * kEach);
  uint64_t bytes = (values << 4 | values >> 8) & 0x00FF00FF00FF00FF;
  bytes = (bytes | bytes >> 8) & 0x0000FFFF0000FFFF;
  bytes |= bytes >> 16;
  std::memcpy(out, &bytes, 4);
}

}  // namespace

bool ParseUuid(std::string_view text, uint8_t* out) {
  if (text.size() != kUuidTextBytes || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return false;
  const char* const at = text.data();
  uint64_t problems = 0;
  HexToBytes(at, at + 4, out, problems);
  HexToBytes(at + 9, at + 14, out + 4, problems);
  HexToBytes(at + 19, at + 24, out + 8, problems);
  HexToBytes(at + 28, at + 32, out + 12, problems);
  return problems == 0;
}

std::string UuidText(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uint8_t(bytes[i]));
  }
  return text;
}

}  // namespace ingot
