#include "iceberg/parquet_file.h"

#include <parquet/arrow/reader.h>
#include <parquet/metadata.h>

#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   files carry field ids and the UUID type, and unknown codecs are refused. Method: the footer of one file.
TEST(ParquetFile, IdsTypesAndCodecs) {
  const auto storage = storage::MakeMemoryStorage();
  Schema schema;
  schema.fields = {{.id = 7, .name = "user", .type = {.id = TypeId::kUuid}}};
  auto metadata = *MakeTableMetadata({.schema = schema, .location = "x"});
  auto writer = *ParquetFileWriter::Open(*storage, "/f.parquet", schema, metadata);
  ASSERT_TRUE(writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(schema), 3,
                                                      {*RepeatValue(std::string(16, 'x'), {.id = TypeId::kUuid}, 3)})));
  const DataFile file = *writer->Close();
  EXPECT_EQ(file.record_count, 3);
  EXPECT_EQ(file.lower_bounds.at(7), std::string(16, 'x'));
  const auto footer = parquet::ReadMetaData(*storage->OpenInput("/f.parquet"));
  EXPECT_EQ(footer->schema()->Column(0)->schema_node()->field_id(), 7);
  EXPECT_TRUE(footer->schema()->Column(0)->logical_type()->is_UUID());
  EXPECT_EQ(footer->RowGroup(0)->ColumnChunk(0)->compression(), parquet::Compression::ZSTD);
  metadata.properties["write.parquet.compression-codec"] = "zip";
  EXPECT_EQ(ParquetFileWriter::Open(*storage, "/g.parquet", schema, metadata).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::iceberg
