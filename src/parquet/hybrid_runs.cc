#include "parquet/hybrid_runs.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ingot::parquet_format {
namespace {

constexpr size_t kGroup = 8;            // values per group of bit packing
constexpr size_t kGroupsMax = 63;       // groups per header, so that the header is one byte
constexpr size_t kRunMin = 2 * kGroup;  // shorter runs are bit-packed

void AppendVarint(uint64_t number, std::string& to) {
  for (; number >= 0x80; number >>= 7) to += char(number | 0x80);
  to += char(number);
}

/// Whether `values` starts with a run long enough for RLE.
bool RunBegins(std::span<const uint32_t> values) {
  if (values.size() < kRunMin || values[0] != values[1] || values[0] != values[kRunMin - 1]) return false;
  return std::ranges::all_of(values.first(kRunMin), [&](uint32_t value) { return value == values[0]; });
}

void AppendPacked(std::span<const uint32_t> values, int width, std::string& to) {
  for (size_t begin = 0; begin < values.size(); begin += kGroup * kGroupsMax) {
    const auto part = values.subspan(begin, std::min(kGroup * kGroupsMax, values.size() - begin));
    const size_t groups = (part.size() + kGroup - 1) / kGroup, at = to.size() + 1;
    to += char(groups << 1 | 1);
    AppendBits(part, width, to);
    to.resize(at + groups * size_t(width));  // the last group is padded with zeros
  }
}

}  // namespace

int BitWidth(uint64_t largest) {
  return int(std::bit_width(largest));
}

void AppendBits(std::span<const uint32_t> values, int width, std::string& to) {
  const size_t begin = to.size();
  to.resize(begin + (values.size() * size_t(width) + 7) / 8 + sizeof(uint64_t));
  char* out = to.data() + begin;
  uint64_t held = 0;
  int bits = 0;
  for (const uint32_t value : values) {
    held |= uint64_t(value) << bits;
    bits += width;
    if (bits < 32) continue;
    std::memcpy(out, &held, 4);
    out += 4;
    held >>= 32;
    bits -= 32;
  }
  std::memcpy(out, &held, sizeof held);
  to.resize(begin + (values.size() * size_t(width) + 7) / 8);
}

void AppendRun(uint32_t value, size_t count, int width, std::string& to) {
  if (count == 0) return;
  AppendVarint(uint64_t(count) << 1, to);
  to.append(reinterpret_cast<const char*>(&value), size_t(width + 7) / 8);
}

void AppendHybridRuns(std::span<const uint32_t> values, int width, std::string& to) {
  size_t at = 0;
  while (at < values.size()) {
    if (RunBegins(values.subspan(at))) {
      size_t end = at + kRunMin;
      while (end < values.size() && values[end] == values[at]) ++end;
      AppendRun(values[at], end - at, width, to);
      at = end;
      continue;
    }
    const size_t begin = at;
    do {
      at = std::min(at + kGroup, values.size());
    } while (at < values.size() && !RunBegins(values.subspan(at)));
    AppendPacked(values.subspan(begin, at - begin), width, to);
  }
}

}  // namespace ingot::parquet_format
