// The state kept per group to compute its aggregates, exact and mergeable: counts, moments, extremes, all values for
// quantiles, and all distinct values for distinct counts. pipeline/aggregate_functions.cc lists them.
#pragma once

#include <arrow/array.h>

#include <memory>
#include <span>
#include <variant>

#include "pipeline/functions.h"

namespace ingot::gold {

/// The state of many groups, by group number. A null is not a value, as in SQL.
class Aggregate {
 public:
  virtual ~Aggregate() = default;

  /// Adds rows with these values to these groups, all below `count`. `values` is the result of pipeline::Evaluate;
  /// nullptr for count(*).
  virtual Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) = 0;
  /// Moves group i of `other`, of the same class, to group[i], all below `count`. kNone skips a group.
  virtual Status Merge(Aggregate& other, std::span<const uint32_t> group, size_t count) = 0;
  /// Returns the value of `call` for each of these groups. For one thread at a time.
  virtual Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression& call,
                                                      std::span<const uint32_t> groups, int threads) = 0;
  /// Makes later updates and queries of these groups cheap, and makes the groups small where values repeat.
  virtual void Settle(std::span<const uint32_t>, int /*threads*/) {}
  virtual size_t Bytes() const = 0;
};

/// The state that an aggregate keeps. Where several aggregates share a state, it also selects the value of this one.
struct OfRows {
  static constexpr int64_t kBytesPerRow = 0;  // approximate state size per row
};
struct OfConditions {
  static constexpr int64_t kBytesPerRow = 0;
  enum class Value { kCount, kShare } value;
};
struct OfMoments {
  static constexpr int64_t kBytesPerRow = 0;
  enum class Value { kMean, kSum, kDeviation } value;
};
struct OfExtremes {
  static constexpr int64_t kBytesPerRow = 0;
  enum class Value { kLow, kHigh } value;
};
struct OfValues {
  static constexpr int64_t kBytesPerRow = 8;
};
struct OfDistinctValues {
  static constexpr int64_t kBytesPerRow = 16;
};
using Computation = std::variant<OfRows, OfConditions, OfMoments, OfExtremes, OfValues, OfDistinctValues>;

/// Returns how an aggregate is computed. Only this function gives the aggregates of
/// pipeline/aggregate_functions.cc their meaning in gold.
Computation ComputationOf(pipeline::AggregateKind kind);

/// Creates the aggregate for a call, e.g. avg(x). Calls may share one if their Computation has the same alternative and
/// their arguments are equal.
/// Errors: kUnsupported for values of an unordered type.
Result<std::unique_ptr<Aggregate>> MakeAggregate(const pipeline::Expression& call,
                                                 const std::shared_ptr<arrow::DataType>& argument);

}  // namespace ingot::gold
