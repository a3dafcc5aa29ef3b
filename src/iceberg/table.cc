#include "iceberg/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/retry.h"
#include "iceberg/deflate.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

/// "00042-<uuid>.metadata.json": the number after that of the previous file.
std::string NextMetadataName(const std::string& previous, bool gzip) {
  const std::string_view name = std::string_view(previous).substr(previous.rfind('/') + 1);
  int number = -1;
  const char* begin = name.data() + (name.starts_with('v') ? 1 : 0);
  if (!previous.empty()) std::from_chars(begin, name.data() + name.size(), number);
  return fmt::format("{:05}-{}{}", number + 1, RandomUuid(), gzip ? ".gz.metadata.json" : ".metadata.json");
}

std::string MetadataFolder(const TableMetadata& metadata) {
  return metadata.Property("write.metadata.path", storage::JoinLocation(metadata.location, "metadata"));
}

Result<std::string> WriteMetadataFile(storage::Storage& storage, const TableMetadata& metadata,
                                      const std::string& previous) {
  const bool gzip = metadata.Property("write.metadata.compression-codec", "none") == "gzip";
  const std::string location = storage::JoinLocation(MetadataFolder(metadata), NextMetadataName(previous, gzip));
  const std::string json = TableMetadataToJson(metadata);
  INGOT_TRY(storage.CreateAtomic(location, gzip ? Deflate(json, DeflateFrame::kGzip) : json));
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

/// After a lost answer: the swap happened when the table's current metadata is `ours` or has it in its log.
Result<bool> SwapHappened(const TableHome& home, const std::string& ours) {
  Backoff backoff;
  while (true) {
    auto table = LoadTable(home);
    if (table) {
      if (table->metadata_location == ours) return true;
      return std::ranges::find(table->metadata->metadata_log, ours, &MetadataLogEntry::metadata_file) !=
             table->metadata->metadata_log.end();
    }
    if (table.error().kind != ErrorKind::kRetry || !backoff.Wait())
      return Fail(ErrorKind::kOutcomeUnknown,
                  "commit to " + home.name.Text() + ": the answer was lost and the table cannot be read: " +
                      table.error().message + "; its new metadata, which must not be deleted, is " + ours);
  }
}

}  // namespace

Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location) {
  INGOT_ASSIGN(std::string bytes, WithContext(storage.ReadAll(location), "table metadata"));
  if (bytes.starts_with("\x1f\x8b")) {
    INGOT_ASSIGN(bytes, WithContext(Inflate(bytes, DeflateFrame::kGzip), location));
  }
  return WithContext(ParseTableMetadata(bytes), location);
}

Result<Table> LoadTable(const TableHome& home) {
  INGOT_ASSIGN(std::string location, home.catalog->Location(home.name));
  INGOT_ASSIGN(TableMetadata metadata, ReadMetadataFile(*home.storage, location));
  return Table{home, std::move(location), std::make_shared<const TableMetadata>(std::move(metadata))};
}

Result<Table> CreateTable(const TableHome& home, const TableMetadata& metadata) {
  INGOT_TRY(home.catalog->CreateNamespace(home.name.space));
  INGOT_ASSIGN(std::string location, WriteMetadataFile(*home.storage, metadata, ""));
  if (auto inserted = home.catalog->Insert(home.name, location); !inserted) {
    if (inserted.error().kind == ErrorKind::kExists) (void)home.storage->Delete(location);
    return std::unexpected(std::move(inserted).error());
  }
  return Table{home, std::move(location), std::make_shared<const TableMetadata>(metadata)};
}

Result<Table> CommitMetadata(const TableHome& home, const MetadataChange& change) {
  Backoff backoff({.attempts_max = 12});
  while (true) {
    INGOT_ASSIGN(const Table base, LoadTable(home));
    TableMetadata next = *base.metadata;
    INGOT_TRY(change(next));
    next.last_updated_ms = std::max(NowMicros() / 1000, base.metadata->last_updated_ms);
    const auto dropped = LogPrevious(next, base.metadata_location, base.metadata->last_updated_ms);
    INGOT_ASSIGN(std::string location, WriteMetadataFile(*home.storage, next, base.metadata_location));
    INGOT_TRY(FaultPoint("commit.before_swap"));
    Status swapped = home.catalog->Swap(home.name, base.metadata_location, location);
    if (swapped) swapped = FaultPoint("commit.after_swap");
    if (!swapped && swapped.error().kind != ErrorKind::kConflict) {
      // Whatever the catalog said, only the table knows: its new metadata must not be deleted if it is in force.
      LogWarning("commit to " + home.name.Text() + ": " + swapped.error().message +
                 "; reading the table to see what became of it");
      INGOT_ASSIGN(const bool happened, SwapHappened(home, location));
      if (happened)
        swapped = {};
      else if (swapped.error().kind == ErrorKind::kOutcomeUnknown)
        swapped = Fail(ErrorKind::kConflict, "the commit did not happen");
    }
    if (swapped) {
      for (const std::string& old : dropped) (void)home.storage->Delete(old);
      return Table{home, std::move(location), std::make_shared<const TableMetadata>(std::move(next))};
    }
    (void)home.storage->Delete(location);
    if (swapped.error().kind != ErrorKind::kConflict && swapped.error().kind != ErrorKind::kRetry)
      return std::unexpected(std::move(swapped).error());
    if (!backoff.Wait())
      return std::unexpected(std::move(swapped).error().Context(
          fmt::format("commit to {} gave up after {} attempts", home.name.Text(), backoff.attempts())));
  }
}

}  // namespace ingot::iceberg
