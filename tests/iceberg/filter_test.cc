#include "iceberg/filter.h"

#include <limits>

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

DataFile File(int64_t low, int64_t high) {
  const Type type{.id = TypeId::kLong};
  return {.record_count = 10,
          .value_counts = {{1, 10}},
          .null_counts = {{1, 0}},
          .lower_bounds = {{1, SerializeValue(low, type)}},
          .upper_bounds = {{1, SerializeValue(high, type)}}};
}

// Goal:   a file is pruned only if no row matches, and taken as a whole only if every row matches.
// Method: each comparison on a file with ids 10 to 20, checked against all ids in it.
TEST(Filter, AgreesWithEveryRow) {
  const DataFile file = File(10, 20);
  const PartitionSpec spec;
  for (const FilterOp op : {FilterOp::kEqual, FilterOp::kNotEqual, FilterOp::kLess, FilterOp::kLessOrEqual,
                            FilterOp::kGreater, FilterOp::kGreaterOrEqual})
    for (int64_t value = 8; value <= 22; ++value) {
      const auto bound = *BoundFilter::Bind(Compare("id", op, value), rows::EventSchema());
      bool any = false, all = true;
      for (int64_t id = 10; id <= 20; ++id) {
        const bool match = op == FilterOp::kEqual         ? id == value
                           : op == FilterOp::kNotEqual    ? id != value
                           : op == FilterOp::kLess        ? id < value
                           : op == FilterOp::kLessOrEqual ? id <= value
                           : op == FilterOp::kGreater     ? id > value
                                                          : id >= value;
        any |= match;
        all &= match;
      }
      if (any)
        EXPECT_TRUE(bound.MayMatchFile(file, spec, rows::EventSchema())) << int(op) << " " << value;
      else
        EXPECT_FALSE(bound.MayMatchFile(file, spec, rows::EventSchema())) << int(op) << " " << value;
      EXPECT_EQ(bound.MustMatchFile(file, spec, rows::EventSchema()), all) << int(op) << " " << value;
    }
}

// Goal:   day partitions prune ranges of times; buckets prune equality only.
// Method: partition values of one file.
TEST(Filter, ProjectsOntoPartitions) {
  const PartitionSpec day{
      .fields = {{.source_id = 2, .field_id = 1000, .name = "d", .transform = *ParseTransform("day")}}};
  const DataFile file{.partition = {int32_t(10)}, .record_count = 1};
  constexpr int64_t kDay = 86'400'000'000;
  const auto may = [&](FilterOp op, int64_t at) {
    return BoundFilter::Bind(Compare("at", op, at), rows::EventSchema())->MayMatchFile(file, day, rows::EventSchema());
  };
  EXPECT_TRUE(may(FilterOp::kLess, 10 * kDay + 1));
  EXPECT_FALSE(may(FilterOp::kLess, 10 * kDay - 1));
  EXPECT_TRUE(may(FilterOp::kGreater, 10 * kDay + 5));
  EXPECT_FALSE(may(FilterOp::kEqual, 11 * kDay));
  const PartitionSpec bucket{
      .fields = {{.source_id = 3, .field_id = 1000, .name = "b", .transform = *ParseTransform("bucket[16]")}}};
  const int32_t number =
      std::get<int32_t>(*ApplyTransform(*ParseTransform("bucket[16]"), std::string("p1"), {.id = TypeId::kString}));
  const DataFile in_bucket{.partition = {number}, .record_count = 1};
  EXPECT_TRUE(BoundFilter::Bind(Compare("place", FilterOp::kEqual, std::string("p1")), rows::EventSchema())
                  ->MayMatchFile(in_bucket, bucket, rows::EventSchema()));
  EXPECT_FALSE(BoundFilter::Bind(Compare("place", FilterOp::kEqual, std::string("p2")), rows::EventSchema())
                   ->MayMatchFile(in_bucket, bucket, rows::EventSchema()));
  EXPECT_TRUE(BoundFilter::Bind(Compare("place", FilterOp::kLess, std::string("a")), rows::EventSchema())
                  ->MayMatchFile(in_bucket, bucket, rows::EventSchema()));
  EXPECT_FALSE(BoundFilter::Bind(Compare("nothing", FilterOp::kEqual, int64_t(1)), rows::EventSchema()));
}

