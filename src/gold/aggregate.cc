#include "gold/aggregate.h"

#include <cmath>
#include <limits>

#include "gold/distinct.h"
#include "gold/per_group.h"
#include "gold/quantile.h"

namespace ingot::gold {
namespace {

using pipeline::Expression;

struct Counts {
  int64_t rows = 0, hits = 0;
  void Merge(const Counts& other) { rows += other.rows, hits += other.hits; }
};

/// count(*), count(x), count_if(c), share_if(c).
class Counting : public PerGroup<Counts> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    if (values == nullptr) {
      for (const uint32_t group : groups) ++states_[group].hits;
    } else if (values->type_id() == arrow::Type::BOOL && conditions_) {
      const auto& holds = static_cast<const arrow::BooleanArray&>(*values);
      const bool nulls = holds.null_count() > 0;
      for (size_t row = 0; row < groups.size(); ++row) {
        Counts& state = states_[groups[row]];
        ++state.rows;
        state.hits += holds.Value(int64_t(row)) && !(nulls && holds.IsNull(int64_t(row)));
      }
    } else {
      for (size_t row = 0; row < groups.size(); ++row) states_[groups[row]].hits += values->IsValid(int64_t(row));
    }
    return {};
  }
  explicit Counting(bool conditions) : conditions_(conditions) {}

  Result<std::shared_ptr<arrow::Array>> Value(const Expression& call, std::span<const uint32_t> groups, int) override {
    if (call.text == "share_if")
      return Build<arrow::DoubleBuilder>(groups, [&](uint32_t group) {
        const Counts& state = states_[group];
        return state.rows > 0 ? std::optional(double(state.hits) / double(state.rows)) : std::nullopt;
      });
    return Build<arrow::Int64Builder>(groups, [&](uint32_t group) { return std::optional(states_[group].hits); });
  }

 private:
  const bool conditions_;
};

struct Sums {
  int64_t count = 0;
  double sum = 0, mean = 0, squares = 0;  // squares: of the distances to the mean

  void Add(double value) {
    ++count;
    sum += value;
    const double distance = value - mean;
    mean += distance / double(count);
    squares += distance * (value - mean);
  }
  // Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).
  void Merge(const Sums& other) {
    if (other.count == 0) return;
    const double all = double(count + other.count), distance = other.mean - mean;
    squares += other.squares + distance * distance * double(count) * double(other.count) / all;
    mean += distance * double(other.count) / all;
    sum += other.sum;
    count += other.count;
  }
};

/// avg, sum, stddev of numbers.
class Moments : public PerGroup<Sums> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    ForEachNumber(*values, [&](size_t row, double value) { states_[groups[row]].Add(value); });
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const Expression& call, std::span<const uint32_t> groups, int) override {
    return Build<arrow::DoubleBuilder>(groups, [&](uint32_t group) -> std::optional<double> {
      const Sums& state = states_[group];
      if (state.count < (call.text == "stddev" ? 2 : 1)) return std::nullopt;
      if (call.text == "sum") return state.sum;
      if (call.text == "avg") return state.sum / double(state.count);
      return std::sqrt(state.squares / double(state.count - 1));
    });
  }
};

/// As SQL engines order them: NaN is beyond all numbers.
template <typename T>
bool Less(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) return std::isnan(a) ? false : std::isnan(b) || a < b;
  return a < b;
}

template <typename T>
struct Range {
  bool any = false;
  T low{}, high{};
  void Add(const T& value) {
    if (!any || Less(value, low)) low = value;
    if (!any || Less(high, value)) high = value;
    any = true;
  }
  void Merge(const Range& other) {
    if (other.any) Add(other.low), Add(other.high);
  }
};

