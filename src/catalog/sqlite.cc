#include "catalog/sqlite.h"

#include <sqlite3.h>

#include <filesystem>
#include <mutex>

namespace ingot::catalog {
namespace {

constexpr int kBusyWaitMs = 10'000;

class SqliteDatabase : public SqlDatabase {
 public:
  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}
  ~SqliteDatabase() override { sqlite3_close(database_); }

  Status Open() {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
    if (sqlite3_open_v2(path_.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        nullptr) != SQLITE_OK)
      return Fail(ErrorKind::kBadConfig, "cannot open the catalog " + path_ + ": " + sqlite3_errmsg(database_));
    sqlite3_busy_timeout(database_, kBusyWaitMs);
    return {};
  }

  Result<std::vector<Row>> Query(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    return Run(sql, parameters);
  }

  Result<int64_t> Change(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    INGOT_TRY(Run(sql, parameters));
    return sqlite3_changes(database_);
  }

 private:
  Error Problem() {
    const int code = sqlite3_errcode(database_) & 0xFF;
    const ErrorKind kind = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? ErrorKind::kRetry
                           : code == SQLITE_IOERR                            ? ErrorKind::kOutcomeUnknown
                           : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? ErrorKind::kCorrupt
                                                                             : ErrorKind::kBadConfig;
    return Error{kind, "catalog " + path_ + ": " + sqlite3_errmsg(database_)};
  }

  Result<std::vector<Row>> Run(const char* sql, const std::vector<std::string>& parameters) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) return std::unexpected(Problem());
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    // Parameters are numbered in the order of their first appearance, which the statements of jdbc.cc keep ascending.
    for (size_t i = 0; i < parameters.size(); ++i)
      sqlite3_bind_text(statement, int(i) + 1, parameters[i].data(), int(parameters[i].size()), SQLITE_STATIC);
    std::vector<Row> rows;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.emplace_back(text ? text : "");
      }
      rows.push_back(std::move(row));
    }
    if (code != SQLITE_DONE) return std::unexpected(Problem());
    return rows;
  }

  const std::string path_;
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> OpenSqlite(const std::string& path) {
  auto database = std::make_unique<SqliteDatabase>(path);
  INGOT_TRY(database->Open());
  return std::unique_ptr<SqlDatabase>(std::move(database));
}

}  // namespace ingot::catalog
