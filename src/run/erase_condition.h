// The condition of `ingot erase`: comparisons of fields with literals, joined by AND and OR. It is evaluated on
// columns, and by a search for the literals on unparsed bytes.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "iceberg/filter.h"
#include "maintain/value_search.h"
#include "pipeline/expression.h"
#include "silver/positions.h"

namespace ingot::run {

/// Why a row is erased, as EraseSearch::rows returns it.
enum EraseReason : uint8_t { kStays, kByCondition, kByBytes, kByRecord };

class EraseCondition {
 public:
  /// Input:  `fields`: the types of the fields of bronze and silver.
  /// Errors: kBadConfig, without any literal of the text, for a condition that cannot be searched for in bytes.
  static Result<EraseCondition> Parse(const std::string& text, const pipeline::ColumnTypes& fields);

  /// The reason of each row. Unparsed bytes (_extra, _key, _headers, _error, and _payload of records
  /// that did not fit) count as if each field could be in them. `records`: rows of these records go too; may be
  /// nullptr. Missing columns match nothing.
  Result<std::vector<uint8_t>> ReasonsOf(const arrow::RecordBatch& rows, const silver::SourcePositions* records) const;

  /// The same for tables without fields: whether a text column holds the value.
  Result<std::vector<uint8_t>> RowsWithText(const arrow::RecordBatch& rows) const;

  /// The name of a text column that holds a literal as its whole value; empty if there is none.
  std::string ColumnWithLiteral(const arrow::RecordBatch& rows) const;

  /// Whether bytes of metadata hold a literal. False with AND, since one literal alone identifies no row, and for
  /// numbers.
  bool InMetadata(std::string_view bytes) const;
  /// Whether a text in a table without fields may hold a literal. Samples of rows count for every condition.
  bool InOps(std::string_view column, std::string_view text) const;
  bool SearchesMetadata() const { return !has_and_ && !only_numbers_; }

  /// The text with "(literal)" instead of each literal.
  std::string WithoutLiterals(std::string text) const;

  /// The columns that it reads from a table with these columns: fields, bytes, and the source position.
  std::vector<std::string> ColumnsIn(const iceberg::Schema& schema) const;
  /// Matches every row whose columns match. No filter if the table lacks a field.
  iceberg::Filter FilterFor(const iceberg::Schema& schema) const;
  const std::set<std::string>& fields() const { return fields_; }

 private:
  struct Node {
    enum class Kind { kComparison, kAnd, kOr } kind = Kind::kComparison;
    pipeline::Expression comparison;
    std::string field;
    std::vector<maintain::ValueSearch> values;
    std::vector<Node> children;
  };

  static Result<Node> NodeOf(const pipeline::Expression& expression, const pipeline::ColumnTypes& fields,
                             EraseCondition& condition);
  Result<std::vector<bool>> Matches(const Node& node, const arrow::RecordBatch& rows,
                                    const std::vector<std::vector<std::string_view>>* bytes) const;

  Node root_;
  pipeline::Expression expression_;
  std::set<std::string> fields_;
  std::vector<maintain::ValueSearch> values_;
  bool has_and_ = false, only_numbers_ = true;
};

}  // namespace ingot::run
