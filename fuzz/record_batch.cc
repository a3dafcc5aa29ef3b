// Kafka record batches as a broker may send them.
#include "source/record_batch.h"

#include "fuzz/check.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view wire = fuzz::Text(data, size);
  source::RawBatch batch;
  std::deque<std::string> buffers;
  source::RecordBatchReader reader({.key = true, .headers = true});
  if (!reader.Read(wire, 0, batch, buffers)) return 0;
  FUZZ_EXPECT(batch.records.size() == batch.envelopes.size());
  FUZZ_EXPECT(int64_t(batch.records.size()) <= source::DeclaredRecords(wire));
  size_t sum = 0;
  for (const auto& record : batch.records)
    for (size_t i = 0; i < record.size + source::kPadding; ++i) sum += size_t(batch.Data(record)[i]);
  FUZZ_EXPECT(batch.records.empty() || sum != SIZE_MAX);
  return 0;
}
