#include "catalog/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/lazy_library.h"
#include "base/log.h"
#include "base/outage.h"
#include "base/retry.h"
#include "catalog/open.h"

namespace ingot::catalog {
namespace {

constexpr std::chrono::seconds kAnswerMax{30};  // the connection counts as lost after this time without a response

// clang-format off
#define INGOT_PQ_FUNCTIONS(X) \
  X(PQclear) X(PQcmdTuples) X(PQconnectdbParams) X(PQconsumeInput) X(PQdb) X(PQerrorMessage) X(PQfinish) \
  X(PQgetResult) X(PQgetvalue) X(PQhost) X(PQisBusy) X(PQnfields) X(PQntuples) X(PQport) X(PQresultErrorField) \
  X(PQresultErrorMessage) X(PQresultStatus) X(PQsendPrepare) X(PQsendQueryPrepared) X(PQsetNoticeProcessor) \
  X(PQsocket) X(PQstatus)
// clang-format on
INGOT_LAZY_DEFINE(INGOT_PQ_FUNCTIONS)

Status LoadPq() {
  static const Status loaded = OpenLibrary("libpq.so.5", {INGOT_PQ_FUNCTIONS(INGOT_LAZY_ENTRY)});
  return loaded;
}

using Answer = std::unique_ptr<PGresult, decltype(PQclear)>;

std::string OneLine(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (text.ends_with('\n')) text.pop_back();
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

class PostgresDatabase : public SqlDatabase {
 public:
  explicit PostgresDatabase(std::string uri) : uri_(std::move(uri)) {}
  ~PostgresDatabase() override {
    if (connection_ != nullptr) PQfinish(connection_);
  }

  Status Connect() {
    INGOT_TRY(LoadPq());
    const int64_t began = NowMicros();
    PQfinish(connection_);
    prepared_.clear();
    const char* keys[] = {"dbname", "application_name", "connect_timeout", "tcp_user_timeout", nullptr};
    const char* values[] = {uri_.c_str(), "ingot", "10", "15000", nullptr};
    connection_ = PQconnectdbParams(keys, values, 1);
    if (PQstatus(connection_) == CONNECTION_OK) {
      connected_ = true;
      ServerAnswered(Server());
      PQsetNoticeProcessor(connection_, [](void*, const char* notice) { LogDebug(OneLine(notice)); }, nullptr);
      return {};
    }
    std::string message = OneLine(PQerrorMessage(connection_));
    if (const size_t at = message.find(uri_); at != std::string::npos)
      message.replace(at, uri_.size(), WithoutPassword(uri_));
    const auto contains = [&](const char* text) { return message.find(text) != std::string::npos; };
    const bool rejected = contains("authentication failed") || contains("no password supplied") ||
                          contains("does not exist") || contains("no pg_hba.conf entry") || contains("certificate") ||
                          contains("does not support SSL") || contains("invalid") ||
                          (contains("could not translate host name") && !connected_);
    // A name that was known may be gone with its server for a while, as those of containers are.
    if (!rejected) ServerFailed(Server(), message, began);
    return Fail(rejected ? ErrorKind::kBadConfig : ErrorKind::kRetry,
                Where() + ": " + message +
                    (rejected ? " (look at the user, PGPASSWORD, the database's name and sslmode)" : ""));
  }

  Result<std::vector<Row>> Query(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    Backoff backoff;
    while (true) {
      INGOT_TRY(EnsureConnected());  // with its own attempts
      auto answer = Run(sql, parameters);
      if (answer) return Rows(answer->get());
      // A query has no side effects: retry it.
      const bool lost = answer.error().kind == ErrorKind::kOutcomeUnknown || answer.error().kind == ErrorKind::kRetry;
      if (!lost || !backoff.Wait()) {
        if (lost) answer.error().kind = ErrorKind::kRetry;
        return std::unexpected(std::move(answer).error());
      }
    }
  }

  Result<int64_t> Change(const char* sql, const std::vector<std::string>& parameters) override {
    std::lock_guard lock(mutex_);
    INGOT_ASSIGN(const Answer answer, Run(sql, parameters));
    return std::atoll(PQcmdTuples(answer.get()));
  }

 private:
  std::string Address() const {
    const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
    return "postgresql://" + text(PQhost(connection_)) + ":" + text(PQport(connection_)) + "/" +
           text(PQdb(connection_));
  }
  std::string Where() const { return "catalog " + Address(); }
  std::string Server() const { return "the catalog at " + Address(); }

  Status EnsureConnected() {
    if (connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK) return {};
    Backoff backoff;
    while (true) {
      const Status connected = Connect();
      if (connected || connected.error().kind != ErrorKind::kRetry || !backoff.Wait()) return connected;
    }
  }

  /// Errors: kRetry when the statement was not sent, kOutcomeUnknown when no response came.
  Result<Answer> Run(const char* sql, const std::vector<std::string>& parameters) {
    INGOT_TRY(EnsureConnected());
    INGOT_ASSIGN(const std::string name, Prepare(sql, int(parameters.size())));
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    if (PQsendQueryPrepared(connection_, name.c_str(), int(values.size()), values.data(), nullptr, nullptr, 0) != 1)
      return Lost(ErrorKind::kOutcomeUnknown);
    return Await(ErrorKind::kOutcomeUnknown);
  }

  Result<std::string> Prepare(const char* sql, int parameters) {
    const auto [known, added] = prepared_.try_emplace(sql, "s" + std::to_string(prepared_.size()));
    if (!added) return known->second;
    const std::string name = known->second;
    if (PQsendPrepare(connection_, name.c_str(), sql, parameters, nullptr) != 1) return Lost(ErrorKind::kRetry);
    if (auto answer = Await(ErrorKind::kRetry); !answer) {
      prepared_.erase(sql);
      return std::unexpected(std::move(answer).error());
    }
    return name;
  }

  /// Waits for the result of the statement that was sent. `lost` is the error kind if none comes.
  Result<Answer> Await(ErrorKind lost) {
    const int64_t began = NowMicros();
    const auto deadline = std::chrono::steady_clock::now() + kAnswerMax;
    while (PQisBusy(connection_) == 1) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd waiting{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
      if (left.count() <= 0 || (::poll(&waiting, 1, int(left.count())) == 0)) return Lost(lost, began);
      if (PQconsumeInput(connection_) != 1) return Lost(lost, began);
    }
    Answer answer(PQgetResult(connection_), PQclear);
    while (PGresult* more = PQgetResult(connection_)) PQclear(more);
    const ExecStatusType status = answer ? PQresultStatus(answer.get()) : PGRES_FATAL_ERROR;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
    const char* state = answer ? PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE) : nullptr;
    const std::string code = state == nullptr ? "" : state;
    if (code.empty() || code.starts_with("57") || code.starts_with("08") || PQstatus(connection_) != CONNECTION_OK)
      return Lost(lost, began);
    ServerAnswered(Server());
    const ErrorKind kind = code.starts_with("40") || code.starts_with("53") ? ErrorKind::kRetry
                           : code == "42P01" || code == "42703"             ? ErrorKind::kNotFound  // table, column
                                                                            : ErrorKind::kBadConfig;
    return Fail(kind, Where() + ": " + OneLine(PQresultErrorMessage(answer.get())));
  }

  /// Closes the connection, so that a late response cannot be taken for that of another statement.
  std::unexpected<Error> Lost(ErrorKind kind, int64_t began = 0) {
    std::string message = OneLine(PQerrorMessage(connection_));
    if (const size_t at = message.find(uri_); at != std::string::npos)
      message.replace(at, uri_.size(), WithoutPassword(uri_));
    auto error = Fail(kind, Where() + ": connection lost" + (message.empty() ? "" : ": " + message));
    ServerFailed(Server(), error.error().message, began);
    PQfinish(connection_);
    connection_ = nullptr;
    return error;
  }

  static std::vector<Row> Rows(const PGresult* answer) {
    std::vector<Row> rows(size_t(PQntuples(answer)));
    for (size_t i = 0; i < rows.size(); ++i)
      for (int column = 0; column < PQnfields(answer); ++column)
        rows[i].emplace_back(PQgetvalue(answer, int(i), column));
    return rows;
  }

  const std::string uri_;
  std::mutex mutex_;
  PGconn* connection_ = nullptr;
  bool connected_ = false;  // once
  std::map<std::string, std::string> prepared_;
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> OpenPostgres(const std::string& uri) {
  auto database = std::make_unique<PostgresDatabase>(uri);
  INGOT_TRY(database->Connect());
  return std::unique_ptr<SqlDatabase>(std::move(database));
}

}  // namespace ingot::catalog
