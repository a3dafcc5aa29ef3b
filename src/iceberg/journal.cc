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

constexpr auto kAnnounceEvery = std::chrono::minutes(10), kPauseMax = std::chrono::minutes(60);
constexpr int64_t kSilentAfter = kMicrosPerDay;
constexpr std::string_view kWrites = "writes-", kReads = "reads-";

/// The digit of a UUID that has its version. Version 8 is for the use of vendors: other writers of Iceberg tables name
/// files by version 4.
constexpr size_t kVersionDigit = 14;

/// The part of the process's UUID that is in the names of all its files. A number takes the place of the rest in the
/// names of metadata files.
constexpr size_t kProcessBytes = 24;

const std::string& ProcessId() {
  static const std::string id = [] {
    std::string uuid = RandomUuid();
    uuid[kVersionDigit] = '8';
    return uuid;
  }();
  return id;
}

std::string FirstLine(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

/// Identifies the machine, its boot and the namespace of its process ids.
std::string Machine() {
  std::error_code ignored;
  char host[256] = "";
  (void)::gethostname(host, sizeof host - 1);
  return std::string(host) + " " + FirstLine("/proc/sys/kernel/random/boot_id") + " " +
         std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

/// The start time of a process in clock ticks, as its id may be reused. Empty if it does not exist or is a zombie.
std::string StartTime(int64_t pid) {
  const std::string stat = FirstLine(fmt::format("/proc/{}/stat", pid));
  size_t at = stat.rfind(')');
  if (at == std::string::npos || at + 2 >= stat.size() || stat[at + 2] == 'Z' || stat[at + 2] == 'X') return "";
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

/// Whether the process exists but /proc hides it, as it may for processes of other users.
bool IsHidden(int64_t pid) {
  return FirstLine(fmt::format("/proc/{}/stat", pid)).empty() && (::kill(pid_t(pid), 0) == 0 || errno == EPERM);
}

/// "machine|pid|start time"
std::string ThisProcess() {
  return fmt::format("{}|{}|{}", Machine(), ::getpid(), StartTime(::getpid()));
}

enum class ProcessState { kRunning, kEnded, kUnknown };

/// The state of an entry's process. Unknown for other machines and other namespaces of process ids (containers).
ProcessState StateOf(const std::string& entry) {
  const size_t first = entry.find('|'), second = entry.find('|', first + 1);
  if (second == std::string::npos || entry.substr(0, first) != Machine()) return ProcessState::kUnknown;
  int64_t pid = 0;
  std::from_chars(entry.data() + first + 1, entry.data() + second, pid);
  if (pid <= 0 || IsHidden(pid)) return ProcessState::kUnknown;
  return StartTime(pid) == entry.substr(second + 1) ? ProcessState::kRunning : ProcessState::kEnded;
}

std::string Folder(const TableMetadata& metadata) {
  return storage::JoinLocation(MetadataFolder(metadata), "journal");
}

std::atomic<uint64_t> next_file{0};

/// A journal entry of this process. Its files are identified by their number (NewFileName).
struct Announcement {
  SteadyClock::time_point renewed;
  int64_t renewed_micros = 0;  // wall clock: the steady clock stops while a machine sleeps
  StoragePtr storage;
  uint64_t lost_before = 0;       // files with lower numbers are lost: the entry was removed
  uint64_t uncertain_before = 0;  // files with lower numbers must be looked up: the process paused
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
Result<bool> IsRemoved(const StoragePtr& storage, const std::string& location, const Announcement& known) {
  INGOT_ASSIGN(const bool there, storage->Exists(location));
  if (there || known.storage == storage) return !there;
  // Several storages in memory may have a table at the same location.
  return !known.storage->Exists(location).value_or(false);
}

Status Renew(const StoragePtr& storage, const std::string& location, Announcement* known) {
  bool removed = false;
  if (known != nullptr) {
    INGOT_ASSIGN(removed, IsRemoved(storage, location, *known));
  }
  INGOT_ASSIGN(const auto out, storage->OpenOutput(location));
  INGOT_ARROW(out->Write(ThisProcess()));
  INGOT_ARROW(out->Close());
  if (removed) known->lost_before = next_file;
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
  if (!first && (now - entry.renewed > kPauseMax ||
                 std::abs(now_micros - entry.renewed_micros) > std::chrono::microseconds(kPauseMax).count()))
    entry.uncertain_before = next_file;
  entry.renewed = now, entry.renewed_micros = now_micros, entry.storage = storage;
  return {};
}

std::string WriterEntry(const TableMetadata& metadata) {
  return storage::JoinLocation(Folder(metadata), std::string(kWrites) + ProcessId());
}

/// The number in a file's name; nothing if another process named it.
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

std::string NewMetadataUuid() {
  return fmt::format("{}{:012x}", ProcessId().substr(0, kProcessBytes), next_file++);
}

bool IsNameOfIngot(std::string_view location) {
  const std::string_view name = location.substr(location.rfind('/') + 1);
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos || name.size() <= dash + 1 + kUuidTextBytes) return false;
  return name[dash + 1 + kVersionDigit] == '8' || name[dash + 1 + kUuidTextBytes] == '-';
}

Status AnnounceWriter(const StoragePtr& storage, const TableMetadata& metadata) {
  return WithContext(Announce(storage, WriterEntry(metadata)), "announce a writer");
}

Status CheckWriterEntry(const StoragePtr& storage, const TableMetadata& metadata,
                        const std::vector<std::string>& added) {
  if (added.empty()) return {};
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  const std::string location = WriterEntry(metadata);
  const auto known = announced.entries.find(location);
  if (known == announced.entries.end()) return Fail(ErrorKind::kInternal, "commit without an announced writer");
  Announcement& entry = known->second;
  INGOT_ASSIGN(const bool removed, IsRemoved(storage, location, entry));
  if (removed) INGOT_TRY(Renew(storage, location, &entry));
  for (const std::string& file : added) {
    const auto number = NumberOf(file);
    bool gone = number && *number < entry.lost_before;
    if (!gone && (removed || (number && *number < entry.uncertain_before))) {
      INGOT_ASSIGN(const bool exists, storage->Exists(file));
      gone = !exists;
    }
    if (gone)
      return Fail(ErrorKind::kConflict,
                  "maintenance considered this process ended and removed its entry from the table's journal (was the "
                  "process suspended, or a clock wrong?); its files may be in the trash and are not committed: " +
                      file + "; run again to read the records again");
  }
  return {};
}

void AnnounceReader(const StoragePtr& storage, const TableMetadata& metadata, SnapshotId id) {
  const std::string name = fmt::format("{}{}-{}", kReads, ProcessId(), uint64_t(id));
  if (const auto done = Announce(storage, storage::JoinLocation(Folder(metadata), name)); !done)
    LogDebug("reader not announced: " + done.error().message);
}

void WithdrawAll() {
  Announced& announced = AllAnnounced();
  std::lock_guard lock(announced.mutex);
  for (const auto& [location, entry] : announced.entries) (void)entry.storage->Delete(location);
  announced.entries.clear();
}

bool Journal::Owns(std::string_view location) const {
  const std::string_view name = location.substr(location.rfind('/') + 1);
  return std::ranges::any_of(writers, [&](const std::string& writer) {
    return name.find(writer.substr(0, kProcessBytes)) != std::string_view::npos;
  });
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
    if (!text) continue;  // it was removed after the listing
    const ProcessState state = StateOf(*text);
    if (state == ProcessState::kEnded) {
      journal.ended.insert(entry.location);
    } else if (state == ProcessState::kUnknown && now - entry.modified_micros > kSilentAfter) {
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
