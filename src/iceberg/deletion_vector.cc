#include "iceberg/deletion_vector.h"

#include <fmt/format.h>
#include <roaring.h>
#include <zlib.h>

#include <memory>

#include "base/big_endian.h"

namespace ingot::iceberg {
namespace {

constexpr uint32_t kMagic = 0xD1D33964;
constexpr size_t kWord = 4;  // bytes of the length, the magic number and the checksum each

void AppendBigEndian(uint32_t value, std::string& to) {
  for (int shift = 24; shift >= 0; shift -= 8) to += char(value >> shift);
}

uint32_t Checksum(std::string_view bytes) {
  return uint32_t(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), uInt(bytes.size())));
}

using Bitmap = std::unique_ptr<roaring64_bitmap_t, void (*)(roaring64_bitmap_t*)>;

Result<std::vector<int64_t>> Corrupt(std::string_view what) {
  return Fail(ErrorKind::kCorrupt, fmt::format("deletion vector: {}", what));
}

}  // namespace

// Layout: length of magic number and bitmap; magic number; bitmap (roaring, 64 bits, portable); checksum of magic
// number and bitmap.
Result<std::vector<int64_t>> DecodeDeletionVector(std::string_view blob, int64_t rows) {
  if (blob.size() < 3 * kWord || BigEndian<uint32_t>(blob) != blob.size() - 2 * kWord)
    return Corrupt(fmt::format("wrong length field for {} bytes", blob.size()));
  const std::string_view checked = blob.substr(kWord, blob.size() - 2 * kWord);
  if (BigEndian<uint32_t>(checked) != kMagic) return Corrupt("magic number is not D1 D3 39 64");
  if (Checksum(checked) != BigEndian<uint32_t>(blob.substr(blob.size() - kWord))) return Corrupt("wrong checksum");
  const std::string_view bitmap = checked.substr(kWord);
  const Bitmap positions(roaring64_bitmap_portable_deserialize_safe(bitmap.data(), bitmap.size()),
                         roaring64_bitmap_free);
  const char* reason = "truncated";
  if (!positions || !roaring64_bitmap_internal_validate(positions.get(), &reason))
    return Corrupt(fmt::format("invalid bitmap: {}", reason));
  const uint64_t count = roaring64_bitmap_get_cardinality(positions.get());
  if (count > 0 && roaring64_bitmap_maximum(positions.get()) >= uint64_t(rows))
    return Corrupt(
        fmt::format("position {} in a data file of {} rows", roaring64_bitmap_maximum(positions.get()), rows));
  std::vector<uint64_t> out(count);
  roaring64_bitmap_to_uint64_array(positions.get(), out.data());
  return std::vector<int64_t>(out.begin(), out.end());
}

std::string EncodeDeletionVector(std::span<const int64_t> positions) {
  const Bitmap bitmap(roaring64_bitmap_create(), roaring64_bitmap_free);
  roaring64_bulk_context_t context{};
  for (const int64_t position : positions) roaring64_bitmap_add_bulk(bitmap.get(), &context, uint64_t(position));
  roaring64_bitmap_run_optimize(bitmap.get());
  std::string checked;
  AppendBigEndian(kMagic, checked);
  checked.resize(kWord + roaring64_bitmap_portable_size_in_bytes(bitmap.get()));
  roaring64_bitmap_portable_serialize(bitmap.get(), checked.data() + kWord);
  std::string blob;
  AppendBigEndian(uint32_t(checked.size()), blob);
  blob += checked;
  AppendBigEndian(Checksum(checked), blob);
  return blob;
}

}  // namespace ingot::iceberg