/// min and max of whatever has an order; `Read` makes a T of row i of a column, `Build` a column of them.
template <typename T>
class Extremes : public PerGroup<Range<T>> {
 public:
  explicit Extremes(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    this->MakeRoom(count);
    const bool nulls = values->null_count() > 0;
    for (size_t row = 0; row < groups.size(); ++row)
      if (!nulls || values->IsValid(int64_t(row))) this->states_[groups[row]].Add(Read(*values, int64_t(row)));
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const Expression& call, std::span<const uint32_t> groups, int) override {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    INGOT_ARROW_ASSIGN(builder, arrow::MakeBuilder(type_));
    for (const uint32_t group : groups) {
      const Range<T>& state = this->states_[group];
      INGOT_ARROW(state.any ? Append(*builder, call.text == "min" ? state.low : state.high) : builder->AppendNull());
    }
    INGOT_ARROW_ASSIGN(auto array, builder->Finish());
    return array;
  }

 private:
  T Read(const arrow::Array& values, int64_t row) const {
    if constexpr (std::is_same_v<T, std::string>) {
      if (values.type_id() == arrow::Type::FIXED_SIZE_BINARY)
        return std::string(static_cast<const arrow::FixedSizeBinaryArray&>(values).GetView(row));
      return std::string(static_cast<const arrow::BinaryArray&>(values).GetView(row));
    } else {
      if (type_->id() == arrow::Type::DATE32) return T(values.data()->GetValues<int32_t>(1)[row]);
      if (type_->id() == arrow::Type::BOOL) return T(static_cast<const arrow::BooleanArray&>(values).Value(row));
      return values.data()->GetValues<T>(1)[row];
    }
  }

  arrow::Status Append(arrow::ArrayBuilder& builder, const T& value) const {
    if constexpr (std::is_same_v<T, std::string>) {
      if (type_->id() == arrow::Type::FIXED_SIZE_BINARY)
        return static_cast<arrow::FixedSizeBinaryBuilder&>(builder).Append(value);
      return static_cast<arrow::BinaryBuilder&>(builder).Append(value);
    } else if constexpr (std::is_same_v<T, double>) {
      return static_cast<arrow::DoubleBuilder&>(builder).Append(value);
    } else {
      switch (type_->id()) {
        case arrow::Type::DATE32:
          return static_cast<arrow::Date32Builder&>(builder).Append(int32_t(value));
        case arrow::Type::BOOL:
          return static_cast<arrow::BooleanBuilder&>(builder).Append(value != 0);
        case arrow::Type::TIMESTAMP:
          return static_cast<arrow::TimestampBuilder&>(builder).Append(value);
        default:
          return static_cast<arrow::Int64Builder&>(builder).Append(value);
      }
    }
  }

  const std::shared_ptr<arrow::DataType> type_;
};

}  // namespace

std::string FamilyOf(const Expression& call) {
  if (call.distinct) return "distinct";
  if (call.text == "avg" || call.text == "sum" || call.text == "stddev") return "moments";
  if (call.text == "min" || call.text == "max") return "extremes";
  if (call.text == "count_if" || call.text == "share_if") return "condition";
  return call.text;  // count, quantile
}

Result<std::unique_ptr<Aggregate>> MakeAggregate(const Expression& call,
                                                 const std::shared_ptr<arrow::DataType>& argument) {
  const std::string family = FamilyOf(call);
  if (family == "distinct") return MakeDistinct();
  if (family == "quantile") return MakeQuantile();
  if (family == "moments") return std::make_unique<Moments>();
  if (family == "condition") return std::make_unique<Counting>(true);
  if (family == "count") return std::make_unique<Counting>(false);
  switch (argument->id()) {
    case arrow::Type::DOUBLE:
      return std::make_unique<Extremes<double>>(argument);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::BOOL:
      return std::make_unique<Extremes<int64_t>>(argument);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
      return std::make_unique<Extremes<std::string>>(argument);
    default:
      return Fail(ErrorKind::kUnsupported, call.text + " of " + argument->ToString());
  }
}

}  // namespace ingot::gold
