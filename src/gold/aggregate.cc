#include "gold/aggregate.h"

#include <cmath>
#include <limits>
#include <utility>

#include "gold/distinct.h"
#include "gold/per_group.h"
#include "gold/quantile.h"

namespace ingot::gold {
namespace {

using pipeline::AggregateKind;
using pipeline::Expression;

/// The part of a Computation that selects the value of the call.
template <typename Of>
auto ValueOf(const Expression& call) {
  return std::get<Of>(ComputationOf(AggregateOf(call))).value;
}

struct Count {
  int64_t rows = 0;
  void Merge(const Count& other) { rows += other.rows; }
};

/// Counts all rows, or those with a value.
class Rows : public PerGroup<Count> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    if (values == nullptr)
      for (const uint32_t group : groups) ++states_[group].rows;
    else
      for (size_t row = 0; row < groups.size(); ++row) states_[groups[row]].rows += values->IsValid(int64_t(row));
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const Expression&, std::span<const uint32_t> groups, int) override {
    return Build<arrow::Int64Builder>(groups, [&](uint32_t group) { return std::optional(states_[group].rows); });
  }
};

struct Hits {
  int64_t rows = 0, hits = 0;
  void Merge(const Hits& other) { rows += other.rows, hits += other.hits; }
};

/// Counts all rows, and those in which a condition is true.
class Conditions : public PerGroup<Hits> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    const auto* const holds = values->type_id() == arrow::Type::BOOL ? static_cast<const arrow::BooleanArray*>(values)
                                                                     : nullptr;  // nulls alone have no type
    const bool nulls = values->null_count() > 0;
    for (size_t row = 0; row < groups.size(); ++row) {
      Hits& state = states_[groups[row]];
      ++state.rows;
      if (holds != nullptr) state.hits += holds->Value(int64_t(row)) && !(nulls && holds->IsNull(int64_t(row)));
    }
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const Expression& call, std::span<const uint32_t> groups, int) override {
    switch (ValueOf<OfConditions>(call)) {
      case OfConditions::Value::kCount:
        return Build<arrow::Int64Builder>(groups, [&](uint32_t group) { return std::optional(states_[group].hits); });
      case OfConditions::Value::kShare:
        break;
    }
    return Build<arrow::DoubleBuilder>(groups, [&](uint32_t group) {
      const Hits& state = states_[group];
      return state.rows > 0 ? std::optional(double(state.hits) / double(state.rows)) : std::nullopt;
    });
  }
};

struct Sums {
  int64_t count = 0;
  double sum = 0, mean = 0, squares = 0;  // squares: sum of squared distances to the mean

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

/// Computes avg, sum and stddev of numbers.
class Moments : public PerGroup<Sums> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    ForEachNumber(*values, [&](size_t row, double value) { states_[groups[row]].Add(value); });
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const Expression& call, std::span<const uint32_t> groups, int) override {
    const auto value = ValueOf<OfMoments>(call);
    return Build<arrow::DoubleBuilder>(groups, [&](uint32_t group) -> std::optional<double> {
      const Sums& state = states_[group];
      if (state.count == 0) return std::nullopt;
      switch (value) {
        case OfMoments::Value::kSum:
          return state.sum;
        case OfMoments::Value::kMean:
          return state.sum / double(state.count);
        case OfMoments::Value::kDeviation:
          break;
      }
      return state.count > 1 ? std::optional(std::sqrt(state.squares / double(state.count - 1))) : std::nullopt;
    });
  }
};

/// The order of SQL engines: NaN is greater than all numbers.
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

/// Computes min and max of any ordered type. `Read` makes a T of row i of a column; `Build` makes a column of them.
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
    const auto value = [which = ValueOf<OfExtremes>(call)](const Range<T>& state) -> const T& {
      switch (which) {
        case OfExtremes::Value::kLow:
          return state.low;
        case OfExtremes::Value::kHigh:
          break;
      }
      return state.high;
    };
    std::unique_ptr<arrow::ArrayBuilder> builder;
    INGOT_ARROW_ASSIGN(builder, arrow::MakeBuilder(type_));
    for (const uint32_t group : groups) {
      const Range<T>& state = this->states_[group];
      INGOT_ARROW(state.any ? Append(*builder, value(state)) : builder->AppendNull());
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

Result<std::unique_ptr<Aggregate>> MakeExtremes(const Expression& call, const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::DOUBLE:
      return std::make_unique<Extremes<double>>(type);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::BOOL:
      return std::make_unique<Extremes<int64_t>>(type);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
      return std::make_unique<Extremes<std::string>>(type);
    default:
      return Fail(ErrorKind::kUnsupported, call.text + " of " + type->ToString());
  }
}

}  // namespace

Computation ComputationOf(AggregateKind kind) {
  switch (kind) {
    case AggregateKind::kRows:
    case AggregateKind::kCount:
      return OfRows{};
    case AggregateKind::kCountDistinct:
      return OfDistinctValues{};
    case AggregateKind::kCountIf:
      return OfConditions{OfConditions::Value::kCount};
    case AggregateKind::kShareIf:
      return OfConditions{OfConditions::Value::kShare};
    case AggregateKind::kAvg:
      return OfMoments{OfMoments::Value::kMean};
    case AggregateKind::kSum:
      return OfMoments{OfMoments::Value::kSum};
    case AggregateKind::kStddev:
      return OfMoments{OfMoments::Value::kDeviation};
    case AggregateKind::kMin:
      return OfExtremes{OfExtremes::Value::kLow};
    case AggregateKind::kMax:
      return OfExtremes{OfExtremes::Value::kHigh};
    case AggregateKind::kQuantile:
      return OfValues{};
  }
  std::unreachable();
}

Result<std::unique_ptr<Aggregate>> MakeAggregate(const Expression& call,
                                                 const std::shared_ptr<arrow::DataType>& argument) {
  struct Make {
    const Expression& call;
    const std::shared_ptr<arrow::DataType>& argument;
    using Made = Result<std::unique_ptr<Aggregate>>;
    Made operator()(OfRows) const { return std::make_unique<Rows>(); }
    Made operator()(OfConditions) const { return std::make_unique<Conditions>(); }
    Made operator()(OfMoments) const { return std::make_unique<Moments>(); }
    Made operator()(OfExtremes) const { return MakeExtremes(call, argument); }
    Made operator()(OfValues) const { return MakeQuantile(); }
    Made operator()(OfDistinctValues) const { return MakeDistinct(); }
  };
  return std::visit(Make{call, argument}, ComputationOf(AggregateOf(call)));
}

}  // namespace ingot::gold
