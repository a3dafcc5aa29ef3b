#include "parquet/join.h"

#include <arrow/buffer.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "parquet/footer.h"

namespace ingot::parquet_format {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr int64_t kCopyBytes = 8 << 20;

// Fields of parquet.thrift.
namespace file_metadata {
constexpr int16_t kSchema = 2, kRows = 3, kRowGroups = 4, kColumnOrders = 7, kEncryption = 8;
}
namespace row_group {
constexpr int16_t kColumns = 1, kFileOffset = 5, kOrdinal = 7;
}
namespace column_chunk {
constexpr int16_t kFilePath = 1, kFileOffset = 2, kMetadata = 3, kOffsetIndex = 4, kColumnIndex = 6, kCrypto = 8;
}
namespace column_metadata {
constexpr int16_t kDataPage = 9, kIndexPage = 10, kDictionaryPage = 11, kBloomFilter = 14;
}

/// The bytes of a single field, for comparison.
std::string Text(const ThriftValue& metadata, int16_t field) {
  const ThriftValue* value = metadata.Find(field);
  if (value == nullptr) return "";
  ThriftValue alone;
  alone.fields.push_back({field, *value});
  return WriteThrift(alone);
}

void Shift(ThriftValue& value, int16_t field, int64_t by) {
  // Some writers set an unused offset to 0.
  if (ThriftValue* offset = value.Find(field); offset != nullptr && offset->number > 0) offset->number += by;
}

/// Adds the shift to all offsets of a row group, and sets `begin` to its first byte. Returns false for fields that
/// cannot be shifted.
bool Move(ThriftValue& group, int64_t by, int64_t& begin) {
  ThriftValue* columns = group.Find(row_group::kColumns);
  if (columns == nullptr || columns->items.empty()) return false;
  begin = -1;
  for (ThriftValue& column : columns->items) {
    ThriftValue* metadata = column.Find(column_chunk::kMetadata);
    if (metadata == nullptr || column.Find(column_chunk::kFilePath) || column.Find(column_chunk::kCrypto)) return false;
    for (const int16_t field : {column_chunk::kFileOffset, column_chunk::kOffsetIndex, column_chunk::kColumnIndex})
      Shift(column, field, by);
    for (const int16_t field : {column_metadata::kDataPage, column_metadata::kIndexPage,
                                column_metadata::kDictionaryPage, column_metadata::kBloomFilter})
      Shift(*metadata, field, by);
    for (const int16_t field : {column_metadata::kDataPage, column_metadata::kDictionaryPage})
      if (const ThriftValue* offset = metadata->Find(field); offset != nullptr && offset->number > 0)
        begin = begin < 0 ? offset->number : std::min(begin, offset->number);
  }
  Shift(group, row_group::kFileOffset, by);
  return begin >= 0;
}

Status Copy(arrow::io::RandomAccessFile& from, int64_t begin, int64_t end, arrow::io::OutputStream& to) {
  for (int64_t at = begin; at < end; at += kCopyBytes) {
    INGOT_ARROW_ASSIGN(const auto bytes, from.ReadAt(at, std::min(kCopyBytes, end - at)));
    if (bytes->size() != std::min(kCopyBytes, end - at))
      return Fail(ErrorKind::kCorrupt, "damaged Parquet file: it ends before its footer");
    INGOT_ARROW(to.Write(bytes));
  }
  return {};
}

}  // namespace

Result<JoinPart> OpenJoinPart(std::shared_ptr<arrow::io::RandomAccessFile> file) {
  JoinPart part{.file = std::move(file), .footer = {}};
  INGOT_ASSIGN(const auto text, ReadFooterBytes(*part.file));
  INGOT_ARROW_ASSIGN(const int64_t bytes, part.file->GetSize());
  part.body_end = bytes - kParquetTailBytes - text->size();
  INGOT_ASSIGN(part.footer, ReadThrift(std::string_view(*text)));
  if (const ThriftValue* groups = part.footer.Find(file_metadata::kRowGroups)) part.row_groups = groups->items.size();
  return part;
}

std::optional<JoinedFooter> JoinFooters(std::vector<JoinPart>& parts) {
  if (parts.empty()) return std::nullopt;
  JoinedFooter joined{.footer = parts[0].footer, .row_group_offsets = {}};
  ThriftValue& whole = joined.footer;
  ThriftValue* groups = whole.Find(file_metadata::kRowGroups);
  ThriftValue* rows = whole.Find(file_metadata::kRows);
  if (groups == nullptr || rows == nullptr) return std::nullopt;
  groups->items.clear();
  rows->number = 0;
  int64_t at = int64_t(kMagic.size());
  for (JoinPart& part : parts) {
    ThriftValue& metadata = part.footer;
    ThriftValue* own = metadata.Find(file_metadata::kRowGroups);
    const ThriftValue* own_rows = metadata.Find(file_metadata::kRows);
    if (own == nullptr || own_rows == nullptr || metadata.Find(file_metadata::kEncryption) ||
        Text(metadata, file_metadata::kSchema) != Text(whole, file_metadata::kSchema) ||
        Text(metadata, file_metadata::kColumnOrders) != Text(whole, file_metadata::kColumnOrders))
      return std::nullopt;
    for (ThriftValue& group : own->items) {
      int64_t begin = 0;
      if (!Move(group, at - int64_t(kMagic.size()), begin)) return std::nullopt;
      std::erase_if(group.fields, [](const ThriftField& field) { return field.id == row_group::kOrdinal; });
      joined.row_group_offsets.push_back(begin);
      groups->items.push_back(std::move(group));
    }
    rows->number += own_rows->number;
    at += part.body_end - int64_t(kMagic.size());
  }
  joined.rows = rows->number;
  return joined;
}

Result<int64_t> WriteJoined(const std::vector<JoinPart>& parts, const JoinedFooter& joined,
                            arrow::io::OutputStream& out) {
  INGOT_ARROW(out.Write(kMagic));
  for (const JoinPart& part : parts) INGOT_TRY(Copy(*part.file, int64_t(kMagic.size()), part.body_end, out));
  std::string tail = WriteThrift(joined.footer);
  const uint32_t length = uint32_t(tail.size());
  tail.append(reinterpret_cast<const char*>(&length), sizeof length);
  tail += kMagic;
  INGOT_ARROW(out.Write(AddFooterChecksum(tail)));
  INGOT_ARROW_ASSIGN(const int64_t bytes, out.Tell());
  INGOT_ARROW(out.Close());
  return bytes;
}

}  // namespace ingot::parquet_format
