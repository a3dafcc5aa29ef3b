#include "base/row_hash.h"

#include <arrow/api.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace ingot {
namespace {

/// The bits of a number by which equal ones are equal.
template <typename Bits, typename Real>
uint64_t RealBits(Real value) {
  if (value == 0) return 0;
  return std::isnan(value) ? ~uint64_t(0) : std::bit_cast<Bits>(value);
}

constexpr uint64_t kNull = 0x9e3779b97f4a7c15;

template <typename WordOf>
void Fold(const arrow::Array& column, std::vector<uint64_t>& hashes, const WordOf& word_of) {
  const int64_t rows = column.length();
  if (column.null_count() == 0) {
    for (int64_t row = 0; row < rows; ++row) hashes[size_t(row)] = word_of(row, hashes[size_t(row)]);
    return;
  }
  for (int64_t row = 0; row < rows; ++row)
    hashes[size_t(row)] = column.IsNull(row) ? MixHash(hashes[size_t(row)], kNull) : word_of(row, hashes[size_t(row)]);
}

}  // namespace

uint64_t HashBytes(const uint8_t* bytes, size_t size, uint64_t seed) {
  uint64_t hash = MixHash(seed, size), word = 0;
  for (; size >= 8; bytes += 8, size -= 8) {
    std::memcpy(&word, bytes, 8);
    hash = MixHash(hash, word);
  }
  word = 0;
  std::memcpy(&word, bytes, size);
  return MixHash(hash, word);
}

Result<std::vector<uint64_t>> HashRows(const arrow::RecordBatch& rows, uint64_t seed) {
  std::vector<uint64_t> hashes(size_t(rows.num_rows()), seed);
  for (const auto& column : rows.columns()) {
    switch (column->type_id()) {
      case arrow::Type::INT64:
      case arrow::Type::TIMESTAMP: {
        const int64_t* values = column->data()->GetValues<int64_t>(1);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, uint64_t(values[row])); });
        break;
      }
      case arrow::Type::INT32:
      case arrow::Type::DATE32: {
        const int32_t* values = column->data()->GetValues<int32_t>(1);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, uint64_t(values[row])); });
        break;
      }
      case arrow::Type::DOUBLE: {
        const double* values = column->data()->GetValues<double>(1);
        Fold(*column, hashes,
             [&](int64_t row, uint64_t hash) { return MixHash(hash, RealBits<uint64_t>(values[row])); });
        break;
      }
      case arrow::Type::FLOAT: {
        const float* values = column->data()->GetValues<float>(1);
        Fold(*column, hashes,
             [&](int64_t row, uint64_t hash) { return MixHash(hash, RealBits<uint32_t>(values[row])); });
        break;
      }
      case arrow::Type::BOOL: {
        const auto& values = static_cast<const arrow::BooleanArray&>(*column);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, values.Value(row)); });
        break;
      }
      case arrow::Type::FIXED_SIZE_BINARY: {
        const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(*column);
        const size_t width = size_t(values.byte_width());
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return HashBytes(values.GetValue(row), width, hash); });
        break;
      }
      case arrow::Type::STRING:
      case arrow::Type::BINARY: {
        const auto& values = static_cast<const arrow::BinaryArray&>(*column);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) {
          const std::string_view value = values.GetView(row);
          return HashBytes(reinterpret_cast<const uint8_t*>(value.data()), value.size(), hash);
        });
        break;
      }
      default:
        return Fail(ErrorKind::kUnsupported, "a key of type " + column->type()->ToString());
    }
  }
  return hashes;
}

}  // namespace ingot
