#include "run/erase_condition.h"

#include <arrow/api.h>

#include <algorithm>
#include <functional>

#include "base/rows.h"
#include "pipeline/evaluate.h"
#include "pipeline/prune.h"
#include "pipeline/source_position.h"

namespace ingot::run {
namespace {

using iceberg::TypeId;
using maintain::ValueSearch;
using pipeline::Expression;
using Kind = Expression::Kind;

/// Columns with bytes of the record that no field was made of.
constexpr const char* kByteColumns[] = {"_payload", "_extra", "_key", "_headers", "_error"};

Error Refused(const std::string& why) {
  return {ErrorKind::kBadConfig, "--where: " + why +
                                     "; write field = literal or field IN (…), joined by AND and OR (literals are not "
                                     "printed)"};
}

bool IsLiteral(const Expression& expression) {
  return expression.kind == Kind::kText || expression.kind == Kind::kNumber ||
         (expression.kind == Kind::kUnary && expression.text == "-" && expression.arguments[0].kind == Kind::kNumber);
}

Result<ValueSearch> SearchFor(const Expression& literal, const iceberg::Type& type, const std::string& field) {
  const std::string text = literal.kind == Kind::kUnary ? "-" + literal.arguments[0].text : literal.text;
  switch (type.id) {
    case TypeId::kString:
    case TypeId::kUuid:
      if (literal.kind != Kind::kText)
        return std::unexpected(Refused("field " + field + " is text: quote the literal"));
      if (text.empty()) return std::unexpected(Refused("an empty text cannot be searched for"));
      return ValueSearch(text, type.id == TypeId::kUuid ? ValueSearch::Kind::kUuid : ValueSearch::Kind::kText);
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      if (literal.kind == Kind::kText) return std::unexpected(Refused("field " + field + " is a number"));
      return ValueSearch(text, ValueSearch::Kind::kNumber);
    case TypeId::kBoolean:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return std::unexpected(Refused("field " + field + " has the type " + iceberg::TypeName(type) +
                                 ", which cannot be searched for in records that did not fit"));
}

/// Calls `use(row, text)` for the texts and bytes of a column at every level.
void ForEachText(const arrow::Array& column, const std::function<int64_t(int64_t)>& row_of,
                 const std::function<void(int64_t, std::string_view)>& use) {
  const auto each = [&](const auto& texts) {
    for (int64_t i = 0; i < texts.length(); ++i)
      if (texts.IsValid(i)) use(row_of(i), texts.GetView(i));
  };
  switch (column.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return each(static_cast<const arrow::BinaryArray&>(column));
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return each(static_cast<const arrow::LargeBinaryArray&>(column));
    case arrow::Type::STRUCT: {
      const auto& structs = static_cast<const arrow::StructArray&>(column);
      for (int i = 0; i < structs.num_fields(); ++i) ForEachText(*structs.field(i), row_of, use);
      return;
    }
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      const auto& lists = static_cast<const arrow::ListArray&>(column);
      for (int64_t row = 0; row < lists.length(); ++row)
        if (lists.IsValid(row)) ForEachText(*lists.value_slice(row), [&](int64_t) { return row_of(row); }, use);
      return;
    }
    default:
      return;
  }
}

int64_t SameRow(int64_t row) {
  return row;
}

}  // namespace

Result<EraseCondition> EraseCondition::Parse(const std::string& text, const pipeline::ColumnTypes& fields) {
  EraseCondition condition;
  auto parsed = pipeline::ParseExpression(text);
  // The parser's message quotes the text, which holds what is to be erased.
  if (!parsed) return std::unexpected(Refused("the condition cannot be parsed"));
  condition.expression_ = *std::move(parsed);
  std::set<std::string> columns;
  CollectColumns(condition.expression_, columns);
  for (const std::string& column : columns)
    if (!fields.contains(column)) return std::unexpected(Refused("no field of bronze or silver is named " + column));
  INGOT_ASSIGN(condition.root_, NodeOf(condition.expression_, fields, condition));
  if (!Resolve(condition.expression_, fields))
    return std::unexpected(Refused("a literal is no value of its field's type"));
  return condition;
}

Result<EraseCondition::Node> EraseCondition::NodeOf(const Expression& expression, const pipeline::ColumnTypes& fields,
                                                    EraseCondition& condition) {
  Node node;
  if (expression.kind == Kind::kBinary && (expression.text == "and" || expression.text == "or")) {
    node.kind = expression.text == "and" ? Node::Kind::kAnd : Node::Kind::kOr;
    condition.has_and_ = condition.has_and_ || node.kind == Node::Kind::kAnd;
    for (const Expression& argument : expression.arguments) {
      INGOT_ASSIGN(auto child, NodeOf(argument, fields, condition));
      node.children.push_back(std::move(child));
    }
    return node;
  }
  const bool equals = expression.kind == Kind::kBinary && expression.text == "=";
  const bool in = expression.kind == Kind::kIn && !expression.negated;
  if (!equals && !in) return std::unexpected(Refused("only comparisons with = and IN can be searched for in bytes"));
  std::vector<const Expression*> literals;
  for (const Expression& argument : expression.arguments) {
    if (argument.kind == Kind::kColumn && node.field.empty())
      node.field = argument.text;
    else if (IsLiteral(argument))
      literals.push_back(&argument);
    else
      return std::unexpected(Refused("a field must be compared with a literal"));
  }
  if (node.field.empty() || literals.empty())
    return std::unexpected(Refused("a field must be compared with a literal"));
  for (const Expression* literal : literals) {
    INGOT_ASSIGN(auto value, SearchFor(*literal, fields.at(node.field), node.field));
    condition.only_numbers_ = condition.only_numbers_ && value.IsNumber();
    condition.values_.push_back(value);
    node.values.push_back(std::move(value));
  }
  condition.fields_.insert(node.field);
  node.comparison = expression;
  if (!Resolve(node.comparison, fields)) return std::unexpected(Refused("a literal is no value of its field's type"));
  return node;
}

Result<std::vector<bool>> EraseCondition::Matches(const Node& node, const arrow::RecordBatch& rows,
                                                  const std::vector<std::vector<std::string_view>>* bytes) const {
  const auto count = size_t(rows.num_rows());
  std::vector<bool> matches(count, node.kind == Node::Kind::kAnd);
  if (node.kind != Node::Kind::kComparison) {
    for (const Node& child : node.children) {
      INGOT_ASSIGN(const auto more, Matches(child, rows, bytes));
      for (size_t row = 0; row < count; ++row)
        matches[row] = node.kind == Node::Kind::kAnd ? matches[row] && more[row] : matches[row] || more[row];
    }
    return matches;
  }
  if (rows.GetColumnByName(node.field) != nullptr) {
    INGOT_ASSIGN(matches, pipeline::TrueRows(node.comparison, rows));
  }
  if (bytes == nullptr) return matches;
  for (size_t row = 0; row < count; ++row)
    for (const std::string_view text : (*bytes)[row])
      matches[row] =
          matches[row] || std::ranges::any_of(node.values, [&](const auto& value) { return value.In(text); });
  return matches;
}

Result<std::vector<uint8_t>> EraseCondition::ReasonsOf(const arrow::RecordBatch& rows,
                                                       const silver::SourcePositions* records) const {
  const auto count = size_t(rows.num_rows());
  std::vector<uint8_t> reasons(count, kStays);
  INGOT_ASSIGN(const auto by_condition, Matches(root_, rows, nullptr));
  std::vector<std::vector<std::string_view>> bytes(count);
  const auto error = rows.GetColumnByName("_error");
  const auto has_columns = [&](int64_t row) { return error != nullptr && error->IsNull(row); };
  for (const std::string_view name : kByteColumns)
    if (const auto column = rows.GetColumnByName(std::string(name)))
      ForEachText(*column, SameRow, [&](int64_t row, std::string_view text) {
        // All members of a record that fitted are in columns or in _extra.
        if (name != "_payload" || !has_columns(row)) bytes[size_t(row)].push_back(text);
      });
  INGOT_ASSIGN(const auto with_bytes, Matches(root_, rows, &bytes));
  std::vector<bool> of_record(count);
  if (records != nullptr && rows.GetColumnByName(pipeline::kSource) != nullptr &&
      rows.GetColumnByName("_ingested_at") != nullptr) {
    INGOT_ASSIGN(auto found, records->Find(rows));
    of_record = std::move(found.known);
  }
  for (size_t row = 0; row < count; ++row)
    reasons[row] = by_condition[row] ? kByCondition : with_bytes[row] ? kByBytes : of_record[row] ? kByRecord : kStays;
  return reasons;
}

Result<std::vector<uint8_t>> EraseCondition::RowsWithText(const arrow::RecordBatch& rows) const {
  std::vector<uint8_t> reasons(size_t(rows.num_rows()), kStays);
  for (int i = 0; i < rows.num_columns(); ++i)
    ForEachText(*rows.column(i), SameRow, [&](int64_t row, std::string_view text) {
      if (InOps(rows.column_name(i), text)) reasons[size_t(row)] = kByBytes;
    });
  return reasons;
}

std::string EraseCondition::ColumnWithLiteral(const arrow::RecordBatch& rows) const {
  std::string found;
  for (int i = 0; !has_and_ && found.empty() && i < rows.num_columns(); ++i)
    ForEachText(*rows.column(i), SameRow, [&](int64_t, std::string_view text) {
      if (std::ranges::any_of(values_, [&](const auto& value) { return !value.IsNumber() && value.text() == text; }))
        found = rows.column_name(i);
    });
  return found;
}

bool EraseCondition::InMetadata(std::string_view bytes) const {
  return !has_and_ &&
         std::ranges::any_of(values_, [&](const auto& value) { return !value.IsNumber() && value.In(bytes); });
}

bool EraseCondition::InOps(std::string_view column, std::string_view text) const {
  if (column != "samples") return InMetadata(text);
  return std::ranges::any_of(values_, [&](const auto& value) { return value.In(text); });
}

std::string EraseCondition::WithoutLiterals(std::string text) const {
  constexpr std::string_view kInstead = "(literal)";
  for (const ValueSearch& value : values_)
    for (size_t at = 0; !value.IsNumber() && (at = text.find(value.text(), at)) != std::string::npos;
         at += kInstead.size())
      text.replace(at, value.text().size(), kInstead);
  return text;
}

std::vector<std::string> EraseCondition::ColumnsIn(const iceberg::Schema& schema) const {
  std::vector<std::string> wanted(fields_.begin(), fields_.end());
  wanted.insert(wanted.end(), std::begin(kByteColumns), std::end(kByteColumns));
  wanted.insert(wanted.end(), silver::PositionColumns().begin(), silver::PositionColumns().end());
  std::erase_if(wanted, [&](const std::string& name) {
    return std::ranges::find(schema.fields, name, &iceberg::Field::name) == schema.fields.end();
  });
  return wanted;
}

iceberg::Filter EraseCondition::FilterFor(const iceberg::Schema& schema) const {
  pipeline::ColumnTypes types;
  for (const auto& field : schema.fields) types[field.name] = field.type;
  const bool has_all = std::ranges::all_of(fields_, [&](const std::string& field) { return types.contains(field); });
  return has_all ? pipeline::FilterOf(expression_, types) : iceberg::Filter{};
}

}  // namespace ingot::run
