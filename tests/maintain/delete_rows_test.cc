#include "maintain/delete_rows.h"

#include <set>

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using rows::MemoryCatalog;

std::set<int64_t> Ids(const Table& table) {
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  const auto rows = *rows::ReadRows(table.home.storage, *table.metadata, *plan);
  std::set<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      EXPECT_TRUE(ids.insert(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i)).second);
  return ids;
}

Table Made(const char* format) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(), {},
                                {{"format-version", format}});
  for (int i = 0; i < 4; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  return table;
}

/// Deletes rows by id; the condition is null for the ids in `unknown`.
DeleteRowsOptions Where(std::function<bool(int64_t)> goes, std::set<int64_t> unknown = {}) {
  DeleteRowsOptions options{.columns = {"id"}};
  options.matches = [goes, unknown](const auto& rows) -> Result<std::shared_ptr<arrow::Array>> {
    const auto& ids = static_cast<const arrow::Int64Array&>(*rows->column(0));
    arrow::BooleanBuilder matches;
    for (int64_t i = 0; i < ids.length(); ++i)
      (void)(unknown.contains(ids.Value(i)) ? matches.AppendNull() : matches.Append(goes(ids.Value(i))));
    return *matches.Finish();
  };
  return options;
}

// Goal:   exactly the matching rows are deleted; files without remaining rows are removed.
// Method: both formats, two deletions, rows for which the condition is null, a dry run, a condition without matches.
TEST(DeleteRows, DeletesExactlyTheMatchingRows) {
  for (const char* format : {"2", "3"}) {
    const Table table = Made(format);
    DeleteRowsOptions options = Where([](int64_t id) { return id >= 18; }, {25});
    options.dry_run = true;
    EXPECT_EQ(DeleteRows(table.home, options)->rows, 21);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)).size(), 40u);
    options.dry_run = false;
    const auto done = DeleteRows(table.home, options);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->rows, 21);
    EXPECT_EQ(done->files_removed, 1);
    EXPECT_EQ(done->files_with_deletes, 2);
    ASSERT_EQ(DeleteRows(table.home, Where([](int64_t id) { return id % 10 == 5; }))->rows, 3);
    EXPECT_EQ(DeleteRows(table.home, Where([](int64_t id) { return id > 100; }))->rows, 0);
    const Table after = *iceberg::LoadTable(table.home);
    std::set<int64_t> wanted;
    for (int64_t id = 0; id < 18; ++id)
      if (id % 10 != 5) wanted.insert(id);
    EXPECT_EQ(Ids(after), wanted) << format;
    EXPECT_EQ(after.metadata->CurrentSnapshot()->Operation(), "delete");
    EXPECT_EQ(after.metadata->snapshots.size(), 6u);  // four appends, two deletes
  }
}

// Goal:   rows are replaced in one commit, and files in which every row matches are not read.
// Method: both formats; a file of another table instead of two files and a half, of which one is gone from the storage;
//         a commit that fails keeps the replacement.
TEST(DeleteRows, ReplacesRows) {
  for (const char* format : {"2", "3"}) {
    const Table table = Made(format),
                other = rows::Append(rows::MakeTable(table.home.storage, std::make_shared<MemoryCatalog>(), {},
                                                     {{"format-version", format}}, "file:///w/o"),
                                     100, 103);
    DeleteRowsOptions options = Where([](int64_t id) { return id >= 15; });
    options.filter = iceberg::Compare("id", iceberg::FilterOp::kGreaterOrEqual, int64_t(15));
    options.filter_is_condition = true;
    const auto added = rows::PlanScan(*other.home.storage, *other.metadata, {});
    options.replacements = {added->tasks[0].file};
    options.replacements[0].first_row_id.reset();
    int checks = 0;
    options.validate = [&](const iceberg::TableMetadata&) {
      return ++checks == 1 ? Status() : Fail(ErrorKind::kBadInput, "not now");
    };
    EXPECT_FALSE(DeleteRows(table.home, options));
    EXPECT_EQ(checks, 2);
    options.validate = {};
    const auto whole = iceberg::Compare("id", iceberg::FilterOp::kGreaterOrEqual, int64_t(20));
    const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {.filter = whole});
    ASSERT_TRUE(table.home.storage->Delete(plan->tasks.back().file.location));
    const auto done = DeleteRows(table.home, options);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->rows, 25);
    EXPECT_EQ(done->files_removed, 2);
    const Table after = *iceberg::LoadTable(table.home);
    std::set<int64_t> wanted{100, 101, 102};
    for (int64_t id = 0; id < 15; ++id) wanted.insert(id);
    EXPECT_EQ(Ids(after), wanted) << format;
    EXPECT_EQ(after.metadata->CurrentSnapshot()->Operation(), "overwrite");
    EXPECT_EQ(after.metadata->snapshots.size(), 5u);
  }
}

// Goal:   concurrent commits are neither lost nor undone.
// Method: an append, and another delete, while the rows are selected for the first time.
TEST(DeleteRows, ConcurrentCommits) {
  for (const char* format : {"2", "3"}) {
    for (const bool append : {true, false}) {
      const Table table = Made(format);
      DeleteRowsOptions options = Where([](int64_t id) { return id % 2 == 0; });
      options.threads = 1;
      bool first = true;
      options.progress = [&](int64_t) {
        if (!std::exchange(first, false)) return;
        if (append)
          rows::Append(table, 100, 104);
        else
          EXPECT_TRUE(DeleteRows(table.home, Where([](int64_t id) { return id < 4; })));
      };
      ASSERT_TRUE(DeleteRows(table.home, options));
      const auto ids = Ids(*iceberg::LoadTable(table.home));
      EXPECT_EQ(ids.size(), append ? 24u : 18u);
      EXPECT_EQ(ids.contains(100), append);
      EXPECT_FALSE(ids.contains(8));
    }
  }
}

}  // namespace
}  // namespace ingot::maintain
