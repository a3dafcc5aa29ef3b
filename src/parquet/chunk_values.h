// The values of a column chunk by their physical type: those of the open page as they will stand in it, the dictionary,
// and the least and greatest of all. Each class has the same members; column_chunk.cc calls them. Source:
// apache/parquet-format, Encodings.md; parquet.thrift, "Statistics" and "ColumnOrder" (NaN, signed zeros).
#pragma once

#include <arrow/api.h>
#include <arrow/util/bit_run_reader.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parquet/hybrid_runs.h"
#include "parquet/value_index.h"

namespace ingot::parquet_format {

/// Calls `take(first, count)` for each run of rows in [begin, begin + count) that have a value.
template <typename Take>
void ForEachValidRun(const arrow::Array& values, int64_t begin, int64_t count, const Take& take) {
  if (values.null_count() == 0) return take(begin, count);
  arrow::internal::VisitSetBitRunsVoid(values.null_bitmap_data(), values.offset() + begin, count,
                                       [&](int64_t at, int64_t length) { take(begin + at, length); });
}

/// Values that dictionaries are not made of.
struct WithoutDictionary {
  static constexpr bool kDictionary = false;
  size_t DictionaryBytes() const { return 0; }
  size_t DictionarySize() const { return 0; }
  std::string DictionaryPage() const { return {}; }
  parquet::Encoding::type encoding() const { return parquet::Encoding::PLAIN; }
};

/// int32_t, int64_t, float, double.
template <typename T>
class NumberValues {
  using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

 public:
  static constexpr bool kDictionary = true;
  explicit NumberValues(bool delta) : delta_(delta && std::is_same_v<T, int64_t>) {}

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const T* all = values.data()->GetValues<T>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      plain_.insert(plain_.end(), all + first, all + first + length);
      for (int64_t row = first; row < first + length; ++row) Widen(all[row]);
    });
  }

  void Index(const arrow::Array& values, int64_t begin, int64_t count, std::vector<uint32_t>& indices) {
    const Word* all = values.data()->GetValues<Word>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      const size_t at = indices.size();
      indices.resize(at + size_t(length));
      index_.Number({all + first, size_t(length)}, indices.data() + at);
    });
  }

  void Unindex(const std::vector<uint32_t>& indices) {
    for (const uint32_t number : indices) {
      plain_.push_back(std::bit_cast<T>(index_.words()[number]));
      Widen(plain_.back());
    }
    index_.Clear();
  }

  Status Flush(std::string& to) {
    if (delta_) {
      INGOT_TRY(FlushDeltas(to));
    } else {
      to.append(reinterpret_cast<const char*>(plain_.data()), PlainBytes());
    }
    plain_.clear();
    return {};
  }

  parquet::Encoding::type encoding() const {
    return delta_ ? parquet::Encoding::DELTA_BINARY_PACKED : parquet::Encoding::PLAIN;
  }
  size_t PlainBytes() const { return plain_.size() * sizeof(T); }
  size_t DictionaryBytes() const { return index_.Bytes(); }
  size_t DictionarySize() const { return index_.size(); }
  std::string DictionaryPage() const { return {reinterpret_cast<const char*>(index_.words().data()), index_.Bytes()}; }

  parquet::EncodedStatistics Statistics() {
    for (const Word word : index_.words()) Widen(std::bit_cast<T>(word));
    parquet::EncodedStatistics statistics;
    if (!(low_ <= high_)) return statistics;
    if constexpr (std::is_floating_point_v<T>) {
      if (low_ == 0) low_ = -T(0);
      if (high_ == 0) high_ = T(0);
    }
    statistics.set_min({reinterpret_cast<const char*>(&low_), sizeof(T)});
    statistics.set_max({reinterpret_cast<const char*>(&high_), sizeof(T)});
    return statistics;
  }

  void Clear() {
    plain_.clear();
    index_.Clear();
    low_ = Limits::has_infinity ? Limits::infinity() : Limits::max();
    high_ = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }

 private:
  using Limits = std::numeric_limits<T>;

  void Widen(T value) {  // NaN is neither
    low_ = value < low_ ? value : low_;
    high_ = value > high_ ? value : high_;
  }

  Status FlushDeltas(std::string& to) {
    if constexpr (std::is_same_v<T, int64_t>) {
      try {
        if (encoder_ == nullptr)
          encoder_ = parquet::MakeTypedEncoder<parquet::Int64Type>(parquet::Encoding::DELTA_BINARY_PACKED);
        encoder_->Put(plain_.data(), int(plain_.size()));
        to += encoder_->FlushValues()->ToString();
      } catch (const parquet::ParquetException& error) {
        return Fail(ErrorKind::kInternal, std::string("delta encoding: ") + error.what());
      }
    }
    return {};
  }

  bool delta_;
  std::unique_ptr<parquet::Int64Encoder> encoder_;
  std::vector<T> plain_;
  WordIndex<Word> index_;
  T low_{}, high_{};
};

class BooleanValues : public WithoutDictionary {
 public:
  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const auto& all = static_cast<const arrow::BooleanArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) {
        bits_.push_back(all.Value(row));
        seen_[bits_.back()] = true;
      }
    });
  }
  Status Flush(std::string& to) {
    AppendBits(bits_, 1, to);
    bits_.clear();
    return {};
  }
  size_t PlainBytes() const { return bits_.size() * sizeof(uint32_t); }
  parquet::EncodedStatistics Statistics() const {
    parquet::EncodedStatistics statistics;
    if (!seen_[0] && !seen_[1]) return statistics;
    statistics.set_min(std::string(1, char(!seen_[0])));
    statistics.set_max(std::string(1, char(seen_[1])));
    return statistics;
  }
  void Clear() {
    bits_.clear();
    seen_[0] = seen_[1] = false;
  }

 private:
  std::vector<uint32_t> bits_;
  bool seen_[2] = {};
};

