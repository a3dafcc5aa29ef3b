#include "rows/arrow_convert.h"

#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>

#include "rows/arrow_project.h"
#include "tests/nested_rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

using Unit = arrow::TimeUnit;
using ArrayPointer = std::shared_ptr<arrow::Array>;

/// A column of a file and the expected column of the table as JSON, or the expected error.
struct Pair {
  iceberg::Type to;
  std::shared_ptr<arrow::DataType> from;
  std::string stored;
  std::string read;
  bool fails = false;
};

iceberg::Type Primitive(const std::string& name) {
  return *iceberg::ParsePrimitiveType(name);
}

std::vector<Pair> Integers() {
  std::vector<Pair> pairs;
  for (const auto& from : {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64(), arrow::uint8(),
                           arrow::uint16(), arrow::uint32(), arrow::uint64()})
    for (const char* to : {"int", "long"}) pairs.push_back({Primitive(to), from, "[1,null,127]", "[1,null,127]"});
  pairs.push_back({Primitive("long"), arrow::uint32(), "[4294967295]", "[4294967295]"});
  pairs.push_back({Primitive("int"), arrow::uint32(), "[1,2147483648]", "2147483648", true});
  pairs.push_back({Primitive("int"), arrow::int64(), "[-2147483649]", "-2147483649", true});
  pairs.push_back({Primitive("long"), arrow::uint64(), "[1,9223372036854775808]", "9223372036854775808", true});
  pairs.push_back({Primitive("int"), arrow::float64(), "[1]", "double does not fit int", true});
  pairs.push_back({Primitive("boolean"), arrow::boolean(), "[true,null,false]", "[true,null,false]"});
  pairs.push_back({Primitive("boolean"), arrow::int8(), "[1]", "int8 does not fit boolean", true});
  return pairs;
}

std::vector<Pair> Reals() {
  std::vector<Pair> pairs;
  for (const auto& from : {arrow::float16(), arrow::float32(), arrow::float64()})
    pairs.push_back({Primitive("double"), from, "[1.5,null,-0.25]", "[1.5,null,-0.25]"});
  for (const auto& from : {arrow::float16(), arrow::float32()})
    pairs.push_back({Primitive("float"), from, "[1.5,null,-0.25]", "[1.5,null,-0.25]"});
  pairs.push_back({Primitive("float"), arrow::float64(), "[1.5]", "double does not fit float", true});
  for (const auto& from : {arrow::decimal32(7, 2), arrow::decimal64(12, 2), arrow::decimal128(9, 2),
                           arrow::decimal128(30, 2), arrow::decimal256(50, 2)})
    pairs.push_back({Primitive("decimal(9, 2)"), from, R"(["1.50",null,"-99999.99"])", R"(["1.50",null,"-99999.99"])"});
  pairs.push_back({Primitive("decimal(5, 2)"), arrow::decimal128(9, 2), R"(["1000.00"])", "decimal(5, 2)", true});
  pairs.push_back({Primitive("decimal(5, 2)"), arrow::decimal256(50, 2), R"(["1000.00"])", "decimal(5, 2)", true});
  pairs.push_back({Primitive("decimal(9, 2)"), arrow::decimal128(9, 3), R"(["1.234"])", "decimal(9, 2)", true});
  pairs.push_back({Primitive("decimal(9, 2)"), arrow::int64(), "[1]", "int64 does not fit decimal(9, 2)", true});
  return pairs;
}

