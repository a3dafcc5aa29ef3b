#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   narrow types widen, foreign ones are refused. Method: int to long, text to double.
TEST(ArrowProject, WidensOrRefuses) {
  const auto ints = *RepeatValue(int32_t(7), {.id = TypeId::kInt}, 2);
  const auto wide =
      *ProjectArray(ints, *arrow::field("x", arrow::int32()), {.id = 1, .name = "x", .type = {.id = TypeId::kLong}});
  EXPECT_EQ(wide->type_id(), arrow::Type::INT64);
  const auto text = *RepeatValue(std::string("7"), {.id = TypeId::kString}, 2);
  EXPECT_EQ(
      ProjectArray(text, *arrow::field("x", arrow::utf8()), {.id = 1, .name = "x", .type = {.id = TypeId::kDouble}})
          .error()
          .kind,
      ErrorKind::kCorrupt);
}

// Goal:   files without ids get them from the name mapping, or by place. Method: both on one schema.
TEST(ArrowProject, NameMapping) {
  const auto file = arrow::schema({arrow::field("b", arrow::int32()), arrow::field("old_a", arrow::int32()),
                                   arrow::field("other", arrow::int32())});
  const auto mapped =
      *AssignFieldIds(*file, R"([{"field-id": 1, "names": ["a", "old_a"]}, {"field-id": 2, "names": ["b"]}])");
  EXPECT_EQ(FieldIdOf(*mapped->field(0)), 2);
  EXPECT_EQ(FieldIdOf(*mapped->field(1)), 1);
  EXPECT_EQ(FieldIdOf(*mapped->field(2)), -1);
  EXPECT_EQ(FieldIdOf(*(*AssignFieldIds(*file, ""))->field(2)), 3);
}

// Goal:   a column that is missing is its partition's constant, else its default, else null; required ones fail.
TEST(ArrowProject, MissingColumns) {
  Field field{.id = 1, .name = "x", .type = {.id = TypeId::kInt}, .initial_default = "5"};
  EXPECT_EQ(CellValue(**MissingColumn(field, int32_t(9), 1), 0, field.type), Value(int32_t(9)));
  EXPECT_EQ(CellValue(**MissingColumn(field, {}, 1), 0, field.type), Value(int32_t(5)));
  field.initial_default.clear();
  EXPECT_EQ((*MissingColumn(field, {}, 4))->null_count(), 4);
  field.required = true;
  EXPECT_EQ(MissingColumn(field, {}, 1).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot::iceberg
