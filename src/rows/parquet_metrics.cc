#include "rows/parquet_metrics.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>
#include <parquet/types.h>
#include <simdjson.h>

#include <algorithm>

#include "base/utf8.h"

namespace ingot::rows {
namespace {

constexpr size_t kBoundLength = 16;

/// Minimum and maximum of one column chunk, in the table's type.
struct Range {
  iceberg::Value lower, upper;
};

template <typename Statistics>
auto RangeOf(const parquet::Statistics& statistics) {
  const auto& typed = static_cast<const Statistics&>(statistics);
  return std::pair(typed.min(), typed.max());
}

std::string BytesOf(const parquet::ByteArray& bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
}

std::optional<Range> ReadRange(const parquet::Statistics& statistics, const parquet::ColumnDescriptor& column,
                               const iceberg::Type& type) {
  if (!statistics.HasMinMax()) return std::nullopt;
  switch (statistics.physical_type()) {
    case parquet::Type::BOOLEAN: {
      const auto [min, max] = RangeOf<parquet::BoolStatistics>(statistics);
      return Range{bool(min), bool(max)};
    }
    case parquet::Type::INT32: {
      const auto [min, max] = RangeOf<parquet::Int32Statistics>(statistics);
      if (type.id == iceberg::TypeId::kDecimal) return Range{iceberg::Decimal{min}, iceberg::Decimal{max}};
      return Range{int32_t(min), int32_t(max)};
    }
    case parquet::Type::INT64: {
      const auto [min, max] = RangeOf<parquet::Int64Statistics>(statistics);
      if (type.id == iceberg::TypeId::kDecimal) return Range{iceberg::Decimal{min}, iceberg::Decimal{max}};
      return Range{int64_t(min), int64_t(max)};
    }
    case parquet::Type::FLOAT: {
      const auto [min, max] = RangeOf<parquet::FloatStatistics>(statistics);
      return Range{float(min), float(max)};
    }
    case parquet::Type::DOUBLE: {
      const auto [min, max] = RangeOf<parquet::DoubleStatistics>(statistics);
      return Range{double(min), double(max)};
    }
    case parquet::Type::BYTE_ARRAY: {
      const auto [min, max] = RangeOf<parquet::ByteArrayStatistics>(statistics);
      return Range{BytesOf(min), BytesOf(max)};
    }
    case parquet::Type::FIXED_LEN_BYTE_ARRAY: {
      const auto [min, max] = RangeOf<parquet::FLBAStatistics>(statistics);
      const std::string low(reinterpret_cast<const char*>(min.ptr), size_t(column.type_length())),
          high(reinterpret_cast<const char*>(max.ptr), size_t(column.type_length()));
      if (type.id == iceberg::TypeId::kDecimal)
        return Range{iceberg::Decimal{iceberg::DecimalFromBytes(low)},
                     iceberg::Decimal{iceberg::DecimalFromBytes(high)}};
      return Range{low, high};
    }
    default:
      return std::nullopt;
  }
}

std::string TruncateLower(const std::string& text, bool is_text) {
  if (!is_text) return text.substr(0, kBoundLength);
  size_t end = 0;
  for (size_t count = 0; end < text.size() && count < kBoundLength; ++count) {
    ++end;
    while (end < text.size() && IsUtf8Continuation(text[end])) ++end;
  }
  return text.substr(0, end);
}

void StoreBounds(const iceberg::Type& type, iceberg::FieldId id, const Range& range, iceberg::DataFile& file) {
  if (type.id == iceberg::TypeId::kString || type.id == iceberg::TypeId::kBinary) {
    const bool is_text = type.id == iceberg::TypeId::kString;
    const std::string &low = std::get<std::string>(range.lower), &high = std::get<std::string>(range.upper);
    // Some writers store text that is not UTF-8. Truncated by characters it is no valid bound, and readers cannot
    // decode it.
    if (is_text && !(simdjson::validate_utf8(low) && simdjson::validate_utf8(high))) return;
    file.lower_bounds[id] = TruncateLower(low, is_text);
    if (const auto upper = is_text ? TruncateUpperText(high, kBoundLength) : TruncateUpperBytes(high, kBoundLength))
      file.upper_bounds[id] = *upper;
    return;
  }
  file.lower_bounds[id] = iceberg::SerializeValue(range.lower, type);
  file.upper_bounds[id] = iceberg::SerializeValue(range.upper, type);
}

void EncodeCodePoint(uint32_t c, std::string& out) {
  if (c < 0x80)
    out += char(c);
  else if (c < 0x800)
    out += char(0xC0 | (c >> 6)), out += char(0x80 | (c & 0x3F));
  else if (c < 0x10000)
    out += char(0xE0 | (c >> 12)), out += char(0x80 | ((c >> 6) & 0x3F)), out += char(0x80 | (c & 0x3F));
  else
    out += char(0xF0 | (c >> 18)), out += char(0x80 | ((c >> 12) & 0x3F)), out += char(0x80 | ((c >> 6) & 0x3F)),
        out += char(0x80 | (c & 0x3F));
}

std::vector<uint32_t> CodePoints(const std::string& text) {
  std::vector<uint32_t> points;
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = uint8_t(text[i]);
    const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = bytes == 1 ? lead : lead & (0xFF >> (bytes + 1));
    for (size_t j = 1; j < bytes && i + j < text.size(); ++j) point = (point << 6) | (uint8_t(text[i + j]) & 0x3F);
    points.push_back(point);
    i += bytes;
  }
  return points;
}

}  // namespace

