#include "catalog/rest.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/environment.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/outage.h"
#include "base/retry.h"
#include "base/url_encoding.h"
#include "catalog/rest_changes.h"
#include "http/http.h"
#include "iceberg/location_catalog.h"

namespace ingot::catalog {
namespace {

using iceberg::LoadedTable;
using iceberg::TableMetadata;
using iceberg::TableName;
using Json = nlohmann::json;
using storage::Properties;

std::vector<std::string> Levels(const std::string& space) {
  std::vector<std::string> levels{""};
  for (const char c : space)
    if (c == '.')
      levels.emplace_back();
    else
      levels.back() += c;
  return levels;
}

/// The path segment of a namespace: its levels joined by the unit separator (0x1F).
std::string SpacePath(const std::string& space) {
  std::string path;
  for (const std::string& level : Levels(space)) path += (path.empty() ? "" : "%1F") + UrlEncode(level);
  return path;
}

std::string Dotted(const Json& levels) {
  std::string space;
  for (const Json& level : levels) space += (space.empty() ? "" : ".") + level.get<std::string>();
  return space;
}

void Merge(const Json& object, const char* key, Properties& into) {
  if (!object.contains(key) || !object.at(key).is_object()) return;
  for (const auto& [name, value] : object.at(key).items())
    into[name] = value.is_string() ? value.get<std::string>() : value.dump();
}

class RestCatalog : public iceberg::Catalog {
 public:
  explicit RestCatalog(RestOptions options)
      : options_(std::move(options)), token_(EnvironmentOr("INGOT_CATALOG_TOKEN")) {
    while (options_.uri.ends_with('/')) options_.uri.pop_back();
    base_ = options_.uri + "/v1";
  }

  Status Configure() {
    const std::string query = options_.warehouse.empty() ? "" : "?warehouse=" + UrlEncode(options_.warehouse);
    INGOT_ASSIGN(const Json config, GetJson("/config" + query));
    Merge(config, "defaults", properties_);
    Merge(config, "overrides", properties_);
    if (const std::string& uri = properties_["uri"]; !uri.empty()) base_ = uri + (uri.ends_with('/') ? "v1" : "/v1");
    if (const std::string& prefix = properties_["prefix"]; !prefix.empty()) base_ += "/" + prefix;
    return {};
  }

  const std::string& Name() const override { return options_.name; }
  bool ChoosesLocations() const override { return true; }

  Status CreateNamespace(const std::string& space) override {
    const auto response = Send({.method = "POST",
                                .url = base_ + "/namespaces",
                                .headers = {},
                                .body = Json{{"namespace", Levels(space)}}.dump()});
    if (!response) return std::unexpected(response.error());
    if (response->status == 409 || response->status / 100 == 2) return {};
    return std::unexpected(Problem("create namespace " + space, *response));
  }

  Result<std::vector<std::string>> ListNamespaces() override {
    std::vector<std::string> spaces;
    INGOT_TRY(NamespacesBelow("", spaces));
    return spaces;
  }

  Result<std::vector<TableName>> ListTables() override {
    INGOT_ASSIGN(const auto spaces, ListNamespaces());
    std::vector<TableName> tables;
    for (const std::string& space : spaces)
      INGOT_TRY(Pages("/namespaces/" + SpacePath(space) + "/tables", "identifiers", [&](const Json& table) {
        tables.push_back({Dotted(table.at("namespace")), table.at("name").get<std::string>()});
      }));
    return tables;
  }

  Result<LoadedTable> Load(const TableName& table, const StoragePtr& storage) override {
    INGOT_ASSIGN(const Json response, GetJson(TablePath(table), table.Text()));
    return TableFrom(response, storage);
  }

  Result<LoadedTable> Create(const TableName& table, const TableMetadata& metadata,
                             const StoragePtr& storage) override {
    const auto response = Send({.method = "POST",
                                .url = base_ + "/namespaces/" + SpacePath(table.space) + "/tables",
                                .headers = {},
                                .body = RestCreate(table.name, metadata).dump()});
    if (!response) return std::unexpected(response.error());
    if (response->status == 409) return Fail(ErrorKind::kExists, "table exists: " + table.Text());
    if (response->status / 100 != 2) return std::unexpected(Problem("create " + table.Text(), *response));
    INGOT_ASSIGN(const Json json, Parsed(response->body));
    INGOT_ASSIGN(LoadedTable created, TableFrom(json, storage));
    if (Status unused = CheckFolderUnused(table, created); !unused) {
      (void)Drop(table);
      return std::unexpected(std::move(unused).error());
    }
    return created;
  }

