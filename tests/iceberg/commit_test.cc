#include "iceberg/commit.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

constexpr Backoff::Options kQuick{
    .attempts_max = 4, .wait_first = std::chrono::milliseconds(1), .wait_max = std::chrono::milliseconds(1)};

/// Swaps, or does not, and then answers nothing any more.
class SilentCatalog : public rows::MemoryCatalog {
 public:
  enum class Mode { kAnswers, kSilentBeforeSwap, kSilentAfterSwap };

  Status Swap(const TableName& table, const std::string& expected, const std::string& next) override {
    if (mode == Mode::kAnswers) return MemoryCatalog::Swap(table, expected, next);
    if (mode == Mode::kSilentAfterSwap) (void)MemoryCatalog::Swap(table, expected, next);
    silent = true;
    return Fail(ErrorKind::kOutcomeUnknown, "no answer");
  }
  Result<std::string> Location(const TableName& table) override {
    if (silent) return Fail(ErrorKind::kInternal, "no answer");
    return MemoryCatalog::Location(table);
  }

  Mode mode = Mode::kAnswers;
  bool silent = false;
};

struct CommitCase {
  const char* what;
  SilentCatalog::Mode mode = SilentCatalog::Mode::kAnswers;
  std::optional<ErrorKind> rejected = {};  // what `validate` says
  int lose_answers = 0;
  std::optional<ErrorKind> expected = {};
  bool files_stay = true;
  int64_t rows = 0;  // of the table afterwards
};

// Goal:   files go when their commit is known to have failed, and stay when it landed or may have.
// Method: each way in which a commit can end, then a look at the files and at the table.
TEST(Commit, FilesStayUnlessTheCommitIsKnownToHaveFailed) {
  using Mode = SilentCatalog::Mode;
  const std::vector<CommitCase> cases{
      {.what = "landed", .rows = 10},
      {.what = "failed before the swap",
       .rejected = ErrorKind::kBadInput,
       .expected = ErrorKind::kBadInput,
       .files_stay = false},
      {.what = "another writer was first",
       .rejected = ErrorKind::kConflict,
       .expected = ErrorKind::kConflict,
       .files_stay = false},
      {.what = "answer lost, but read back", .lose_answers = 1, .rows = 10},
      {.what = "unknown, not landed", .mode = Mode::kSilentBeforeSwap, .expected = ErrorKind::kOutcomeUnknown},
      {.what = "unknown, landed", .mode = Mode::kSilentAfterSwap, .expected = ErrorKind::kOutcomeUnknown, .rows = 10}};
  for (const CommitCase& test : cases) {
    SCOPED_TRACE(test.what);
    const auto catalog = std::make_shared<SilentCatalog>();
    const Table table = rows::MakeTable(storage::MakeMemoryStorage(), catalog);
    const auto files = rows::WriteEvents(table, 0, 10);
    catalog->mode = test.mode;
    catalog->lose_answers = test.lose_answers;
    SnapshotChange change{.added = files};
    change.validate = [&](const TableMetadata&) { return test.rejected ? Fail(*test.rejected, "rejected") : Status(); };
    const auto committed = CommitFiles(table.home, change);
    EXPECT_EQ(committed ? std::nullopt : std::optional(committed.error().kind), test.expected);
    for (const std::string& file : LocationsOf(files))
      EXPECT_EQ(table.home.storage->ReadAll(file).has_value(), test.files_stay);
    catalog->silent = false;
    catalog->mode = Mode::kAnswers;
    const Table after = *LoadTable(table.home);
    EXPECT_EQ(rows::PlanScan(*table.home.storage, *after.metadata, {})->RecordCount(), test.rows);
    EXPECT_TRUE(CommitSnapshot(table.home, {.operation = "append"}));
  }
}

// Goal:   an attempt that lost is made again on the newest state, and only on a conflict, a bounded number of times.
// Method: another writer is first n times; the attempt counts its calls and looks at the table that it is given.
TEST(Commit, ConflictsAreRetriedUpToALimit) {
  struct Case {
    int others;
    ErrorKind kind = ErrorKind::kConflict;
    int calls = 0;
    bool done = false;
  };
  for (const Case& test : {Case{.others = 0, .calls = 1, .done = true}, Case{.others = 2, .calls = 3, .done = true},
                           Case{.others = 3, .calls = 4, .done = true}, Case{.others = 9, .calls = 4},
                           Case{.others = 2, .kind = ErrorKind::kOutcomeUnknown, .calls = 1},
                           Case{.others = 2, .kind = ErrorKind::kBadInput, .calls = 1}}) {
    const Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
    int calls = 0;
    const auto outcome = RetryOnConflict(
        table.home,
        [&](const Table& now) -> Result<Table> {
          EXPECT_EQ(now.metadata->snapshots.size(), size_t(calls));
          if (calls++ < test.others) (void)rows::Append(now, calls * 10, calls * 10 + 10);
          const auto files = rows::WriteEvents(now, 1000, 1010);
          SnapshotChange change{.added = files};
          change.validate = [&](const TableMetadata& metadata) -> Status {
            if (metadata.current_snapshot_id == now.metadata->current_snapshot_id) return {};
            return Fail(test.kind, "another writer was first");
          };
          return CommitFiles(now.home, change);
        },
        kQuick);
    EXPECT_EQ(calls, test.calls);
    EXPECT_EQ(outcome.has_value(), test.done);
    if (!outcome) {
      EXPECT_EQ(outcome.error().kind, test.kind);
    }
    EXPECT_EQ(LoadTable(table.home)->metadata->snapshots.size(),
              size_t(std::min(test.others, test.calls) + (test.done ? 1 : 0)));
  }
}

}  // namespace
}  // namespace ingot::iceberg
