#include "parquet/footer.h"

#include <arrow/io/memory.h>

#include "tests/rows/fixtures.h"

namespace ingot::parquet_format {
namespace {

Result<std::shared_ptr<arrow::Buffer>> FooterOfBytes(const std::string& bytes) {
  arrow::io::BufferReader file(arrow::Buffer::FromString(bytes));
  return ReadFooterBytes(file);
}

// Goal:   damage to the footer of our files is always detected, for both writers. Method: a file of flat columns and
// one with a list; each byte of the footer and the tail changed, and every prefix.
TEST(ParquetFooter, EveryChangeOfAFooterIsDetected) {
  iceberg::Type list{.id = iceberg::TypeId::kList};
  list.fields = {{.id = 3, .name = "element", .type = {.id = iceberg::TypeId::kLong}}};
  for (const iceberg::Type& second : {iceberg::Type{.id = iceberg::TypeId::kString}, list}) {
    const auto storage = storage::MakeMemoryStorage();
    iceberg::Schema schema;
    schema.fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}},
                     {.id = 2, .name = "b", .type = second}};
    const auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
    auto writer = *rows::ParquetFileWriter::Open(*storage, "/sealed.parquet", schema, metadata);
    const auto ids = *rows::RepeatValue(int64_t(7), {.id = iceberg::TypeId::kLong}, 10);
    const auto others = *rows::RepeatValue({}, second, 10);
    ASSERT_TRUE(writer->Write(*arrow::RecordBatch::Make(*rows::ToArrowSchema(schema), 10, {ids, others})));
    ASSERT_TRUE(writer->Close());
    const std::string good = *storage->ReadAll("/sealed.parquet");
    const auto footer = FooterOfBytes(good);
    ASSERT_TRUE(footer) << footer.error().message;
    EXPECT_EQ(good.substr(good.size() - size_t((*footer)->size()) - 20, 8), "INGOTCRC");
    for (size_t i = good.size() - size_t((*footer)->size()) - 8; i < good.size(); ++i) {
      std::string bent = good;
      bent[i] = char(bent[i] ^ 0x10);
      const auto found = FooterOfBytes(bent);
      // A changed length selects other bytes, which have no checksum in front and are not a footer.
      arrow::io::BufferReader file(arrow::Buffer::FromString(bent));
      EXPECT_FALSE(ReadFooter(file)) << i;
      EXPECT_TRUE(!found || i >= good.size() - 8) << i;
    }
    for (size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(FooterOfBytes(good.substr(0, i))) << i;
  }
}

// Goal:   errors say why a file is not readable Parquet. Method: no bytes, text, an encrypted footer.
TEST(ParquetFooter, OtherFilesAreRejected) {
  EXPECT_EQ(FooterOfBytes("").error().message, "not a Parquet file: it has 0 bytes");
  EXPECT_EQ(FooterOfBytes("this is a file of text").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(FooterOfBytes(std::string("PAR1....\4\0\0\0PARE", 16)).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::parquet_format