std::vector<Pair> Times() {
  const std::string day = "86400000";
  std::vector<Pair> pairs = {
      {Primitive("date"), arrow::date32(), "[1,null,-1]", "[1,null,-1]"},
      {Primitive("date"), arrow::date64(), "[" + day + ",null,-" + day + "]", "[1,null,-1]"},
      {Primitive("date"), arrow::date64(), "[1]", "value 1 is not a whole day", true},
      {Primitive("time"), arrow::time32(Unit::SECOND), "[1,null]", "[1000000,null]"},
      {Primitive("time"), arrow::time32(Unit::MILLI), "[1,null]", "[1000,null]"},
      {Primitive("time"), arrow::time64(Unit::MICRO), "[1,null]", "[1,null]"},
      {Primitive("time"), arrow::time64(Unit::NANO), "[1000,null]", "[1,null]"},
      {Primitive("time"), arrow::time64(Unit::NANO), "[1001]", "1001", true},
      {Primitive("timestamp"), arrow::date32(), "[1,null,-1]", "[86400000000,null,-86400000000]"},
      {Primitive("timestamp"), arrow::date32(), "[2147483647]", "timestamp", true},
      {Primitive("timestamptz"), arrow::date32(), "[1]", "does not fit timestamptz", true}};
  for (const char* to : {"timestamp", "timestamptz"})
    for (const char* zone : {"", "UTC", "Europe/Berlin"}) {
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::SECOND, zone), "[7,null,-1]", "[7000000,null,-1000000]"});
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::MILLI, zone), "[7,null,-1]", "[7000,null,-1000]"});
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::MICRO, zone), "[7,null,-1]", "[7,null,-1]"});
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::NANO, zone), "[7000,null,-1000]", "[7,null,-1]"});
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::NANO, zone), "[7001]", "7001", true});
      pairs.push_back(
          {Primitive(to), arrow::timestamp(Unit::SECOND, zone), "[9223372036854]", "[9223372036854000000]"});
      pairs.push_back({Primitive(to), arrow::timestamp(Unit::SECOND, zone), "[9223372036855]", "9223372036855", true});
    }
  for (const char* to : {"timestamp_ns", "timestamptz_ns"}) {
    pairs.push_back({Primitive(to), arrow::timestamp(Unit::NANO), "[7,null]", "[7,null]"});
    pairs.push_back({Primitive(to), arrow::timestamp(Unit::MICRO, "UTC"), "[7,null]", "[7000,null]"});
  }
  return pairs;
}

std::vector<Pair> Bytes() {
  std::vector<Pair> pairs;
  const std::string texts = R"(["a",null,"a text that no view has inline",""])";
  for (const auto& from : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(), arrow::binary(),
                           arrow::large_binary(), arrow::binary_view()})
    for (const char* to : {"string", "binary"}) pairs.push_back({Primitive(to), from, texts, texts});
  for (const auto& from : {arrow::fixed_size_binary(16), arrow::binary(), arrow::large_binary(), arrow::binary_view()})
    for (const char* to : {"uuid", "fixed[16]", "binary"})
      pairs.push_back({Primitive(to), from, R"(["0123456789abcdef",null])", R"(["0123456789abcdef",null])"});
  pairs.push_back({Primitive("uuid"), arrow::binary(), R"(["0123456789abcde"])", "a value of 15 bytes", true});
  pairs.push_back({Primitive("fixed[3]"), arrow::fixed_size_binary(4), R"(["abcd"])", "does not fit fixed[3]", true});
  pairs.push_back({Primitive("string"), arrow::int64(), "[1]", "int64 does not fit string", true});
  for (const char* to : {"boolean", "int", "long", "float", "double", "decimal(9, 2)", "date", "time", "timestamp",
                         "timestamptz", "string", "uuid", "fixed[3]", "binary", "unknown"})
    pairs.push_back({Primitive(to), arrow::null(), "[null,null]", "[null,null]"});
  return pairs;
}

