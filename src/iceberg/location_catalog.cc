#include "iceberg/location_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "avro/deflate.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/retry.h"
#include "iceberg/commit.h"
#include "iceberg/gzip_pieces.h"
#include "iceberg/journal.h"
#include "iceberg/unregistered.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

/// "00042-<uuid>.metadata.json": one above the number of the previous file.
std::string NextMetadataName(const std::string& previous, bool gzip) {
  const int64_t number = previous.empty() ? -1 : MetadataVersion(previous);
  return fmt::format("{:05}-{}{}", number + 1, NewMetadataUuid(), gzip ? ".gz.metadata.json" : ".metadata.json");
}

/// Above this size metadata is compressed unless write.metadata.compression-codec says otherwise. Most of it is cached
/// in compressed form, and every commit must make all of it durable.
constexpr size_t kPlainBytesMax = 1 << 20;

Result<std::string> WriteMetadataFile(storage::Storage& storage, const TableMetadata& metadata,
                                      const std::string& previous) {
  static GzipPieces compressed;
  const auto pieces = TableMetadataPieces(metadata);
  size_t bytes = 0;
  for (const TextPiece& piece : pieces) bytes += piece.bytes;
  const bool gzip =
      metadata.PropertyWord("write.metadata.compression-codec", bytes > kPlainBytesMax ? "gzip" : "none") == "gzip";
  const std::string location = storage::JoinLocation(MetadataFolder(metadata), NextMetadataName(previous, gzip));
  INGOT_TRY(storage.CreateAtomic(location, gzip ? compressed.Compress(pieces) : WholeText(pieces)));
  return location;
}

/// Decompresses metadata files of any writer; their names need not show the compression.
Result<std::string> Decompressed(const std::string& bytes) {
  if (bytes.starts_with("\x1f\x8b")) return avro::Inflate(bytes, avro::DeflateFrame::kGzip);
  if (bytes.starts_with(avro::kZstdMagic)) return avro::DecompressZstd(bytes);
  return bytes;
}

/// Adds the previous version to the metadata log and trims it to write.metadata.previous-versions-max.
std::vector<std::string> LogPrevious(TableMetadata& metadata, const std::string& previous,
                                     int64_t previous_updated_ms) {
  metadata.metadata_log.push_back({previous_updated_ms, previous});
  const size_t keep = size_t(std::max<int64_t>(1, metadata.PropertyInt("write.metadata.previous-versions-max", 100)));
  std::vector<std::string> dropped;
  while (metadata.metadata_log.size() > keep) {
    dropped.push_back(metadata.metadata_log.front().metadata_file);
    metadata.metadata_log.erase(metadata.metadata_log.begin());
  }
  if (!metadata.PropertyBool("write.metadata.delete-after-commit.enabled", false)) dropped.clear();
  return dropped;
}

}  // namespace

Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location) {
  INGOT_ASSIGN(const std::string bytes, WithContext(storage.ReadAll(location), "table metadata"));
  if (bytes.empty()) return Fail(ErrorKind::kCorrupt, "metadata file " + location + " is empty");
  INGOT_ASSIGN(const std::string json, WithContext(Decompressed(bytes), location));
  return WithContext(ParseTableMetadata(json), location);
}

int64_t MetadataVersion(std::string_view location) {
  std::string_view name = location.substr(location.rfind('/') + 1);
  if (name.starts_with('v')) name.remove_prefix(1);
  int64_t version = -1;
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

bool IsMetadataFile(std::string_view location) {
  return location.ends_with(".metadata.json") || location.ends_with(".metadata.json.gz") ||
         location.ends_with(".metadata.json.zst") || location.ends_with(".metadata.json.zstd");
}

const storage::FileInfo* NewestMetadata(const std::vector<storage::FileInfo>& files) {
  const storage::FileInfo* newest = nullptr;
  for (const auto& file : files) {
    if (!IsMetadataFile(file.location)) continue;
    const int64_t version = MetadataVersion(file.location), best = newest ? MetadataVersion(newest->location) : -1;
    if (newest == nullptr || version > best || (version == best && file.modified_micros > newest->modified_micros))
      newest = &file;
  }
  return newest;
}

Result<std::optional<std::string>> MetadataWithSnapshots(storage::Storage& storage, const std::string& folder) {
  INGOT_ASSIGN(const auto files, storage.List(folder));
  INGOT_ASSIGN(const auto unregistered, UnregisteredIn(storage, folder));
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (!IsMetadataFile(file->location)) continue;
    const auto found = ReadMetadataFile(storage, file->location);
    if (!found || (!found->snapshots.empty() && !unregistered.contains(found->table_uuid))) return file->location;
  }
  return std::nullopt;
}