// Goal:   invalid bounds (in another order, or NaN) neither prune nor prove anything.
// Method: such bounds of each type, of files and of manifests, compared with valid ones.
TEST(Filter, InvalidBounds) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto uuid = [](uint8_t first, uint8_t ninth, uint8_t last) {
    std::string bytes(16, '\x11');
    bytes[0] = char(first), bytes[8] = char(ninth), bytes[15] = char(last);
    return Value(bytes);
  };
  struct Case {
    const char* what;
    Type type;
    Value lower, upper, held, other;
    bool prunes;
  };
  const std::vector<Case> cases{
      {"long", {.id = TypeId::kLong}, int64_t(1), int64_t(5), int64_t(3), int64_t(7), true},
      {"long, the other way round", {.id = TypeId::kLong}, int64_t(5), int64_t(1), int64_t(3), int64_t(7), false},
      {"uuid, signed halves",
       {.id = TypeId::kUuid},
       uuid(0x90, 0x80, 1),
       uuid(0x20, 0x80, 1),
       uuid(0x10, 0x80, 1),
       uuid(0x50, 0x80, 1),
       false},
      {"uuid, signed second half",
       {.id = TypeId::kUuid},
       uuid(0x10, 0x90, 1),
       uuid(0x20, 0x10, 1),
       uuid(0x10, 0x10, 1),
       uuid(0x30, 0, 0),
       true},
      {"uuid, signed second half of the last",
       {.id = TypeId::kUuid},
       uuid(0x10, 0x90, 1),
       uuid(0x20, 0x10, 1),
       uuid(0x20, 0x90, 1),
       uuid(0x0F, 0xFF, 0),
       true},
      {"binary, signed",
       {.id = TypeId::kBinary},
       std::string("\x90"),
       std::string("a"),
       std::string("0"),
       std::string("\xA0"),
       false},
      {"fixed, signed",
       {.id = TypeId::kFixed, .length = 1},
       std::string("\x90"),
       std::string("a"),
       std::string("0"),
       std::string("\xA0"),
       false},
      {"decimal, unsigned",
       {.id = TypeId::kDecimal, .precision = 9, .scale = 2},
       Decimal{3},
       Decimal{-1},
       Decimal{7},
       Decimal{100},
       false},
      {"double, lower NaN", {.id = TypeId::kDouble}, nan, 5.0, 3.0, 7.0, false},
      {"double, upper NaN", {.id = TypeId::kDouble}, 1.0, nan, 3.0, 0.5, false},
      {"double, zeros", {.id = TypeId::kDouble}, 0.0, -0.0, -0.0, 7.0, true},
      {"string",
       {.id = TypeId::kString},
       std::string("a"),
       std::string("c"),
       std::string("b"),
       std::string("d"),
       true}};
  for (const Case& of : cases) {
    const Schema schema{
        .schema_id = 0, .fields = {{.id = 1, .name = "c", .type = of.type}}, .identifier_field_ids = {}};
    const PartitionSpec none, spec{.fields = {{.source_id = 1, .field_id = 1000, .name = "c"}}};
    const std::string lower = SerializeValue(of.lower, of.type), upper = SerializeValue(of.upper, of.type);
    const DataFile file{.record_count = 10,
                        .value_counts = {{1, 10}},
                        .null_counts = {{1, 0}},
                        .nan_counts = {{1, 0}},
                        .lower_bounds = {{1, lower}},
                        .upper_bounds = {{1, upper}}};
    ManifestFile manifest;
    manifest.partitions = {{.contains_null = false, .contains_nan = false, .lower = lower, .upper = upper}};
    const auto may = [&](const Filter& filter) {
      const auto bound = *BoundFilter::Bind(filter, schema);
      const bool in_file = bound.MayMatchFile(file, none, schema);
      EXPECT_EQ(bound.MayMatchManifest(manifest, spec, {of.type}), in_file) << of.what;
      return in_file;
    };
    EXPECT_TRUE(may(Compare("c", FilterOp::kEqual, of.held))) << of.what;
    EXPECT_TRUE(may(In("c", {of.held, of.other}))) << of.what;
    EXPECT_TRUE(may(Compare("c", FilterOp::kLessOrEqual, of.held))) << of.what;
    EXPECT_TRUE(may(Compare("c", FilterOp::kGreaterOrEqual, of.held))) << of.what;
    EXPECT_EQ(may(Compare("c", FilterOp::kEqual, of.other)), !of.prunes) << of.what;
    const auto everything = *BoundFilter::Bind(Compare("c", FilterOp::kNotEqual, of.other), schema);
    EXPECT_EQ(everything.MustMatchFile(file, none, schema), of.prunes) << of.what;
  }
}

// Goal:   equal bounds that may be truncated do not prove that all rows have the value.
// Method: a short value and one of 16 characters.
TEST(Filter, TruncatedBoundsProveNothing) {
  for (const size_t length : {3, 16, 20}) {
    const std::string text(length, 'x');
    const DataFile file{.record_count = 2,
                        .value_counts = {{3, 2}},
                        .null_counts = {{3, 0}},
                        .lower_bounds = {{3, text}},
                        .upper_bounds = {{3, text}}};
    const auto bound = *BoundFilter::Bind(Compare("place", FilterOp::kEqual, text), rows::EventSchema());
    EXPECT_EQ(bound.MustMatchFile(file, {}, rows::EventSchema()), length < 16);
  }
}

}  // namespace
}  // namespace ingot::iceberg