/// The values of `leaf` at each kind of nesting; the first is `leaf` itself.
std::vector<ArrayPointer> Nest(const ArrayPointer& leaf, bool keys) {
  const int64_t rows = leaf->length();
  const auto field = [](const std::string& name, const ArrayPointer& array, iceberg::FieldId id) {
    return arrow::field(name, array->type(), true,
                        arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
  };
  const auto offsets = ArrayOf(arrow::int32(), "[0,0," + std::to_string(rows) + "]")->data()->buffers[1];
  const auto list_of = [&](const ArrayPointer& values) {
    return std::make_shared<arrow::ListArray>(arrow::list(field("element", values, 2)), 2, offsets, values);
  };
  const auto numbers = arrow::MakeArrayFromScalar(arrow::Int32Scalar(7), rows).ValueOrDie();
  const auto record = std::make_shared<arrow::StructArray>(
      arrow::struct_({field("n", numbers, 9), field("v", leaf, 3)}), rows, arrow::ArrayVector{numbers, leaf});
  const auto map_of = [&](const ArrayPointer& key, const ArrayPointer& value) {
    const auto type = std::make_shared<arrow::MapType>(field("key", key, 4), field("value", value, 5));
    return std::make_shared<arrow::MapArray>(type, 2, offsets, key, value);
  };
  std::vector<ArrayPointer> nested = {leaf, record, list_of(leaf), map_of(numbers, leaf), list_of(record)};
  if (keys) nested.push_back(map_of(leaf, numbers));
  return nested;
}

/// The types of these columns.
std::vector<iceberg::Type> Nest(const iceberg::Type& leaf) {
  const auto list_of = [](const iceberg::Type& type) {
    return iceberg::Type{.id = iceberg::TypeId::kList, .fields = {{.id = 2, .name = "element", .type = type}}};
  };
  const auto map_of = [](const iceberg::Type& key, const iceberg::Type& value) {
    return iceberg::Type{
        .id = iceberg::TypeId::kMap,
        .fields = {{.id = 4, .name = "key", .type = key, .required = true}, {.id = 5, .name = "value", .type = value}}};
  };
  const iceberg::Type number{.id = iceberg::TypeId::kInt};
  const iceberg::Type record{.id = iceberg::TypeId::kStruct,
                             .fields = {{.id = 9, .name = "n", .type = number}, {.id = 3, .name = "v", .type = leaf}}};
  return {leaf, record, list_of(leaf), map_of(number, leaf), list_of(record), map_of(leaf, number)};
}

/// Encodings of an array: unchanged, a slice, a dictionary, a dictionary with 8-bit indices, run-end encoded.
std::vector<ArrayPointer> Encodings(const ArrayPointer& array) {
  std::vector<ArrayPointer> encodings = {array,
                                         arrow::Concatenate({array, array}).ValueOrDie()->Slice(array->length())};
  (void)InitializeKernels();
  if (array->type_id() == arrow::Type::NA || arrow::is_binary_view_like(array->type_id())) return encodings;
  if (auto dictionary = arrow::compute::DictionaryEncode(array); dictionary.ok()) {
    encodings.push_back(dictionary->make_array());
    auto narrow = arrow::compute::Cast(*encodings.back(), arrow::dictionary(arrow::int8(), array->type()));
    if (narrow.ok()) encodings.push_back(*narrow);
  }
  if (auto runs = arrow::compute::RunEndEncode(array); runs.ok()) encodings.push_back(runs->make_array());
  return encodings;
}

// Goal:   every Arrow type that can hold the values of an Iceberg type is converted to it. Other types and values are
//         errors that name column and types, at every nesting level and in every encoding.
// Method: a table of pairs, nested in six ways.
TEST(ArrowConvert, EveryPairAtEveryDepth) {
  int tried = 0;
  for (const auto& pairs : {Integers(), Reals(), Times(), Bytes()})
    for (const Pair& pair : pairs)
      for (const ArrayPointer& leaf : Encodings(ArrayOf(pair.from, pair.stored))) {
        const bool keys = pair.stored.find("null") == std::string::npos;
        const auto stored = Nest(leaf, keys);
        const auto types = Nest(pair.to);
        const auto read =
            pair.fails ? std::vector<ArrayPointer>() : Nest(ArrayOf(*ToArrowType(pair.to), pair.read), keys);
        for (size_t depth = 0; depth < stored.size(); ++depth, ++tried) {
          SCOPED_TRACE(stored[depth]->type()->ToString() + " as " + iceberg::TypeName(types[depth]));
          const iceberg::Field to{.id = 1, .name = "col", .type = types[depth]};
          const auto made = ProjectArray(stored[depth], *arrow::field("col", stored[depth]->type()), to);
          EXPECT_EQ(bool(made), !pair.fails) << (made ? "" : made.error().message);
          if (!made && pair.fails) {
            EXPECT_NE(made.error().message.find("column col"), std::string::npos) << made.error().message;
            EXPECT_NE(made.error().message.find(pair.read), std::string::npos) << made.error().message;
          }
          if (!made || pair.fails) continue;
          EXPECT_TRUE((*made)->ValidateFull().ok()) << (*made)->ValidateFull().ToString();
          EXPECT_TRUE((*made)->type()->Equals(**ToArrowType(types[depth]))) << (*made)->type()->ToString();
          EXPECT_EQ(ValuesOf(**made), ValuesOf(*read[depth]));
        }
      }
  EXPECT_GT(tried, 2000);
}

// Goal:   every kind of list is accepted.
// Method: all kinds with nulls and empty lists, whole and sliced.
TEST(ArrowConvert, EveryKindOfList) {
  const iceberg::Field to{.id = 1, .name = "l", .type = Nest(Primitive("long"))[2]};
  const std::string json = "[[1,null],null,[],[3,4],[5,6]]", fixed = "[[1,null],null,[3,4],[5,6]]";
  for (const auto& element : {arrow::int32(), arrow::uint8()})
    for (const auto& [type, text] : std::vector<std::pair<std::shared_ptr<arrow::DataType>, std::string>>{
             {arrow::list(element), json},
             {arrow::large_list(element), json},
             {arrow::list_view(element), json},
             {arrow::large_list_view(element), json},
             {arrow::fixed_size_list(element, 2), fixed}}) {
      const auto wanted = ArrayOf(arrow::list(arrow::int64()), text);
      for (int64_t begin = 0; begin <= wanted->length(); ++begin)
        for (int64_t length = 0; begin + length <= wanted->length(); ++length) {
          const auto stored = ArrayOf(type, text)->Slice(begin, length);
          const auto made = ProjectArray(stored, *arrow::field("l", type), to);
          ASSERT_TRUE(made) << made.error().message;
          EXPECT_EQ(ValuesOf(**made), ValuesOf(*wanted->Slice(begin, length))) << type->ToString();
        }
    }
  const auto struct_array = ArrayOf(arrow::struct_({arrow::field("a", arrow::int32())}), "[[1]]");
  EXPECT_NE(ProjectArray(struct_array, *arrow::field("l", struct_array->type()), to).error().message.find("column l"),
            std::string::npos);
}

// Goal:   extension types are converted by their storage type; null keys of maps are errors.
// Method: UUID, JSON; a null key.
TEST(ArrowConvert, ExtensionsAndKeys) {
  const auto uuid = arrow::ExtensionType::WrapArray(arrow::extension::uuid(),
                                                    ArrayOf(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])"));
  EXPECT_EQ((*ProjectArray(uuid, *arrow::field("u", uuid->type()), {.id = 1, .name = "u", .type = Primitive("uuid")}))
                ->type()
                ->ToString(),
            "fixed_size_binary[16]");
  const auto json = arrow::ExtensionType::WrapArray(arrow::extension::json(arrow::large_utf8()),
                                                    ArrayOf(arrow::large_utf8(), R"(["{}"])"));
  EXPECT_EQ(ValuesOf(**ProjectArray(json, *arrow::field("j", json->type()),
                                    {.id = 1, .name = "j", .type = Primitive("string")})),
            std::vector<std::string>{"{}"});
  const auto nulls =
      ArrayOf(arrow::list(arrow::struct_({arrow::field("k", arrow::utf8()), arrow::field("v", arrow::int32())})),
              R"([[["a",1]],[[null,2]]])");
  const iceberg::Field map{.id = 1, .name = "m", .type = Nest(Primitive("string"))[5]};
  EXPECT_EQ(ValuesOf(**ProjectArray(nulls->Slice(0, 1), *arrow::field("m", nulls->type()), map)),
            std::vector<std::string>{"[{a,1}]"});
  const auto rejected = ProjectArray(nulls, *arrow::field("m", nulls->type()), map).error().message;
  EXPECT_NE(rejected.find("a key is null"), std::string::npos) << rejected;
}

}  // namespace
}  // namespace ingot::rows
