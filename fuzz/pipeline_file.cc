// Pipeline files: each valid one has bronze and silver columns.
#include "fuzz/check.h"
#include "pipeline/pipeline.h"
#include "pipeline/plan.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto pipeline = pipeline::ParsePipeline(std::string(fuzz::Text(data, size)), "fuzz");
  if (!pipeline) {
    FUZZ_EXPECT(!pipeline.error().message.empty());
    return 0;
  }
  FUZZ_EXPECT(!pipeline::BronzeSchema(*pipeline).fields.empty());
  FUZZ_EXPECT(!pipeline::SilverSchema(*pipeline, pipeline->silver[0]).fields.empty());
  return 0;
}
