// Offsets in a snapshot summary: valid ones round-trip.
#include "bronze/offsets.h"
#include "fuzz/check.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto positions = bronze::PositionsFromJson(std::string(fuzz::Text(data, size)));
  if (!positions) return 0;
  const auto again = bronze::PositionsFromJson(bronze::PositionsToJson(*positions));
  FUZZ_EXPECT(again && *again == *positions);
  return 0;
}
