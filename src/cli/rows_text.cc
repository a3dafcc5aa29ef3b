#include "cli/rows_text.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/arrow_result.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "iceberg/value.h"
#include "rows/arrow_schema.h"

namespace ingot::cli {
namespace {

constexpr size_t kTableRowsMax = 10'000;
constexpr size_t kCellWidthMax = 60;

bool IsUuid(const arrow::Field& field) {
  return field.type()->id() == arrow::Type::FIXED_SIZE_BINARY && field.metadata() &&
         field.metadata()->Get("ARROW:extension:name").ValueOr("") == "arrow.uuid";
}

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
}

/// Counts code points, so that columns with accents align.
size_t Width(const std::string& text) {
  return size_t(std::ranges::count_if(text, [](char c) { return (uint8_t(c) & 0xC0) != 0x80; }));
}

std::string Shortened(const std::string& text) {
  if (Width(text) <= kCellWidthMax) return text;
  size_t end = 0;
  for (size_t width = 0; width < kCellWidthMax - 1; ++width) {
    ++end;
    while (end < text.size() && IsUtf8Continuation(text[end])) ++end;
  }
  return text.substr(0, end) + "…";
}

std::string OneLine(std::string text) {
  for (char& c : text)
    if (uint8_t(c) < 0x20) c = ' ';
  return text;
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Status PrintTable(arrow::RecordBatchReader& rows) {
  std::vector<std::vector<std::string>> lines;
  std::vector<size_t> widths;
  std::vector<bool> right;
  lines.emplace_back();
  for (const auto& field : rows.schema()->fields()) {
    lines[0].push_back(field->name());
    widths.push_back(Width(field->name()));
    right.push_back(IsNumber(*field->type()));
  }
  int64_t count = 0;
  while (true) {
    auto batch = rows.Next();
    if (!batch.ok()) return std::unexpected(FromArrow(batch.status()));
    if (*batch == nullptr) break;
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row, ++count) {
      if (lines.size() > kTableRowsMax) continue;
      auto& line = lines.emplace_back();
      for (int column = 0; column < (*batch)->num_columns(); ++column) {
        const auto& array = *(*batch)->column(column);
        line.push_back(array.IsNull(row) ? "NULL"
                                         : Shortened(OneLine(CellText(array, row, *rows.schema()->field(column)))));
        widths[size_t(column)] = std::max(widths[size_t(column)], Width(line.back()));
      }
    }
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string text;
    for (size_t column = 0; column < widths.size(); ++column) {
      const std::string blanks(widths[column] - Width(lines[i][column]), ' ');
      if (column > 0) text += "  ";
      text += right[column] ? blanks + lines[i][column] : lines[i][column] + blanks;
    }
    while (text.ends_with(' ')) text.pop_back();
    fmt::print("{}\n", text);
    if (i > 0) continue;
    std::string rule;
    for (const size_t width : widths) rule += (rule.empty() ? "" : "  ") + std::string(width, '-');
    fmt::print("{}\n", rule);
  }
  if (count > int64_t(kTableRowsMax))
    fmt::print("… {} more rows: use --format csv or json for all\n", count - int64_t(kTableRowsMax));
  fmt::print("({} row{})\n", count, count == 1 ? "" : "s");
  return {};
}

}  // namespace

