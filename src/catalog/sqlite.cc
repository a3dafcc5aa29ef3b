#include "catalog/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "catalog/lock_holders.h"
#include "storage/folders.h"

namespace ingot::catalog {
namespace {

using SteadyClock = std::chrono::steady_clock;

int64_t Seconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

class SqliteDatabase : public SqlDatabase {
 public:
  SqliteDatabase(std::string path, IfMissing if_missing, LockWaits waits)
      : path_(std::move(path)), if_missing_(if_missing), waits_(waits) {}
  ~SqliteDatabase() override { sqlite3_close(database_); }

  Status Open() {
    if (database_ != nullptr) return {};
    if (if_missing_ == IfMissing::kReadNothing) {
      struct stat found;
      if (::stat(path_.c_str(), &found) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
          return Fail(ErrorKind::kNotFound, "catalog file does not exist: " + path_);
        return Fail(ErrorKind::kBadConfig, "cannot open the catalog " + path_ + ": " + std::strerror(errno));
      }
    } else {
      INGOT_TRY(WithContext(storage::MakeFolder(std::filesystem::path(path_).parent_path()), "catalog " + path_));
    }
    INGOT_TRY(Connect());
    // SQLite falls back to read-only when opening for writing fails, even if only for a moment: try once more.
    if (sqlite3_db_readonly(database_, "main") == 1 && ::access(path_.c_str(), W_OK) == 0) {
      sqlite3_close(std::exchange(database_, nullptr));
      INGOT_TRY(Connect());
    }
    sqlite3_busy_handler(
        database_, [](void* self, int) { return static_cast<SqliteDatabase*>(self)->WaitForLock(); }, this);
    // EXTRA also syncs the folder after a commit: otherwise a journal that a power failure restores could undo it.
    if (sqlite3_exec(database_, "PRAGMA synchronous = EXTRA", nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    Error error = LastError();
    sqlite3_close(std::exchange(database_, nullptr));
    return std::unexpected(std::move(error));
  }

  Result<std::vector<Row>> Query(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    auto rows = Run(sql, parameters);
    // A query has no side effects: it can be retried.
    if (!rows && rows.error().kind == ErrorKind::kOutcomeUnknown) rows.error().kind = ErrorKind::kRetry;
    return rows;
  }

  Result<int64_t> Change(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    INGOT_TRY(Run(sql, parameters));
    return sqlite3_changes(database_);
  }

 private:
  Status Connect() {
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | (if_missing_ == IfMissing::kCreate ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path_.c_str(), &database_, flags, nullptr) == SQLITE_OK) return {};
    Error error = LastError();
    sqlite3_close(std::exchange(database_, nullptr));
    return std::unexpected(std::move(error));
  }

  /// Called by SQLite while another connection holds the lock. Returns 0 to give up.
  int WaitForLock() {
    const auto now = SteadyClock::now();
    if (!locked_since_) locked_since_ = now;
    const auto waited = now - *locked_since_;
    if (waited >= waits_.total) return 0;
    if (waited >= waits_.silent && !warned_) {
      warned_ = true;
      LogWarning(fmt::format("the catalog {} is locked by {}; waiting for up to {} s more", path_, LockHolders(path_),
                             Seconds(waits_.total - waits_.silent)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(waited < std::chrono::seconds(1) ? 5 : 50));
    return 1;
  }

  static ErrorKind KindOf(int code) {
    switch (code) {
      case SQLITE_ERROR:
        return ErrorKind::kNotFound;  // our statements are valid SQL: a table or column is missing
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_PROTOCOL:
      case SQLITE_NOMEM:
        return ErrorKind::kRetry;
      case SQLITE_IOERR:
      case SQLITE_FULL:
        return ErrorKind::kOutcomeUnknown;
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        return ErrorKind::kCorrupt;
      default:
        return ErrorKind::kBadConfig;
    }
  }

  /// The errno of SQLite's failed system call; 0 when unknown. ENOENT counts only for SQLITE_CANTOPEN: after an error
  /// SQLite probes for files that may be absent.
  int CauseOf(int code, int call_error) {
    if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN && code != SQLITE_FULL) return 0;
    int file_error = 0;
    sqlite3_file_control(database_, nullptr, SQLITE_FCNTL_LAST_ERRNO, &file_error);
    for (const int cause : {call_error, sqlite3_system_errno(database_), file_error})
      if (cause != 0 && (cause != ENOENT || code == SQLITE_CANTOPEN)) return cause;
    return 0;
  }

  /// The error of the last failed statement. `call_error` is errno after it.
  Error LastError(int call_error = 0) {
    int code = sqlite3_errcode(database_) & 0xFF, file_error = 0;
    // SQLite reports unreadable disk blocks as corruption.
    if (code == SQLITE_CORRUPT &&
        sqlite3_file_control(database_, nullptr, SQLITE_FCNTL_LAST_ERRNO, &file_error) == SQLITE_OK && file_error != 0)
      code = SQLITE_IOERR;
    if (code == SQLITE_BUSY)
      return Error{ErrorKind::kRetry,
                   fmt::format("the catalog {} has been locked by {} for more than {} s: end that process, or retry "
                               "when it is done",
                               path_, LockHolders(path_), Seconds(waits_.total))};
    const int cause = file_error != 0 ? file_error : CauseOf(code, call_error);
    // If SQLite cannot create its journal, it checks whether one exists and remembers the errno of that check.
    if (code == SQLITE_CANTOPEN && cause == ENOENT && ::access(path_.c_str(), F_OK) == 0)
      return Error{ErrorKind::kRetry, "catalog " + path_ +
                                          ": cannot create its journal in the same folder (look at the folder's "
                                          "permissions, space and quota)"};
    return Error{KindOf(code),
                 "catalog " + path_ + ": " + (file_error != 0 ? "disk I/O error" : sqlite3_errmsg(database_)) +
                     (cause == 0 ? "" : std::string(": ") + std::strerror(cause)) +
                     (code == SQLITE_READONLY ? " (look at the permissions of the file and its folder)" : "")};
  }

  Result<std::vector<Row>> Run(const char* sql, const std::vector<std::string>& parameters) {
    INGOT_TRY(Open());
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) return std::unexpected(LastError());
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    // Parameters are numbered in the order of their first appearance, which the statements of jdbc.cc keep ascending.
    for (size_t i = 0; i < parameters.size(); ++i)
      sqlite3_bind_text(statement, int(i) + 1, parameters[i].data(), int(parameters[i].size()), SQLITE_STATIC);
    std::vector<Row> rows;
    int code;
    errno = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.emplace_back(text ? text : "");
      }
      rows.push_back(std::move(row));
    }
    if (code != SQLITE_DONE) return std::unexpected(LastError(errno));
    locked_since_.reset();
    warned_ = false;
    return rows;
  }

  const std::string path_;
  const IfMissing if_missing_;
  const LockWaits waits_;
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
  // When the database was first found locked; reset on success. All attempts of a command share one waiting time.
  std::optional<SteadyClock::time_point> locked_since_;
  bool warned_ = false;
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> OpenSqlite(const std::string& path, IfMissing if_missing, LockWaits waits) {
  auto database = std::make_unique<SqliteDatabase>(path, if_missing, waits);
  if (if_missing == IfMissing::kCreate) INGOT_TRY(database->Open());
  return std::unique_ptr<SqlDatabase>(std::move(database));
}

}  // namespace ingot::catalog
