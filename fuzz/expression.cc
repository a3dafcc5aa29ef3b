// Expressions: each valid one can be written as SQL.
#include "pipeline/expression.h"

#include "fuzz/check.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto expression = pipeline::ParseExpression(fuzz::Text(data, size));
  if (expression) FUZZ_EXPECT(!pipeline::ToSql(*expression, pipeline::Dialect::kEmbedded).empty());
  return 0;
}
