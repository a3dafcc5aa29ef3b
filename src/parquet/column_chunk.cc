#include "parquet/column_chunk.h"

#include <arrow/api.h>
#include <arrow/util/compression.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "parquet/chunk_values.h"
#include "parquet/hybrid_runs.h"
#include "parquet/parquet_error.h"

namespace ingot::parquet_format {
namespace {

using parquet::Encoding;

constexpr int64_t kSliceRows = 1024;        // between two looks at how full a page is
constexpr size_t kTriedValues = 16 * 1024;  // after which a dictionary must have proved its worth
constexpr double kDistinctShareMax = 0.9;
constexpr size_t kRoomMax = 8 << 20;  // that a thread keeps for compressing pages

/// Which rows of a page have a value; kept row by row only when some have and others have not.
class Presence {
 public:
  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    int64_t nulls = 0;
    if (values.null_count() == values.length())
      nulls = count;
    else if (values.null_count() > 0)
      for (int64_t row = begin; row < begin + count; ++row) nulls += values.IsNull(row);
    const bool mixed = (nulls_ > 0 || nulls > 0) && (nulls_ < rows_ || nulls < count);
    if (mixed && each_.empty()) each_.assign(size_t(rows_), nulls_ == 0);
    if (mixed)
      for (int64_t row = begin; row < begin + count; ++row) each_.push_back(values.IsValid(row));
    rows_ += count;
    nulls_ += nulls;
  }

  int64_t rows() const { return rows_; }
  int64_t nulls() const { return nulls_; }

  /// As definition levels of one bit, behind their length.
  void AppendLevels(std::string& to) const {
    const size_t at = to.size();
    to.append(sizeof(uint32_t), '\0');
    if (each_.empty())
      AppendRun(nulls_ == 0, size_t(rows_), 1, to);
    else
      AppendHybridRuns(each_, 1, to);
    const uint32_t length = uint32_t(to.size() - at - sizeof(uint32_t));
    std::memcpy(to.data() + at, &length, sizeof length);
  }

  void Clear() {
    rows_ = nulls_ = 0;
    each_.clear();
  }

 private:
  int64_t rows_ = 0, nulls_ = 0;
  std::vector<uint32_t> each_;
};

std::shared_ptr<arrow::Buffer> BufferOf(std::string bytes) {
  return arrow::Buffer::FromString(std::move(bytes));
}

template <typename Values>
class Chunk : public ColumnChunk {
 public:
  Chunk(const parquet::ColumnDescriptor& column, const parquet::WriterProperties& properties, Values values)
      : column_(column),
        properties_(properties),
        optional_(column.max_definition_level() > 0),
        page_bytes_(properties.data_pagesize()),
        page_rows_(properties.max_rows_per_page()),
        dictionary_bytes_max_(size_t(properties.dictionary_pagesize_limit())),
        codec_type_(properties.compression(column.path())),
        values_(std::move(values)) {
    Clear();
  }

  Status Append(const arrow::Array& values) override {
    if (!optional_ && values.null_count() > 0)
      return Fail(ErrorKind::kBadInput,
                  "column " + column_.name() +
                      " is required, and has a null: let a rule of the pipeline file quarantine such records, or "
                      "make the column optional");
    for (int64_t begin = 0; begin < values.length();) {
      const int64_t count = std::min({kSliceRows, values.length() - begin, page_rows_ - presence_.rows()});
      presence_.Append(values, begin, count);
      if (values.null_count() < values.length()) INGOT_TRY(Take(values, begin, count));
      begin += count;
      if (presence_.rows() >= page_rows_ || int64_t(PendingBytes()) >= page_bytes_) INGOT_TRY(EndPage());
    }
    return {};
  }

  int64_t BytesHeld() const override { return pages_bytes_ + int64_t(PendingBytes() + values_.DictionaryBytes()); }

  Result<int64_t> Finish(const std::shared_ptr<arrow::io::OutputStream>& to,
                         parquet::ColumnChunkMetaDataBuilder& footer, int16_t row_group, int16_t column) override {
    INGOT_TRY(EndPage());
    try {
      parquet::EncodedStatistics statistics = values_.Statistics();
      statistics.set_null_count(nulls_);
      statistics.all_null_value = nulls_ == rows_;
      statistics.ApplyStatSizeLimits(properties_.max_statistics_size(column_.path()));
      statistics.set_is_signed(column_.sort_order() == parquet::SortOrder::SIGNED);
      footer.SetStatistics(statistics);
      const auto writer = parquet::PageWriter::Open(
          to, codec_type_, &footer, row_group, column, arrow::default_memory_pool(), false, nullptr, nullptr,
          properties_.page_checksum_enabled(), nullptr, nullptr, arrow::util::CodecOptions(LevelOf(properties_)));
      int64_t bytes = 0;
      if (indexed_pages_)
        bytes += writer->WriteDictionaryPage(parquet::DictionaryPage(
            BufferOf(values_.DictionaryPage()), int32_t(values_.DictionarySize()), Encoding::PLAIN));
      for (const auto& page : pages_) bytes += writer->WriteDataPage(*page);
      writer->Close(indexed_pages_, indexed_pages_ && plain_pages_);
      Clear();
      return bytes;
    } catch (const parquet::ParquetException& error) {
      return std::unexpected(FromParquet(error).Context("column " + column_.name()));
    }
  }

 private:
  int LevelOf(const parquet::WriterProperties& properties) const {
    return properties.compression_level(column_.path());
  }

