#include "serve/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>

#include "catalog/open.h"
#include "rows/table_writer.h"
#include "serve/table_state.h"
#include "stage/stage.h"

namespace ingot::serve {
namespace {

using stage::StageReport;

/// A warehouse in its own folder, with one table and one commit.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/serve" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    pipeline_.name = "p";
    environment_.pipeline = &pipeline_;
    environment_.catalog = *catalog::OpenCatalog("sqlite://" + folder_ + "/catalog.db", folder_);
    environment_.storage = *storage::OpenStorage(folder_);
    environment_.warehouse = "file://" + folder_;
    iceberg::Schema schema;
    schema.fields.push_back({.id = 1, .name = "a", .type = {.id = iceberg::TypeId::kLong}});
    const pipeline::TableSpec spec{.table = "s.t"};
    ASSERT_TRUE(stage::EnsureTable(environment_, {.spec = spec, .schema = schema, .definition = ""}));
    const StageReport report{.stage = stage::Stage::kSilver,
                             .table = "s.t",
                             .run_id = "r1",
                             .rows_in = 5,
                             .rows_out = 3,
                             .quarantined = 2,
                             .started_at_micros = 1,
                             .finished_at_micros = 2'000'001,
                             .broken_by_rule = {{"it's \"odd\"", 2}}};
    ASSERT_TRUE(iceberg::CommitSnapshot(*environment_.Home("s.t"), {.summary = report.ToSummary()}));
    auto server = Server::Start("127.0.0.1:0", {.environment = environment_,
                                                .tables = [] { return std::vector<std::string>{"s.t", "s.gone"}; },
                                                .ready = [this] { return ready_; }});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  httplib::Result Get(const char* path, const httplib::Headers& headers = {}) {
    httplib::Client client("http://" + server_->address());
    return client.Get(path, headers);
  }

  std::string folder_;
  pipeline::Pipeline pipeline_;
  stage::Environment environment_;
  Result<std::string> ready_;
  std::unique_ptr<Server> server_;
};

// Goal:   each path returns what server.h says. Method: all paths, on a warehouse with one table and one run.
TEST_F(ServerTest, Paths) {
  EXPECT_EQ(Get("/health")->body, "ok\n");
  EXPECT_EQ(Get("/ready")->status, 200);
  ready_ = "quality: rows are held back\n";
  EXPECT_EQ(Get("/ready")->body, "ready\nquality: rows are held back\n");
  EXPECT_EQ(Get("/ready")->status, 200);
  const auto open = Get("/metrics", {{"Accept", "application/openmetrics-text; version=1.0.0"}});
  EXPECT_TRUE(open->get_header_value("Content-Type").starts_with("application/openmetrics-text"));
  EXPECT_TRUE(open->body.ends_with("# EOF\n"));
  const auto text = Get("/metrics");
  EXPECT_TRUE(text->get_header_value("Content-Type").starts_with("text/plain; version=0.0.4"));
  EXPECT_NE(text->body.find("ingot_table_snapshots{table=\"s.t\"} 1\n"), std::string::npos) << text->body;
  EXPECT_NE(text->body.find("ingot_catalog_up 1\n"), std::string::npos);
  EXPECT_NE(Get("/api/tables")->body.find(R"("table":"s.t","rows":0,"files":0)"), std::string::npos);
  const auto runs = Get("/api/runs?limit=1");
  EXPECT_NE(runs->body.find(R"("rows_in":5,"rows_out":3,"rows_quarantined":2)"), std::string::npos) << runs->body;
  EXPECT_NE(runs->body.find(R"({"it's \"odd\"":2})"), std::string::npos) << runs->body;
  EXPECT_NE(Get("/")->body.find("<title>Ingot</title>"), std::string::npos);
  EXPECT_EQ(Get("/nothing")->status, 404);
}

// Goal:   errors are reported. Method: a failing run; an address in use; an invalid address.
TEST_F(ServerTest, Errors) {
  ready_ = Fail(ErrorKind::kRetry, "no good run for 99 s");
  const auto answer = Get("/ready");
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "no good run for 99 s\n");
  EXPECT_EQ(Get("/health")->status, 200);
  for (const std::string& listen :
       {server_->address(), std::string("127.0.0.1"), std::string("127.0.0.1:x"), std::string("127.0.0.1:99999")})
    EXPECT_FALSE(Server::Start(listen, {.environment = environment_, .tables = {}, .ready = {}})) << listen;
}

}  // namespace
}  // namespace ingot::serve