std::optional<std::string> TruncateUpperText(const std::string& text, size_t count) {
  std::vector<uint32_t> points = CodePoints(text);
  if (points.size() <= count) return text;
  points.resize(count);
  while (!points.empty()) {
    uint32_t next = points.back() + 1;
    if (next >= 0xD800 && next <= 0xDFFF) next = 0xE000;
    if (next <= 0x10FFFF) {
      points.back() = next;
      std::string out;
      for (const uint32_t point : points) EncodeCodePoint(point, out);
      return out;
    }
    points.pop_back();
  }
  return std::nullopt;
}

std::optional<std::string> TruncateUpperBytes(const std::string& bytes, size_t count) {
  if (bytes.size() <= count) return bytes;
  std::string cut = bytes.substr(0, count);
  while (!cut.empty()) {
    if (uint8_t(cut.back()) != 0xFF) {
      cut.back() = char(uint8_t(cut.back()) + 1);
      return cut;
    }
    cut.pop_back();
  }
  return std::nullopt;
}

Status FillMetrics(const parquet::FileMetaData& footer, const iceberg::Schema& schema, iceberg::DataFile& file) {
  file.record_count = footer.num_rows();
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto chunk = footer.RowGroup(group)->ColumnChunk(0);
    file.split_offsets.push_back(chunk->has_dictionary_page()
                                     ? std::min(chunk->dictionary_page_offset(), chunk->data_page_offset())
                                     : chunk->data_page_offset());
  }
  for (int i = 0; i < footer.num_columns(); ++i) {
    const parquet::ColumnDescriptor& column = *footer.schema()->Column(i);
    const iceberg::FieldId id = column.schema_node()->field_id();
    const iceberg::Field* field = schema.FindById(id);
    if (id < 0 || field == nullptr) continue;
    Range whole;
    bool bounded = column.max_repetition_level() == 0, counted = true;
    int64_t bytes = 0, values = 0, nulls = 0;
    for (int group = 0; group < footer.num_row_groups(); ++group) {
      const auto chunk = footer.RowGroup(group)->ColumnChunk(i);
      const auto statistics = chunk->statistics();
      bytes += chunk->total_compressed_size();
      values += chunk->num_values();
      if (statistics == nullptr || !statistics->HasNullCount()) {
        bounded = counted = false;
        continue;
      }
      nulls += statistics->null_count();
      const auto range = ReadRange(*statistics, column, field->type);
      if (!range) {
        // Chunks of only nulls or NaN have no range and need none.
        const bool floating = field->type.id == iceberg::TypeId::kFloat || field->type.id == iceberg::TypeId::kDouble;
        bounded = bounded && (floating || statistics->null_count() == chunk->num_values());
        continue;
      }
      if (iceberg::IsNull(whole.lower) || iceberg::CompareValues(range->lower, whole.lower) < 0)
        whole.lower = range->lower;
      if (iceberg::IsNull(whole.upper) || iceberg::CompareValues(range->upper, whole.upper) > 0)
        whole.upper = range->upper;
    }
    file.column_bytes[id] = bytes;
    file.value_counts[id] = values;
    if (counted) file.null_counts[id] = nulls;
    if (bounded && !iceberg::IsNull(whole.lower)) StoreBounds(field->type, id, whole, file);
  }
  return {};
}

}  // namespace ingot::rows
