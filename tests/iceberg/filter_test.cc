#include "iceberg/filter.h"

#include "tests/iceberg/fixtures.h"

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

// Goal:   a file is pruned only when no row can match, and taken whole only when every row does.
// Method: each comparison against a file of ids 10 to 20, checked against all ids in it.
TEST(Filter, AgreesWithEveryRow) {
  const DataFile file = File(10, 20);
  const PartitionSpec spec;
  for (const FilterOp op : {FilterOp::kEqual, FilterOp::kNotEqual, FilterOp::kLess, FilterOp::kLessOrEqual,
                            FilterOp::kGreater, FilterOp::kGreaterOrEqual})
    for (int64_t value = 8; value <= 22; ++value) {
      const auto bound = *BoundFilter::Bind(Compare("id", op, value), EventSchema());
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
        EXPECT_TRUE(bound.MayMatchFile(file, spec, EventSchema())) << int(op) << " " << value;
      else
        EXPECT_FALSE(bound.MayMatchFile(file, spec, EventSchema())) << int(op) << " " << value;
      EXPECT_EQ(bound.MustMatchFile(file, spec, EventSchema()), all) << int(op) << " " << value;
    }
}

// Goal:   days prune a range of times, buckets equality only. Method: partition values of one file.
TEST(Filter, ProjectsOntoPartitions) {
  const PartitionSpec day{
      .fields = {{.source_id = 2, .field_id = 1000, .name = "d", .transform = *ParseTransform("day")}}};
  const DataFile file{.partition = {int32_t(10)}, .record_count = 1};
  constexpr int64_t kDay = 86'400'000'000;
  const auto may = [&](FilterOp op, int64_t at) {
    return BoundFilter::Bind(Compare("at", op, at), EventSchema())->MayMatchFile(file, day, EventSchema());
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
  EXPECT_TRUE(BoundFilter::Bind(Compare("place", FilterOp::kEqual, std::string("p1")), EventSchema())
                  ->MayMatchFile(in_bucket, bucket, EventSchema()));
  EXPECT_FALSE(BoundFilter::Bind(Compare("place", FilterOp::kEqual, std::string("p2")), EventSchema())
                   ->MayMatchFile(in_bucket, bucket, EventSchema()));
  EXPECT_TRUE(BoundFilter::Bind(Compare("place", FilterOp::kLess, std::string("a")), EventSchema())
                  ->MayMatchFile(in_bucket, bucket, EventSchema()));
  EXPECT_FALSE(BoundFilter::Bind(Compare("nothing", FilterOp::kEqual, int64_t(1)), EventSchema()));
}

}  // namespace
}  // namespace ingot::iceberg
