// What is kept of the rows of each group to compute its aggregates, exact and mergeable: counts, moments, extremes, all
// values for quantiles, all distinct values for distinct counts. pipeline/functions.cc has the aggregates themselves.
#pragma once

#include <arrow/array.h>

#include <memory>
#include <span>
#include <variant>

#include "pipeline/functions.h"

namespace ingot::gold {

/// Of many groups, by their numbers. Meaning of nulls: as in SQL, no value.
class Aggregate {
 public:
  virtual ~Aggregate() = default;

  /// Rows with these values (as pipeline::Evaluate gives them; nothing for count(*)) in these groups, all below
  /// `count`.
  virtual Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) = 0;
  /// Takes over group i of `other`, of the same class, as group[i] here, all below `count`; kNone leaves it out.
  virtual Status Merge(Aggregate& other, std::span<const uint32_t> group, size_t count) = 0;
  /// The value of `call` for each of these groups. Safe for one thread.
  virtual Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression& call,
                                                      std::span<const uint32_t> groups, int threads) = 0;
  /// Makes these groups cheap to add to and to ask again, and small where values repeat.
  virtual void Settle(std::span<const uint32_t>, int /*threads*/) {}
  virtual size_t Bytes() const = 0;
};

/// What an aggregate keeps, and, where several aggregates keep the same, which value of it is its own.
struct OfRows {
  static constexpr int64_t kBytesPerRow = 0;  // kept of each row, about
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

/// How an aggregate is computed: the one place where an aggregate of pipeline/functions.cc gets its meaning in gold.
Computation ComputationOf(pipeline::AggregateKind kind);

/// The aggregate that answers the call, e.g. avg(x). Calls whose Computation has the same alternative and whose
/// argument is the same may share one. Errors: kUnsupported for values of a type that has no order.
Result<std::unique_ptr<Aggregate>> MakeAggregate(const pipeline::Expression& call,
                                                 const std::shared_ptr<arrow::DataType>& argument);

}  // namespace ingot::gold
