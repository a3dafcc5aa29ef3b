#include "base/random.h"

#include <fmt/format.h>

#include <random>

namespace ingot {

uint64_t RandomBits() {
  thread_local std::random_device device;
  return (uint64_t(device()) << 32) | device();
}

std::string RandomUuid() {
  const uint64_t high = (RandomBits() & ~0xF000ull) | 0x4000ull;
  const uint64_t low = (RandomBits() & ~(3ull << 62)) | (1ull << 63);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                     low & 0xFFFFFFFFFFFFull);
}

}  // namespace ingot
