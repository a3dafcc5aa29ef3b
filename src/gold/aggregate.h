// What is kept of the rows of each group to tell its aggregates, exact and mergeable: counts, moments, extremes, all
// values for quantiles, all distinct values for distinct counts.
#pragma once

#include <arrow/array.h>

#include <memory>
#include <span>
#include <string>

#include "pipeline/expression.h"

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

/// The aggregate that answers the call, e.g. avg(x), by what it keeps: calls with the same Family and argument share
/// one. Errors: kUnsupported for values of a type that has no order.
std::string FamilyOf(const pipeline::Expression& call);
Result<std::unique_ptr<Aggregate>> MakeAggregate(const pipeline::Expression& call,
                                                 const std::shared_ptr<arrow::DataType>& argument);

}  // namespace ingot::gold
