#include "iceberg/journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

using StoragePtr = std::shared_ptr<storage::Storage>;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kAnnounceEvery = std::chrono::minutes(10);
constexpr int64_t kSilentMax = kMicrosPerDay;
constexpr std::string_view kWrites = "writes-", kReads = "reads-";
constexpr size_t kUuidLength = 36;

const std::string& ProcessId() {
  static const std::string id = RandomUuid();
  return id;
}

std::string FirstLine(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

/// The machine, and on it the space in which process ids count.
std::string Machine() {
  std::error_code ignored;
  char host[256] = "";
  (void)::gethostname(host, sizeof host - 1);
  return std::string(host) + " " + FirstLine("/proc/sys/kernel/random/boot_id") + " " +
         std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

/// When a process began, in ticks of its machine: its id may have been given anew since. Empty when there is none.
std::string Began(int64_t pid) {
  const std::string stat = FirstLine(fmt::format("/proc/{}/stat", pid));
  size_t at = stat.rfind(')');
  if (at == std::string::npos) return "";
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

/// "machine|pid|began"
std::string Self() {
  return fmt::format("{}|{}|{}", Machine(), ::getpid(), Began(::getpid()));
}

/// Whether the process of an entry is known to have ended.
bool Ended(const std::string& entry) {
  const size_t first = entry.find('|'), second = entry.find('|', first + 1);
  if (second == std::string::npos || entry.substr(0, first) != Machine()) return false;
  int64_t pid = 0;
  std::from_chars(entry.data() + first + 1, entry.data() + second, pid);
  return Began(pid) != entry.substr(second + 1);
}

std::string Folder(const TableMetadata& metadata) {
  return storage::JoinLocation(MetadataFolder(metadata), "journal");
}

/// What this process has announced: the entry's location, and when.
struct Announced {
  std::mutex mutex;
  std::map<std::string, std::pair<SteadyClock::time_point, StoragePtr>> entries;
};
Announced& AllAnnounced() {
  static Announced announced;
  return announced;
}

Status Announce(const StoragePtr& storage, const std::string& location) {
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  const auto known = announced.entries.find(location);
  const auto now = SteadyClock::now();
  if (known != announced.entries.end() && now - known->second.first < kAnnounceEvery) return {};
  INGOT_ASSIGN(const auto out, storage->OpenOutput(location));
  INGOT_ARROW(out->Write(Self()));
  INGOT_ARROW(out->Close());
  announced.entries[location] = {now, storage};
  return {};
}

}  // namespace

std::string NewFileName() {
  static std::atomic<uint64_t> number{0};
  return fmt::format("{}-{}", ProcessId(), number++);
}

Status AnnounceWriter(const StoragePtr& storage, const TableMetadata& metadata) {
  return WithContext(Announce(storage, storage::JoinLocation(Folder(metadata), std::string(kWrites) + ProcessId())),
                     "announce a writer");
}

void AnnounceReader(const StoragePtr& storage, const TableMetadata& metadata, SnapshotId id) {
  const std::string name = fmt::format("{}{}-{}", kReads, ProcessId(), uint64_t(id));
  if (const auto done = Announce(storage, storage::JoinLocation(Folder(metadata), name)); !done)
    LogDebug("this reader goes unannounced: " + done.error().message);
}

void WithdrawAll() {
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  for (const auto& [location, entry] : announced.entries) (void)entry.second->Delete(location);
  announced.entries.clear();
}

bool Journal::Owns(std::string_view location) const {
  const std::string_view name = location.substr(location.rfind('/') + 1);
  return std::ranges::any_of(writers,
                             [&](const std::string& writer) { return name.find(writer) != std::string_view::npos; });
}

Result<Journal> ReadJournal(storage::Storage& storage, const TableMetadata& metadata) {
  Journal journal;
  INGOT_ASSIGN(const auto entries, storage.List(Folder(metadata)));
  const int64_t now = NowMicros();
  for (const storage::FileInfo& entry : entries) {
    const std::string_view name = std::string_view(entry.location).substr(entry.location.rfind('/') + 1);
    const bool writes = name.starts_with(kWrites), reads = name.starts_with(kReads);
    if (!writes && !reads) continue;
    const auto text = storage.ReadAll(entry.location);
    if (!text && text.error().kind != ErrorKind::kNotFound) return std::unexpected(text.error());
    if (!text) continue;  // it has just ended
    if (Ended(*text) || now - entry.modified_micros > kSilentMax) {
      journal.ended.insert(entry.location);
    } else if (writes) {
      journal.writers.emplace(name.substr(kWrites.size()));
    } else if (name.size() > kReads.size() + kUuidLength + 1) {
      uint64_t id = 0;
      std::from_chars(name.data() + kReads.size() + kUuidLength + 1, name.data() + name.size(), id);
      journal.reading.insert(SnapshotId(id));
    }
  }
  return journal;
}

bool IsJournalEntry(std::string_view location) {
  const size_t slash = location.rfind('/');
  return slash != std::string_view::npos && location.substr(0, slash).ends_with("/journal");
}

}  // namespace ingot::iceberg