  Result<LoadedTable> Commit(const TableName& table, const LoadedTable& base, const TableMetadata& next) override {
    const Json commit = RestCommit(*base.metadata, next);
    if (commit.at("updates").empty()) return base;
    INGOT_TRY(FaultPoint("commit.before_swap"));
    auto response = Send({.method = "POST", .url = base_ + TablePath(table), .headers = {}, .body = commit.dump()});
    if (response && response->status / 100 == 2)
      if (const Status lost = FaultPoint("catalog.answer"); !lost) response = std::unexpected(lost.error());
    if (response && response->status / 100 == 2) {
      if (const Status lost = FaultPoint("commit.after_swap"); !lost) return Reconcile(table, base, next, lost.error());
      INGOT_ASSIGN(const Json json, Parsed(response->body));
      return TableFrom(json, base.storage);
    }
    if (response && response->status == 409)
      return Fail(ErrorKind::kConflict, "another writer changed table " + table.Text());
    if (response && response->status < 500) return std::unexpected(Problem("commit to " + table.Text(), *response));
    return Reconcile(table, base, next, response ? Problem("commit to " + table.Text(), *response) : response.error());
  }

  Status Register(const TableName& table, const std::string& metadata_location) override {
    const auto response = Send({.method = "POST",
                                .url = base_ + "/namespaces/" + SpacePath(table.space) + "/register",
                                .headers = {},
                                .body = Json{{"name", table.name}, {"metadata-location", metadata_location}}.dump()});
    if (!response) return std::unexpected(response.error());
    if (response->status == 409) return Fail(ErrorKind::kExists, "table exists: " + table.Text());
    if (response->status / 100 != 2) return std::unexpected(Problem("register " + table.Text(), *response));
    return {};
  }

  Status Drop(const TableName& table) override {
    const auto response = Send(
        {.method = "DELETE", .url = base_ + TablePath(table) + "?purgeRequested=false", .headers = {}, .body = {}});
    if (!response) return std::unexpected(response.error());
    if (response->status / 100 != 2) return std::unexpected(Problem("drop " + table.Text(), *response));
    return {};
  }

 private:
  /// Prevents that a new table replaces one that the catalog has lost, if the server gives both the same folder.
  static Status CheckFolderUnused(const TableName& table, const LoadedTable& created) {
    const auto taken = iceberg::MetadataWithSnapshots(*created.storage, MetadataFolder(*created.metadata));
    if (!taken || !*taken) return {};  // a storage that cannot be listed is reported by its users
    return Fail(ErrorKind::kBadConfig, iceberg::FolderTaken(table, **taken, created.metadata->location));
  }

  static std::string TablePath(const TableName& table) {
    return "/namespaces/" + SpacePath(table.space) + "/tables/" + UrlEncode(table.name);
  }

  static Result<Json> Parsed(const std::string& body) {
    Json json = Json::parse(body, nullptr, false);
    if (json.is_discarded()) return Fail(ErrorKind::kCorrupt, "REST catalog: the response is not JSON");
    return json;
  }

  Error Problem(const std::string& doing, const http::HttpResponse& response) const {
    const Json json = Json::parse(response.body, nullptr, false);
    std::string message = json.is_object() && json.contains("error") && json.at("error").is_object()
                              ? json.at("error").value("message", "")
                              : response.body.substr(0, 200);
    const int status = response.status;
    ErrorKind kind = status == 404                    ? ErrorKind::kNotFound
                     : status == 409                  ? ErrorKind::kConflict
                     : status == 429 || status >= 500 ? ErrorKind::kRetry
                     : status == 401 || status == 403 ? ErrorKind::kBadConfig
                                                      : ErrorKind::kBadInput;
    if (kind == ErrorKind::kBadConfig) message += " (look at INGOT_CATALOG_TOKEN or INGOT_CATALOG_CREDENTIAL)";
    return Error{kind, fmt::format("catalog {}: {}: HTTP {}: {}", options_.uri, doing, status, message)};
  }