  void Clear() {
    pages_.clear();
    presence_.Clear();
    values_.Clear();
    indices_.clear();
    pages_bytes_ = rows_ = nulls_ = 0;
    indexed_pages_ = plain_pages_ = false;
    indexing_ = Values::kDictionary && properties_.dictionary_enabled(column_.path());
    tried_ = false;
  }

  size_t PendingBytes() const { return indices_.size() * sizeof(uint32_t) + values_.PlainBytes(); }

  Status Take(const arrow::Array& values, int64_t begin, int64_t count) {
    if constexpr (Values::kDictionary)
      if (indexing_) {
        values_.Index(values, begin, count, indices_);
        if (indices_.size() >= kTriedValues || values_.DictionaryBytes() > dictionary_bytes_max_) TryDictionary();
        if (!indexing_ || values_.DictionaryBytes() <= dictionary_bytes_max_) return {};
        INGOT_TRY(EndPage());  // it has numbers; the next ones are plain
        indexing_ = false;
        return {};
      }
    values_.Append(values, begin, count);
    return {};
  }

  /// Values that hardly repeat are better left plain. Once a page has numbers, the dictionary stays.
  void TryDictionary() {
    if constexpr (Values::kDictionary) {
      if (tried_ || indexed_pages_ || indices_.empty()) return;
      tried_ = true;
      if (double(values_.DictionarySize()) <= kDistinctShareMax * double(indices_.size()) &&
          values_.DictionaryBytes() <= dictionary_bytes_max_)
        return;
      values_.Unindex(indices_);
      indices_.clear();
      indexing_ = false;
    }
  }

  Status EndPage() {
    if (presence_.rows() == 0) return {};
    TryDictionary();
    std::string body;
    if (optional_) presence_.AppendLevels(body);
    const bool indexed = !indices_.empty();
    if (indexed) {
      const int width = BitWidth(values_.DictionarySize() - 1);
      body += char(width);
      AppendHybridRuns(indices_, width, body);
      indices_.clear();
      indexed_pages_ = true;
    } else {
      INGOT_TRY(values_.Flush(body));
      plain_pages_ = true;
    }
    const int64_t bytes = int64_t(body.size());
    INGOT_ASSIGN(auto buffer, Compressed(std::move(body)));
    pages_bytes_ += buffer->size();
    pages_.push_back(std::make_unique<parquet::DataPageV1>(std::move(buffer), int32_t(presence_.rows()),
                                                           indexed ? Encoding::RLE_DICTIONARY : values_.encoding(),
                                                           Encoding::RLE, Encoding::RLE, bytes));
    rows_ += presence_.rows();
    nulls_ += presence_.nulls();
    presence_.Clear();
    return {};
  }

  Result<std::shared_ptr<arrow::Buffer>> Compressed(std::string body) {
    if (codec_type_ == arrow::Compression::UNCOMPRESSED) return BufferOf(std::move(body));
    if (codec_ == nullptr) {
      INGOT_ARROW_ASSIGN(codec_, arrow::util::Codec::Create(codec_type_, LevelOf(properties_)));
    }
    thread_local std::string room;  // shared by the columns of all files that are open
    const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
    const int64_t most = codec_->MaxCompressedLen(int64_t(body.size()), bytes);
    room.resize(std::max(room.size(), size_t(most)));
    INGOT_ARROW_ASSIGN(const int64_t size,
                       codec_->Compress(int64_t(body.size()), bytes, most, reinterpret_cast<uint8_t*>(room.data())));
    auto packed = BufferOf(room.substr(0, size_t(size)));
    if (room.size() > kRoomMax) std::string().swap(room);
    return packed;
  }

  const parquet::ColumnDescriptor& column_;
  const parquet::WriterProperties& properties_;
  const bool optional_;
  const int64_t page_bytes_, page_rows_;
  const size_t dictionary_bytes_max_;
  const arrow::Compression::type codec_type_;
  std::unique_ptr<arrow::util::Codec> codec_;

  Values values_;
  Presence presence_;              // of the page that is open
  std::vector<uint32_t> indices_;  // and its values, as numbers in the dictionary
  bool indexing_ = false, tried_ = false, indexed_pages_ = false, plain_pages_ = false;
  std::vector<std::unique_ptr<parquet::DataPageV1>> pages_;
  int64_t pages_bytes_ = 0, rows_ = 0, nulls_ = 0;
};

template <typename Values>
std::unique_ptr<ColumnChunk> MakeChunk(const parquet::ColumnDescriptor& column,
                                       const parquet::WriterProperties& properties, Values values) {
  return std::make_unique<Chunk<Values>>(column, properties, std::move(values));
}

}  // namespace

bool ColumnChunk::Supports(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
      return true;
    default:
      return false;
  }
}

std::unique_ptr<ColumnChunk> ColumnChunk::Make(const parquet::ColumnDescriptor& column,
                                               const parquet::WriterProperties& properties,
                                               const arrow::DataType& type) {
  const bool delta = properties.encoding(column.path()) == Encoding::DELTA_BINARY_PACKED;
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return MakeChunk(column, properties, BooleanValues());
    case parquet::Type::INT32:
      return MakeChunk(column, properties, NumberValues<int32_t>(delta));
    case parquet::Type::INT64:
      return MakeChunk(column, properties, NumberValues<int64_t>(delta));
    case parquet::Type::FLOAT:
      return MakeChunk(column, properties, NumberValues<float>(false));
    case parquet::Type::DOUBLE:
      return MakeChunk(column, properties, NumberValues<double>(false));
    case parquet::Type::BYTE_ARRAY:
      return MakeChunk(column, properties, TextValues());
    default:
      return MakeChunk(column, properties,
                       FixedBytesValues(static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width()));
  }
}

}  // namespace ingot::parquet_format
