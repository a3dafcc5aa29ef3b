// JSON records: each becomes exactly one row.
#include <arrow/record_batch.h>

#include "bronze/record_parser.h"
#include "fuzz/check.h"
#include "source/record_split.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto pipeline = *pipeline::LoadPipeline(INGOT_SOURCE_DIR "/pipelines/speedtest.yaml");
  static const auto parser = *bronze::RecordParser::Make(pipeline);
  source::RawBatch batch;
  batch.from = {"fuzz", 0};
  batch.bytes = fuzz::Text(data, size);
  source::SplitLines(batch.bytes, source::Rest::kNone, batch.records);
  batch.end = int64_t(size);
  batch.bytes.append(source::kPadding, '\0');
  const auto parsed = parser->Parse(batch, 0);
  FUZZ_EXPECT(parsed);
  FUZZ_EXPECT(parsed->rows->num_rows() == int64_t(batch.records.size()));
  FUZZ_EXPECT(parsed->rows->ValidateFull().ok());
  return 0;
}