  /// Sends with the token, which is renewed once if rejected. Retries, with a bound, when throttled or when the server
  /// was not reached: such a request had no effect.
  Result<http::HttpResponse> Send(http::HttpRequest request) {
    if (!request.body.empty()) request.headers.push_back("Content-Type: application/json");
    request.headers.push_back("X-Iceberg-Access-Delegation: vended-credentials");
    Backoff backoff;
    bool renewed = false;
    while (true) {
      http::HttpRequest signed_request = request;
      INGOT_ASSIGN(const std::string token, Token());
      if (!token.empty()) signed_request.headers.push_back("Authorization: Bearer " + token);
      const int64_t began = NowMicros();
      auto response = http_.Send(signed_request);
      NoteResponse(response, began);
      if (response && response->status == 401 && !renewed && !EnvironmentOr("INGOT_CATALOG_CREDENTIAL").empty()) {
        renewed = true;
        std::lock_guard lock(mutex_);
        token_.clear();
        continue;
      }
      const bool unsent = !response && response.error().kind == ErrorKind::kRetry;
      const bool throttled = response && response->status == 429;
      if ((!unsent && !throttled) || !backoff.Wait()) return response;
    }
  }

  void NoteResponse(const Result<http::HttpResponse>& response, int64_t began) const {
    const std::string server = "the catalog at " + options_.uri;
    if (!response && response.error().kind != ErrorKind::kBadConfig)
      ServerFailed(server, response.error().message, began);
    else if (response && (response->status == 429 || response->status >= 500))
      ServerFailed(server, fmt::format("HTTP {}", response->status), began);
    else
      ServerAnswered(server);
  }

  /// A GET request, retried while the server fails. A 404 is reported as missing table `about` if that is given.
  Result<Json> GetJson(const std::string& path, const std::string& about = "") {
    Backoff backoff;
    while (true) {
      auto response = Send({.method = "GET", .url = base_ + path, .headers = {}, .body = {}});
      if (response && response->status / 100 == 2) return Parsed(response->body);
      if (response && response->status == 404 && !about.empty())
        return Fail(ErrorKind::kNotFound, "table does not exist: " + about);
      if (!response && response.error().kind == ErrorKind::kRetry)
        return std::unexpected(response.error());  // after the retries of Send
      Error error = response ? Problem("GET " + path, *response) : response.error();
      if (error.kind == ErrorKind::kOutcomeUnknown) error.kind = ErrorKind::kRetry;
      if (error.kind != ErrorKind::kRetry || !backoff.Wait()) return std::unexpected(std::move(error));
    }
  }

  Status Pages(const std::string& path, const char* list, const std::function<void(const Json&)>& take) {
    std::string page;
    do {
      const char* joint = path.find('?') == std::string::npos ? "?" : "&";
      INGOT_ASSIGN(const Json response, GetJson(path + joint + "pageSize=100&pageToken=" + UrlEncode(page)));
      for (const Json& element : response.value(list, Json::array())) take(element);
      const auto next = response.find("next-page-token");
      page = next != response.end() && next->is_string() ? next->get<std::string>() : "";
    } while (!page.empty());
    return {};
  }

  Status NamespacesBelow(const std::string& parent, std::vector<std::string>& spaces) {
    std::vector<std::string> found;
    const std::string query = parent.empty() ? "" : "?parent=" + SpacePath(parent);
    INGOT_TRY(Pages("/namespaces" + query, "namespaces", [&](const Json& levels) { found.push_back(Dotted(levels)); }));
    for (const std::string& space : found) {
      spaces.push_back(space);
      INGOT_TRY(NamespacesBelow(space, spaces));
    }
    return {};
  }