std::string CellText(const arrow::Array& array, int64_t row, const arrow::Field& field) {
  using Arrow = arrow::Type;
  if (array.IsNull(row)) return "";
  switch (array.type_id()) {
    case Arrow::DOUBLE:
      return fmt::format("{}", static_cast<const arrow::DoubleArray&>(array).Value(row));
    case Arrow::FLOAT:
      return fmt::format("{}", static_cast<const arrow::FloatArray&>(array).Value(row));
    case Arrow::STRING:
      return static_cast<const arrow::StringArray&>(array).GetString(row);
    case Arrow::BINARY:
      return ReplaceInvalidUtf8(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case Arrow::DATE32:
      return iceberg::ValueText(static_cast<const arrow::Date32Array&>(array).Value(row),
                                {.id = iceberg::TypeId::kDate});
    case Arrow::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      const bool nanos = type.unit() == arrow::TimeUnit::NANO;
      if (!nanos && type.unit() != arrow::TimeUnit::MICRO) break;
      const int64_t value = static_cast<const arrow::TimestampArray&>(array).Value(row);
      const bool utc = !type.timezone().empty();
      std::string text =
          iceberg::ValueText(value, {.id = nanos ? iceberg::TypeId::kTimestampNs : iceberg::TypeId::kTimestamp});
      return utc ? text + "Z" : text;
    }
    case Arrow::TIME64:
      return iceberg::ValueText(static_cast<const arrow::Time64Array&>(array).Value(row),
                                {.id = iceberg::TypeId::kTime});
    case Arrow::FIXED_SIZE_BINARY: {
      const auto bytes = std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
      return iceberg::ValueText(bytes, {.id = IsUuid(field) ? iceberg::TypeId::kUuid : iceberg::TypeId::kFixed});
    }
    case Arrow::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      const int64_t begin = list.value_offset(row), end = list.value_offset(row + 1);
      std::string text;
      for (int64_t i = begin; i < end; ++i)
        text += (i > begin ? ", " : "") +
                (list.values()->IsNull(i) ? "NULL" : CellText(*list.values(), i, *list.type()->field(0)));
      return "[" + text + "]";
    }
    case Arrow::FIXED_SIZE_LIST:
    case Arrow::STRUCT:
    case Arrow::MAP:
      return CellJson(array, row, field);
    default:
      break;
  }
  const auto scalar = array.GetScalar(row);
  return scalar.ok() ? (*scalar)->ToString() : "?";
}

std::string CellJson(const arrow::Array& array, int64_t row, const arrow::Field& field) {
  if (array.IsNull(row)) return "null";
  const auto& type = *array.type();
  const auto each = [&](const auto& list) {
    std::string text;
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
      text += (text.empty() ? "" : ",") + CellJson(*list.values(), i, *type.field(0));
    return "[" + text + "]";
  };
  if (type.id() == arrow::Type::LIST) return each(static_cast<const arrow::ListArray&>(array));
  if (type.id() == arrow::Type::FIXED_SIZE_LIST) return each(static_cast<const arrow::FixedSizeListArray&>(array));
  if (type.id() == arrow::Type::STRUCT) {
    const auto& record = static_cast<const arrow::StructArray&>(array);
    std::string text;
    for (int i = 0; i < type.num_fields(); ++i)
      text +=
          (i > 0 ? "," : "") + JsonQuote(type.field(i)->name()) + ":" + CellJson(*record.field(i), row, *type.field(i));
    return "{" + text + "}";
  }
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapArray&>(array);
    const auto& map_type = static_cast<const arrow::MapType&>(type);
    const bool text_keys =
        map_type.key_type()->id() == arrow::Type::STRING;  // others become pairs: JSON names are text
    std::string text;
    for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
      const std::string key = CellJson(*map.keys(), i, *map_type.key_field());
      const std::string value = CellJson(*map.items(), i, *map_type.item_field());
      text += (text.empty() ? "" : ",") + (text_keys ? key + ":" + value : "[" + key + "," + value + "]");
    }
    return text_keys ? "{" + text + "}" : "[" + text + "]";
  }
  const std::string text = CellText(array, row, field);
  const bool finite = text.find_first_not_of("0123456789+-.e") == std::string::npos;
  return (IsNumber(type) && finite) || type.id() == arrow::Type::BOOL ? text : JsonQuote(text);
}

Status PrintRows(arrow::RecordBatchReader& rows, const std::string& format) {
  if (format == "table") return PrintTable(rows);
  const auto& fields = rows.schema()->fields();
  if (format == "csv") {
    for (size_t i = 0; i < fields.size(); ++i) fmt::print("{}{}", i > 0 ? "," : "", CsvCell(fields[i]->name()));
    fmt::print("\n");
  }
  while (true) {
    auto batch = rows.Next();
    if (!batch.ok()) return std::unexpected(FromArrow(batch.status()));
    if (*batch == nullptr) return {};
    std::string out;
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (format == "json") out += '{';
      for (size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) out += ',';
        const auto& array = *(*batch)->column(int(i));
        out += format == "csv" ? CsvCell(CellText(array, row, *fields[i]))
                               : JsonQuote(fields[i]->name()) + ":" + CellJson(array, row, *fields[i]);
      }
      out += format == "json" ? "}\n" : "\n";
    }
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) return {};  // the reader closed the output
  }
}

}  // namespace ingot::cli