/// Strings and binaries, in the order of their bytes; as they are or as Arrow dictionaries.
class TextValues {
 public:
  static constexpr bool kDictionary = true;

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    ForEachText(values, begin, count, [&](std::string_view text) { AppendOne(text); });
  }
  void Index(const arrow::Array& values, int64_t begin, int64_t count, std::vector<uint32_t>& indices) {
    if (values.type_id() != arrow::Type::DICTIONARY)
      return ForEachText(values, begin, count,
                         [&](std::string_view text) { indices.push_back(index_.NumberOf(text)); });
    const auto& numbered = static_cast<const arrow::DictionaryArray&>(values);
    const auto& texts = static_cast<const arrow::BinaryArray&>(*numbered.dictionary());
    if (numbered.dictionary()->data() != theirs_) {
      theirs_ = numbered.dictionary()->data();
      ours_.assign(size_t(texts.length()), kUnknown);
    }
    const int32_t* numbers = numbered.indices()->data()->GetValues<int32_t>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) {
        uint32_t& number = ours_[size_t(numbers[row])];
        if (number == kUnknown) number = index_.NumberOf(texts.GetView(numbers[row]));
        indices.push_back(number);
      }
    });
  }
  void Unindex(const std::vector<uint32_t>& indices) {
    for (const uint32_t number : indices) AppendOne(index_.Text(number));
    ClearIndex();
  }
  Status Flush(std::string& to) {
    to += plain_;
    plain_.clear();
    return {};
  }

  parquet::Encoding::type encoding() const { return parquet::Encoding::PLAIN; }
  size_t PlainBytes() const { return plain_.size(); }
  size_t DictionaryBytes() const { return index_.Bytes(); }
  size_t DictionarySize() const { return index_.size(); }
  const std::string& DictionaryPage() const { return index_.page(); }

  parquet::EncodedStatistics Statistics() {
    for (uint32_t number = 0; number < index_.size(); ++number) Widen(index_.Text(number));
    parquet::EncodedStatistics statistics;
    if (!any_) return statistics;
    statistics.set_min(low_);
    statistics.set_max(high_);
    return statistics;
  }
  void Clear() {
    plain_.clear();
    ClearIndex();
    any_ = false;
  }

 private:
  static constexpr uint32_t kUnknown = ~uint32_t(0);

  void ClearIndex() {
    index_.Clear();
    theirs_.reset();
  }

  template <typename Take>
  static void ForEachText(const arrow::Array& values, int64_t begin, int64_t count, const Take& take) {
    if (values.type_id() == arrow::Type::DICTIONARY) {
      const auto& numbered = static_cast<const arrow::DictionaryArray&>(values);
      const auto& texts = static_cast<const arrow::BinaryArray&>(*numbered.dictionary());
      return ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
        for (int64_t row = first; row < first + length; ++row) take(texts.GetView(numbered.GetValueIndex(row)));
      });
    }
    const auto& all = static_cast<const arrow::BinaryArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) take(all.GetView(row));
    });
  }
  void AppendOne(std::string_view text) {
    const uint32_t length = uint32_t(text.size());
    plain_.append(reinterpret_cast<const char*>(&length), sizeof length);
    plain_ += text;
    Widen(text);
  }
  void Widen(std::string_view text) {
    if (!any_ || text < low_) low_ = text;
    if (!any_ || text > high_) high_ = text;
    any_ = true;
  }

  std::string plain_, low_, high_;
  TextIndex index_;
  std::shared_ptr<arrow::ArrayData> theirs_;  // the dictionary that arrays came with last
  std::vector<uint32_t> ours_;                // our number of each of its texts
  bool any_ = false;
};

/// UUIDs and other bytes of one width, in the order of their bytes. Mostly ids that stand once: no dictionary.
class FixedBytesValues : public WithoutDictionary {
 public:
  explicit FixedBytesValues(int width) : width_(size_t(width)) {}

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const auto& all = static_cast<const arrow::FixedSizeBinaryArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      const auto* bytes = reinterpret_cast<const char*>(all.GetValue(first));
      plain_.append(bytes, size_t(length) * width_);
      for (const char* at = bytes; at != bytes + size_t(length) * width_; at += width_) Widen(at);
    });
  }
  Status Flush(std::string& to) {
    to += plain_;
    plain_.clear();
    return {};
  }
  size_t PlainBytes() const { return plain_.size(); }
  parquet::EncodedStatistics Statistics() const {
    parquet::EncodedStatistics statistics;
    if (low_.empty()) return statistics;
    statistics.set_min(low_);
    statistics.set_max(high_);
    return statistics;
  }
  void Clear() {
    plain_.clear();
    low_.clear();
    high_.clear();
    low_head_ = ~uint64_t(0);
    high_head_ = 0;
  }

 private:
  /// The first eight bytes decide nearly always.
  void Widen(const char* bytes) {
    uint64_t head = 0;
    std::memcpy(&head, bytes, std::min(sizeof head, width_));
    head = __builtin_bswap64(head);
    if (head > low_head_ && head < high_head_) return;
    const std::string_view value(bytes, width_);
    if (low_.empty() || value < low_) low_ = value, low_head_ = head;
    if (high_.empty() || value > high_) high_ = value, high_head_ = head;
  }

  size_t width_;
  std::string plain_, low_, high_;
  uint64_t low_head_ = ~uint64_t(0), high_head_ = 0;
};

}  // namespace ingot::parquet_format