  Result<std::string> Token() {
    const std::string credential = EnvironmentOr("INGOT_CATALOG_CREDENTIAL");
    std::lock_guard lock(mutex_);
    if (credential.empty()) return token_;
    const auto now = std::chrono::steady_clock::now();
    if (!token_.empty() && now < token_until_) return token_;
    const auto colon = credential.find(':');
    const std::string body =
        "grant_type=client_credentials&client_id=" + UrlEncode(credential.substr(0, colon)) +
        "&client_secret=" + UrlEncode(colon == std::string::npos ? "" : credential.substr(colon + 1)) +
        "&scope=" + UrlEncode(EnvironmentOr("INGOT_CATALOG_SCOPE", "catalog"));
    INGOT_ASSIGN(const http::HttpResponse response,
                 http_.Send({.method = "POST",
                             .url = EnvironmentOr("INGOT_CATALOG_OAUTH2_URI", options_.uri + "/v1/oauth/tokens"),
                             .headers = {"Content-Type: application/x-www-form-urlencoded"},
                             .body = body}));
    if (response.status / 100 != 2) {
      Error error = Problem("get a token", response);
      if (response.status < 500) error.kind = ErrorKind::kBadConfig;
      return std::unexpected(std::move(error));
    }
    INGOT_ASSIGN(const Json json, Parsed(response.body));
    token_ = json.value("access_token", "");
    if (token_.empty()) return Fail(ErrorKind::kBadConfig, "REST catalog: the token response has no access_token");
    token_until_ = now + std::chrono::seconds(std::max(1, json.value("expires_in", 3600) * 9 / 10));
    return token_;
  }

  Result<LoadedTable> TableFrom(const Json& response, const StoragePtr& storage) {
    if (!response.contains("metadata")) return Fail(ErrorKind::kCorrupt, "REST catalog: the response has no metadata");
    INGOT_ASSIGN(TableMetadata metadata, iceberg::ParseTableMetadata(response.at("metadata").dump()));
    INGOT_ASSIGN(auto files, StorageFor(response, metadata.location, storage));
    return LoadedTable{response.value("metadata-location", ""),
                       std::make_shared<const TableMetadata>(std::move(metadata)), std::move(files)};
  }

  /// Merges the settings of the catalog, of the table, and of the credentials with the longest prefix of `location`.
  Result<StoragePtr> StorageFor(const Json& response, const std::string& location, const StoragePtr& storage) {
    Properties all = properties_;
    Merge(response, "config", all);
    const Json* best = nullptr;
    const Json credentials = response.value("storage-credentials", Json::array());
    for (const Json& credential : credentials)
      if (location.starts_with(credential.value("prefix", "")) &&
          (best == nullptr || credential.value("prefix", "").size() > best->value("prefix", "").size()))
        best = &credential;
    if (best != nullptr) Merge(*best, "config", all);
    Properties ours;
    for (const auto& [key, value] : all)
      if (key.starts_with("s3.") || key == "client.region") ours[key] = value;
    if (ours.empty()) return storage;
    std::lock_guard lock(mutex_);
    if (!vended_ || ours != vended_for_) {
      INGOT_ASSIGN(vended_, storage::OpenStorage(location, ours));
      vended_for_ = ours;
    }
    return vended_;
  }

  /// After a lost response: the commit succeeded if its snapshot is in the table or none of its updates is missing.
  Result<LoadedTable> Reconcile(const TableName& table, const LoadedTable& base, const TableMetadata& next,
                                const Error& lost) {
    LogWarning("commit to " + table.Text() + ": " + lost.message +
               "; loading the table to see whether it was committed");
    auto now = Load(table, base.storage);
    if (!now)
      return Fail(ErrorKind::kOutcomeUnknown,
                  "commit to " + table.Text() +
                      ": the response was lost and the table cannot be loaded: " + now.error().message);
    const auto added = iceberg::SnapshotsNotIn(next, *base.metadata);
    for (const iceberg::Snapshot* snapshot : added)
      if (now->metadata->SnapshotById(snapshot->snapshot_id) != nullptr) return now;
    if (added.empty() && RestCommit(*now->metadata, next).at("updates").empty()) return now;
    return Fail(ErrorKind::kOutcomeUnknown, "commit to " + table.Text() + ": not found in the table: " + lost.message);
  }

  RestOptions options_;
  std::string base_;
  Properties properties_;
  http::HttpClient http_;
  std::mutex mutex_;
  std::string token_;
  std::chrono::steady_clock::time_point token_until_;
  StoragePtr vended_;
  Properties vended_for_;
};

}  // namespace

Result<std::shared_ptr<iceberg::Catalog>> OpenRest(const RestOptions& options) {
  auto catalog = std::make_shared<RestCatalog>(options);
  INGOT_TRY(catalog->Configure());
  return std::shared_ptr<iceberg::Catalog>(std::move(catalog));
}

}  // namespace ingot::catalog
