// Data files of each format: any bytes give rows or an error.
#include <arrow/type.h>

#include "fuzz/check.h"
#include "rows/data_file_reader.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto storage = storage::MakeMemoryStorage();
  FUZZ_EXPECT(storage->CreateAtomic("/file", fuzz::Text(data, size)));
  for (const char* format : {"PARQUET", "ORC", "AVRO"}) {
    const auto reader = rows::OpenDataFile(*storage, rows::FileTask{.file = {.location = "/file", .format = format}});
    if (!reader) continue;
    std::vector<rows::FileColumn> columns;
    const auto schema = (*reader)->schema();
    for (int i = 0; i < schema->num_fields(); ++i) columns.push_back({.index = i, .field = schema->field(i)});
    const auto batches = (*reader)->Read(columns);
    if (!batches) continue;
    std::shared_ptr<arrow::RecordBatch> batch;
    while ((*batches)->ReadNext(&batch).ok() && batch != nullptr)
      FUZZ_EXPECT(batch->num_columns() == int(columns.size()));
  }
  return 0;
}
