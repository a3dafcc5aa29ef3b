#include "rows/arrow_project.h"

#include "tests/nested_rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   types are promoted; incompatible ones are errors.
// Method: int to long, text to double.
TEST(ArrowProject, PromotesTypes) {
  const auto ints = *RepeatValue(int32_t(7), {.id = iceberg::TypeId::kInt}, 2);
  const auto wide = *ProjectArray(ints, *arrow::field("x", arrow::int32()),
                                  {.id = 1, .name = "x", .type = {.id = iceberg::TypeId::kLong}});
  EXPECT_EQ(wide->type_id(), arrow::Type::INT64);
  const auto text = *RepeatValue(std::string("7"), {.id = iceberg::TypeId::kString}, 2);
  EXPECT_EQ(ProjectArray(text, *arrow::field("x", arrow::utf8()),
                         {.id = 1, .name = "x", .type = {.id = iceberg::TypeId::kDouble}})
                .error()
                .kind,
            ErrorKind::kCorrupt);
}

// Goal:   a missing column has the partition's constant, else the default, else null; a missing required one is an
//         error.
TEST(ArrowProject, MissingColumns) {
  iceberg::Field field{.id = 1, .name = "x", .type = {.id = iceberg::TypeId::kInt}, .initial_default = "5"};
  const iceberg::Value nine = int32_t(9), null;
  EXPECT_EQ(CellValue(**MissingColumn(field, &nine, 1), 0, field.type), nine);
  EXPECT_EQ(CellValue(**MissingColumn(field, &null, 1), 0, field.type), null);
  EXPECT_EQ(CellValue(**MissingColumn(field, nullptr, 1), 0, field.type), iceberg::Value(int32_t(5)));
  field.initial_default.clear();
  EXPECT_EQ((*MissingColumn(field, nullptr, 4))->null_count(), 4);
  field.required = true;
  EXPECT_EQ(MissingColumn(field, nullptr, 1).error().kind, ErrorKind::kCorrupt);
}

// Goal:   members of structs are matched by id, or by name without ids; a missing one has the partition's value.
// Method: members in another order, one of them missing, in a slice.
TEST(ArrowProject, MembersOfStructs) {
  const iceberg::Field to{.id = 1,
                          .name = "s",
                          .type = {.id = iceberg::TypeId::kStruct,
                                   .fields = {{.id = 2, .name = "a", .type = {.id = iceberg::TypeId::kLong}},
                                              {.id = 3, .name = "b", .type = {.id = iceberg::TypeId::kString}},
                                              {.id = 4, .name = "c", .type = {.id = iceberg::TypeId::kInt}}}}};
  const auto with_id = [](const std::string& name, const std::shared_ptr<arrow::DataType>& type, iceberg::FieldId id) {
    return arrow::field(name, type, true, arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
  };
  const auto type = arrow::struct_({with_id("a", arrow::utf8(), 3), with_id("b", arrow::int32(), 2)});
  const auto stored = ArrayOf(type, R"([["x",1],null,["y",2],["z",3]])")->Slice(1, 2);
  EXPECT_EQ(ValuesOf(**ProjectArray(stored, *arrow::field("s", type), to)),
            (std::vector<std::string>{"null", "{2,y,null}"}));
  const PartitionConstants constants{{4, iceberg::Value(int32_t(9))}};
  EXPECT_EQ(ValuesOf(**ProjectArray(stored, *arrow::field("s", type), to, {.constants = &constants})),
            (std::vector<std::string>{"null", "{2,y,9}"}));
  const auto named = arrow::struct_({arrow::field("c", arrow::int64()), arrow::field("b", arrow::utf8())});
  EXPECT_EQ(ValuesOf(**ProjectArray(ArrayOf(named, R"([[5,"x"]])"), *arrow::field("s", named), to, {.by_name = true})),
            (std::vector<std::string>{"{null,x,5}"}));
}

}  // namespace
}  // namespace ingot::rows
