#include "tests/storage/conformance.h"

namespace ingot::storage {
namespace {

TEST(MemoryStorage, Conforms) {
  CheckConformance(*MakeMemoryStorage(), "/base");
}

}  // namespace
}  // namespace ingot::storage