std::string FolderTaken(const TableName& table, const std::string& metadata_file, const std::string& folder) {
  return fmt::format(
      "table {} was not created: its folder contains a table that the catalog does not know, {}; "
      "register it with ingot register {} {} (ingot register --all registers all tables of the "
      "warehouse), or move the folder away",
      table.Text(), metadata_file, table.Text(), folder);
}

/// Prevents that a new table replaces one that the catalog has lost. Tables that were unregistered on purpose do not
/// count.
Status LocationCatalog::CheckFolderUnused(const TableName& table, const TableMetadata& metadata,
                                          storage::Storage& storage) {
  INGOT_ASSIGN(const auto taken, MetadataWithSnapshots(storage, MetadataFolder(metadata)));
  if (!taken) return {};
  if (Location(table)) return Fail(ErrorKind::kExists, "table exists: " + table.Text());  // created meanwhile
  return Fail(ErrorKind::kBadConfig, FolderTaken(table, *taken, metadata.location));
}

Result<LoadedTable> LocationCatalog::Load(const TableName& table, const StoragePtr& storage) {
  INGOT_ASSIGN(std::string location, Location(table));
  {
    std::lock_guard lock(mutex_);
    const auto known = newest_.find(table);
    if (known != newest_.end() && known->second.metadata_location == location)
      return LoadedTable{location, known->second.metadata, storage};
  }
  auto metadata = ReadMetadataFile(*storage, location);
  if (!metadata && metadata.error().kind == ErrorKind::kNotFound) {
    INGOT_ASSIGN(const std::string now, Location(table));
    if (now != location) return Load(table, storage);
    return Fail(ErrorKind::kCorrupt,
                fmt::format("table {}: metadata file not found: {} (if the warehouse was moved: ingot table move --to "
                            "ITS NEW LOCATION; if removal of orphans moved the file: ingot maintain {} --orphans "
                            "--undo)",
                            table.Text(), location, table.Text()));
  }
  if (!metadata) return std::unexpected(std::move(metadata).error());
  return Cache(table, {std::move(location), std::make_shared<const TableMetadata>(*std::move(metadata)), storage});
}

LoadedTable LocationCatalog::Cache(const TableName& table, LoadedTable loaded) {
  constexpr size_t kTablesMax = 64;
  std::lock_guard lock(mutex_);
  if (newest_.size() >= kTablesMax && !newest_.contains(table)) newest_.clear();
  newest_[table] = {loaded.metadata_location, loaded.metadata, nullptr};
  return loaded;
}

Result<LoadedTable> LocationCatalog::Create(const TableName& table, const TableMetadata& metadata,
                                            const StoragePtr& storage) {
  INGOT_TRY(CheckFolderUnused(table, metadata, *storage));
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
  return Cache(table, {std::move(location), std::make_shared<const TableMetadata>(metadata), storage});
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
    // Only the table shows whether the swap happened.
    LogWarning("commit to " + table.Text() + ": " + swapped.error().message +
               "; reading the table to see whether the commit succeeded");
    INGOT_ASSIGN(const bool happened, SwapHappened(table, base.storage, location));
    if (happened) swapped = {};
  }
  if (!swapped) {
    // A swap with an unknown outcome may still succeed: its metadata file must stay.
    DiscardUnlessUnknown(*base.storage, {location}, swapped.error());
    return std::unexpected(std::move(swapped).error());
  }
  Discard(*base.storage, dropped);
  return Cache(table, {std::move(location), std::make_shared<const TableMetadata>(std::move(logged)), base.storage});
}

/// After a lost answer: the swap happened if the table's current metadata is `ours` or has it in its log.
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
                  "commit to " + table.Text() + ": the response was lost and the table cannot be loaded: " +
                      loaded.error().message + "; its new metadata, which must not be deleted, is " + ours);
  }
}

}  // namespace ingot::iceberg
