#include "iceberg/scan.h"
#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   files written before a change of the schema read as the schema of now. Method: rename, drop, add, widen.
TEST(FileReader, ColumnsAreFoundByFieldId) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10);
  TableMetadata metadata = *table.metadata;
  Schema schema = metadata.CurrentSchema();
  schema.fields[2].name = "city";
  schema.fields.erase(schema.fields.begin() + 1);
  schema.fields.push_back({.id = 5, .name = "place", .type = {.id = TypeId::kInt}});
  schema.fields.push_back({.id = 6, .name = "unit", .type = {.id = TypeId::kString}, .initial_default = "\"Mbit/s\""});
  SetCurrentSchema(metadata, schema);
  const auto rows = *ReadAll(storage, metadata, *PlanScan(*storage, metadata, {}));
  EXPECT_EQ(rows->schema()->field_names(), (std::vector<std::string>{"id", "city", "speed", "place", "unit"}));
  EXPECT_EQ(rows->column(1)->GetScalar(3).ValueOrDie()->ToString(), "p3");
  EXPECT_EQ(rows->column(3)->null_count(), 10);
  EXPECT_EQ(rows->column(4)->GetScalar(0).ValueOrDie()->ToString(), "Mbit/s");
}

// Goal:   a damaged or missing file is an error that names it. Method: cut one, remove one.
TEST(FileReader, BrokenFilesAreNamed) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10);
  const auto plan = *PlanScan(*storage, *table.metadata, {});
  const std::string location = plan.tasks[0].file.location, bytes = *storage->ReadAll(location);
  (void)storage->Delete(location);
  EXPECT_EQ(ReadAll(storage, *table.metadata, plan).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(storage->CreateAtomic(location, bytes.substr(0, bytes.size() / 2)));
  const auto cut = ReadAll(storage, *table.metadata, plan);
  EXPECT_EQ(cut.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(cut.error().message.find(location), std::string::npos);
}

}  // namespace
}  // namespace ingot::iceberg
