#include "base/crc32.h"

#include <arrow/util/crc32.h>

#include <array>

#ifdef __PCLMUL__
#include <immintrin.h>
#endif

namespace ingot {
namespace {

constexpr uint32_t kPolynomial = 0xEDB88320;  // bit-reversed

constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ (rest & 1 ? kPolynomial : 0);
    table[byte] = rest;
  }
  return table;
}();

#ifdef __PCLMUL__
constexpr size_t kLaneBytes = sizeof(__m128i), kStepBytes = 4 * kLaneBytes;

__m128i Load(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// Multiplies `lane` by x^n modulo the polynomial, where `constants` encode n, and adds `next`.
__m128i Fold(__m128i lane, __m128i constants, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// Reduces 128 bits to 64, then to 32 by Barrett reduction.
uint32_t Reduce(__m128i lane, __m128i fold_by_1) {
  const __m128i mask = _mm_setr_epi32(~0, 0, ~0, 0);
  lane = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, fold_by_1, 0x10));
  const __m128i upper = _mm_srli_si128(lane, 4);
  lane = _mm_clmulepi64_si128(_mm_and_si128(lane, mask), _mm_set_epi64x(0, 0x0163cd6124), 0x00);
  lane = _mm_xor_si128(lane, upper);
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(lane, mask), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, mask), barrett, 0x00);
  return uint32_t(_mm_extract_epi32(_mm_xor_si128(lane, quotient), 1));
}

/// Consumes whole 16-byte lanes from the front of `bytes`, which holds at least four. `state` is the inverted checksum.
/// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.
uint32_t FoldLanes(uint32_t state, std::string_view& bytes) {
  const __m128i fold_by_4 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i fold_by_1 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const char* at = bytes.data();
  __m128i lanes[4];
  for (size_t i = 0; i < 4; ++i) lanes[i] = Load(at + i * kLaneBytes);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(int(state)));
  size_t done = kStepBytes;
  for (; bytes.size() - done >= kStepBytes; done += kStepBytes)
    for (size_t i = 0; i < 4; ++i) lanes[i] = Fold(lanes[i], fold_by_4, Load(at + done + i * kLaneBytes));
  for (size_t i = 1; i < 4; ++i) lanes[0] = Fold(lanes[0], fold_by_1, lanes[i]);
  for (; bytes.size() - done >= kLaneBytes; done += kLaneBytes) lanes[0] = Fold(lanes[0], fold_by_1, Load(at + done));
  bytes.remove_prefix(done);
  return Reduce(lanes[0], fold_by_1);
}
#endif

}  // namespace

uint32_t Crc32(uint32_t checksum, std::string_view bytes) {
  uint32_t state = ~checksum;
#ifdef __PCLMUL__
  if (bytes.size() >= kStepBytes) state = FoldLanes(state, bytes);
#endif
  for (const char byte : bytes) state = (state >> 8) ^ kTable[(state ^ uint8_t(byte)) & 0xFF];
  return ~state;
}

}  // namespace ingot

// Replaces the table-driven function of libarrow, which Arrow's Parquet library calls for page checksums: the dynamic
// linker finds the program's definition first.
uint32_t arrow::internal::crc32(uint32_t prev, const void* data, size_t length) {
  return ingot::Crc32(prev, {static_cast<const char*>(data), length});
}
