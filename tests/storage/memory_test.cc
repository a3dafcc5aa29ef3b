#include "tests/storage/conformance.h"

namespace ingot::storage {
namespace {

// Goal:   files in memory behave as every storage. Method: the common tests.
TEST(MemoryStorage, Conforms) {
  CheckConformance(*MakeMemoryStorage(), "/base");
}

}  // namespace
}  // namespace ingot::storage
