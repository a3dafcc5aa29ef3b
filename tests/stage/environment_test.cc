#include "stage/environment.h"

#include <gtest/gtest.h>

#include "tests/rows/fixtures.h"

namespace ingot::stage {
namespace {

// Goal:   a table is found with and without the name of its catalog.
// Method: both names, and a text that is not a table name.
TEST(Environment, HomeOfATable) {
  Environment environment;
  environment.catalog = std::make_shared<rows::MemoryCatalog>();
  environment.storage = storage::MakeMemoryStorage();
  EXPECT_EQ(environment.Home("s.t")->name.Text(), "s.t");
  EXPECT_EQ(environment.Home(environment.catalog->Name() + ".s.t")->name.Text(), "s.t");
  EXPECT_EQ(environment.Home("s.t")->storage, environment.storage);
  EXPECT_EQ(environment.Home("t").error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::stage
