#include "iceberg/journal.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/uuid.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

using StoragePtr = std::shared_ptr<storage::Storage>;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kAnnounceEvery = std::chrono::minutes(10), kStandstill = std::chrono::minutes(60);
constexpr int64_t kSilentMax = kMicrosPerDay;
constexpr std::string_view kWrites = "writes-", kReads = "reads-";

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

/// When a process began, in ticks of its machine: its id may have been given anew since. Empty when there is none, or
/// it is dead and nobody has asked for its exit code.
std::string Began(int64_t pid) {
  const std::string stat = FirstLine(fmt::format("/proc/{}/stat", pid));
  size_t at = stat.rfind(')');
  if (at == std::string::npos || at + 2 >= stat.size() || stat[at + 2] == 'Z' || stat[at + 2] == 'X') return "";
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

/// Whether there is such a process at all: /proc may hide those of other users.
bool IsHidden(int64_t pid) {
  return FirstLine(fmt::format("/proc/{}/stat", pid)).empty() && (::kill(pid_t(pid), 0) == 0 || errno == EPERM);
}

/// "machine|pid|began"
std::string Self() {
  return fmt::format("{}|{}|{}", Machine(), ::getpid(), Began(::getpid()));
}

enum class Life { kLives, kEnded, kUnknown };

/// What is known of the process of an entry. Of another machine, or another space of process ids on this one (a
/// container), nothing is.
Life LifeOf(const std::string& entry) {
  const size_t first = entry.find('|'), second = entry.find('|', first + 1);
  if (second == std::string::npos || entry.substr(0, first) != Machine()) return Life::kUnknown;
  int64_t pid = 0;
  std::from_chars(entry.data() + first + 1, entry.data() + second, pid);
  if (pid <= 0 || IsHidden(pid)) return Life::kUnknown;
  return Began(pid) == entry.substr(second + 1) ? Life::kLives : Life::kEnded;
}

std::string Folder(const TableMetadata& metadata) {
  return storage::JoinLocation(MetadataFolder(metadata), "journal");
}

std::atomic<uint64_t> next_file{0};

/// What this process has announced by an entry. Files are known by their number (NewFileName).
struct Announcement {
  SteadyClock::time_point renewed;
  int64_t renewed_micros = 0;  // by the other clock: the steady one stands still while a machine sleeps
  StoragePtr storage;
  uint64_t lost_before = 0;       // files that were named before may be gone: the entry was taken away since
  uint64_t uncertain_before = 0;  // have to be looked for: nothing was heard of this process for long
};

struct Announced {
  std::mutex mutex;
  std::map<std::string, Announcement> entries;
};
Announced& AllAnnounced() {
  static Announced announced;
  return announced;
}

/// Whether maintenance has removed the entry since it was written.
Result<bool> IsTakenAway(const StoragePtr& storage, const std::string& location, const Announcement& known) {
  INGOT_ASSIGN(const bool there, storage->Exists(location));
  if (there || known.storage == storage) return !there;
  // Storages in memory may each have a table of that location.
  return !known.storage->Exists(location).value_or(false);
}

Status Renew(const StoragePtr& storage, const std::string& location, Announcement* known) {
  bool taken_away = false;
  if (known != nullptr) {
    INGOT_ASSIGN(taken_away, IsTakenAway(storage, location, *known));
  }
  INGOT_ASSIGN(const auto out, storage->OpenOutput(location));
  INGOT_ARROW(out->Write(Self()));
  INGOT_ARROW(out->Close());
  if (taken_away) known->lost_before = next_file;
  return {};
}

Status Announce(const StoragePtr& storage, const std::string& location) {
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  const auto known = announced.entries.find(location);
  const auto now = SteadyClock::now();
  const int64_t now_micros = NowMicros();
  const bool first = known == announced.entries.end();
  if (!first && now - known->second.renewed < kAnnounceEvery) return {};
  INGOT_TRY(Renew(storage, location, first ? nullptr : &known->second));
  Announcement& entry = announced.entries[location];
  if (!first && (now - entry.renewed > kStandstill ||
                 std::abs(now_micros - entry.renewed_micros) > std::chrono::microseconds(kStandstill).count()))
    entry.uncertain_before = next_file;
  entry.renewed = now, entry.renewed_micros = now_micros, entry.storage = storage;
  return {};
}

std::string WriterEntry(const TableMetadata& metadata) {
  return storage::JoinLocation(Folder(metadata), std::string(kWrites) + ProcessId());
}

/// The number of a file that this process named, nothing for one of others.
std::optional<uint64_t> NumberOf(std::string_view location) {
  const std::string_view name = location.substr(location.rfind('/') + 1);
  const size_t at = name.find(ProcessId() + "-");
  if (at == std::string_view::npos) return std::nullopt;
  uint64_t number = 0;
  std::from_chars(name.data() + at + kUuidTextBytes + 1, name.data() + name.size(), number);
  return number;
}

}  // namespace

std::string NewFileName() {
  return fmt::format("{}-{}", ProcessId(), next_file++);
}

Status AnnounceWriter(const StoragePtr& storage, const TableMetadata& metadata) {
  return WithContext(Announce(storage, WriterEntry(metadata)), "announce a writer");
}

Status ProveWriter(const StoragePtr& storage, const TableMetadata& metadata, const std::vector<std::string>& added) {
  if (added.empty()) return {};
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  const std::string location = WriterEntry(metadata);
  const auto known = announced.entries.find(location);
  if (known == announced.entries.end()) return Fail(ErrorKind::kInternal, "a writer that was not announced commits");
  Announcement& entry = known->second;
  INGOT_ASSIGN(const bool taken_away, IsTakenAway(storage, location, entry));
  if (taken_away) INGOT_TRY(Renew(storage, location, &entry));
  for (const std::string& file : added) {
    const auto number = NumberOf(file);
    bool gone = number && *number < entry.lost_before;
    if (!gone && (taken_away || (number && *number < entry.uncertain_before))) {
      INGOT_ASSIGN(const bool exists, storage->Exists(file));
      gone = !exists;
    }
    if (gone)
      return Fail(ErrorKind::kConflict,
                  "maintenance took this process for ended and removed its entry from the table's journal (was it "
                  "stopped, or a clock wrong?): files that it wrote may be in the trash and are not committed: " +
                      file + "; run again, the records are read again");
  }
  return {};
}

void AnnounceReader(const StoragePtr& storage, const TableMetadata& metadata, SnapshotId id) {
  const std::string name = fmt::format("{}{}-{}", kReads, ProcessId(), uint64_t(id));
  if (const auto done = Announce(storage, storage::JoinLocation(Folder(metadata), name)); !done)
    LogDebug("this reader goes unannounced: " + done.error().message);
}

void WithdrawAll() {
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  for (const auto& [location, entry] : announced.entries) (void)entry.storage->Delete(location);
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
    const Life life = LifeOf(*text);
    if (life == Life::kEnded) {
      journal.ended.insert(entry.location);
    } else if (life == Life::kUnknown && now - entry.modified_micros > kSilentMax) {
      journal.silent.insert(entry.location);
    } else if (writes) {
      journal.writers.emplace(name.substr(kWrites.size()));
    } else if (name.size() > kReads.size() + kUuidTextBytes + 1) {
      uint64_t id = 0;
      std::from_chars(name.data() + kReads.size() + kUuidTextBytes + 1, name.data() + name.size(), id);
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
