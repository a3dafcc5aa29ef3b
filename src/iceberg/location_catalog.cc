#include "iceberg/location_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/fault.h"
#include "base/log.h"
#include "base/retry.h"
#include "iceberg/deflate.h"
#include "iceberg/gzip_pieces.h"
#include "iceberg/journal.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

/// "00042-<uuid>.metadata.json": the number after that of the previous file.
std::string NextMetadataName(const std::string& previous, bool gzip) {
  const std::string_view name = std::string_view(previous).substr(previous.rfind('/') + 1);
  int number = -1;
  const char* begin = name.data() + (name.starts_with('v') ? 1 : 0);
  if (!previous.empty()) std::from_chars(begin, name.data() + name.size(), number);
  return fmt::format("{:05}-{}{}", number + 1, NewFileName(), gzip ? ".gz.metadata.json" : ".metadata.json");
}

/// Beyond this size metadata is compressed unless write.metadata.compression-codec says otherwise: most of it is what
/// the version before had, already compressed, and each commit has to make all of it durable.
constexpr size_t kPlainBytesMax = 1 << 20;

Result<std::string> WriteMetadataFile(storage::Storage& storage, const TableMetadata& metadata,
                                      const std::string& previous) {
  static GzipPieces compressed;
  const auto pieces = TableMetadataPieces(metadata);
  size_t bytes = 0;
  for (const TextPiece& piece : pieces) bytes += piece.bytes;
  const bool gzip =
      metadata.Property("write.metadata.compression-codec", bytes > kPlainBytesMax ? "gzip" : "none") == "gzip";
  const std::string location = storage::JoinLocation(MetadataFolder(metadata), NextMetadataName(previous, gzip));
  INGOT_TRY(storage.CreateAtomic(location, gzip ? compressed.Compress(pieces) : WholeText(pieces)));
  return location;
}

/// Puts the previous version in the log and trims it to write.metadata.previous-versions-max.
std::vector<std::string> LogPrevious(TableMetadata& metadata, const std::string& previous,
                                     int64_t previous_updated_ms) {
  metadata.metadata_log.push_back({previous_updated_ms, previous});
  const size_t keep = size_t(std::max<int64_t>(1, metadata.PropertyInt("write.metadata.previous-versions-max", 100)));
  std::vector<std::string> dropped;
  while (metadata.metadata_log.size() > keep) {
    dropped.push_back(metadata.metadata_log.front().metadata_file);
    metadata.metadata_log.erase(metadata.metadata_log.begin());
  }
  if (metadata.Property("write.metadata.delete-after-commit.enabled", "false") != "true") dropped.clear();
  return dropped;
}

}  // namespace

Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location) {
  INGOT_ASSIGN(std::string bytes, WithContext(storage.ReadAll(location), "table metadata"));
  if (bytes.starts_with("\x1f\x8b")) {
    INGOT_ASSIGN(bytes, WithContext(Inflate(bytes, DeflateFrame::kGzip), location));
  }
  return WithContext(ParseTableMetadata(bytes), location);
}

Result<LoadedTable> LocationCatalog::Load(const TableName& table, const StoragePtr& storage) {
  INGOT_ASSIGN(std::string location, Location(table));
  {
    std::lock_guard lock(mutex_);
    const auto known = newest_.find(table);
    if (known != newest_.end() && known->second.metadata_location == location)
      return LoadedTable{location, known->second.metadata, storage};
  }
  INGOT_ASSIGN(TableMetadata metadata, ReadMetadataFile(*storage, location));
  return Remember(table, {std::move(location), std::make_shared<const TableMetadata>(std::move(metadata)), storage});
}

LoadedTable LocationCatalog::Remember(const TableName& table, LoadedTable loaded) {
  constexpr size_t kTablesMax = 64;
  std::lock_guard lock(mutex_);
  if (newest_.size() >= kTablesMax && !newest_.contains(table)) newest_.clear();
  newest_[table] = {loaded.metadata_location, loaded.metadata, nullptr};
  return loaded;
}

Result<LoadedTable> LocationCatalog::Create(const TableName& table, const TableMetadata& metadata,
                                            const StoragePtr& storage) {
  INGOT_ASSIGN(std::string location, WriteMetadataFile(*storage, metadata, ""));
  if (auto inserted = Register(table, location); !inserted) {
    const bool unknown = inserted.error().kind == ErrorKind::kOutcomeUnknown;
    if (unknown)
      if (const auto there = Location(table); there && *there == location) inserted = {};
    if (!inserted) {
      if (inserted.error().kind == ErrorKind::kExists) (void)storage->Delete(location);
      return std::unexpected(std::move(inserted).error());
    }
  }
  return Remember(table, {std::move(location), std::make_shared<const TableMetadata>(metadata), storage});
}

Result<LoadedTable> LocationCatalog::Commit(const TableName& table, const LoadedTable& base,
                                            const TableMetadata& next) {
  TableMetadata logged = next;
  const auto dropped = LogPrevious(logged, base.metadata_location, base.metadata->last_updated_ms);
  INGOT_ASSIGN(std::string location, WriteMetadataFile(*base.storage, logged, base.metadata_location));
  INGOT_TRY(FaultPoint("commit.before_swap"));
  Status swapped = Swap(table, base.metadata_location, location);
  if (swapped) swapped = FaultPoint("commit.after_swap");
  if (!swapped && swapped.error().kind != ErrorKind::kConflict) {
    // Whatever the catalog said, only the table knows.
    LogWarning("commit to " + table.Text() + ": " + swapped.error().message +
               "; reading the table to see what became of it");
    INGOT_ASSIGN(const bool happened, SwapHappened(table, base.storage, location));
    if (happened) swapped = {};
  }
  if (!swapped) {
    // A swap in doubt may still land: its metadata file has to stay.
    if (swapped.error().kind != ErrorKind::kOutcomeUnknown) (void)base.storage->Delete(location);
    return std::unexpected(std::move(swapped).error());
  }
  for (const std::string& old : dropped) (void)base.storage->Delete(old);
  return Remember(table, {std::move(location), std::make_shared<const TableMetadata>(std::move(logged)), base.storage});
}

/// After a lost answer: the swap happened when the table's current metadata is `ours` or has it in its log.
Result<bool> LocationCatalog::SwapHappened(const TableName& table, const StoragePtr& storage, const std::string& ours) {
  Backoff backoff({.attempts_max = 12});
  while (true) {
    const auto loaded = Load(table, storage);
    if (loaded)
      return loaded->metadata_location == ours ||
             std::ranges::find(loaded->metadata->metadata_log, ours, &MetadataLogEntry::metadata_file) !=
                 loaded->metadata->metadata_log.end();
    if (loaded.error().kind != ErrorKind::kRetry || !backoff.Wait())
      return Fail(ErrorKind::kOutcomeUnknown,
                  "commit to " + table.Text() + ": the answer was lost and the table cannot be read: " +
                      loaded.error().message + "; its new metadata, which must not be deleted, is " + ours);
  }
}

}  // namespace ingot::iceberg
