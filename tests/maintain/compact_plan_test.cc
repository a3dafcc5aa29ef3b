#include "maintain/compact_plan.h"

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

constexpr int64_t kMiB = 1 << 20;

rows::FileTask Task(int64_t bytes, int64_t sequence, int32_t partition = 0, int64_t deleted = 0) {
  rows::FileTask task{.file = {.location = std::to_string(sequence), .record_count = 100, .file_bytes = bytes},
                      .sequence_number = sequence,
                      .deletes = {}};
  task.file.partition = {partition};
  if (deleted > 0) task.deletes.push_back({.record_count = deleted});
  return task;
}

std::vector<std::vector<std::string>> Names(const std::vector<Bin>& bins) {
  std::vector<std::vector<std::string>> names;
  for (const Bin& bin : bins) {
    names.emplace_back();
    for (const auto& task : bin.tasks) names.back().push_back(task.file.location);
  }
  return names;
}

using Names2 = std::vector<std::vector<std::string>>;
const CompactPolicy kPolicy{.file_bytes_target = 100 * kMiB, .files_min = 3};

// Goal:   small files of a partition form bins of about the target size, oldest first.
// Method: chosen sizes.
TEST(PlanBins, PacksSmallFilesByPartition) {
  const iceberg::TableMetadata metadata;
  EXPECT_EQ(Names(PlanBins(metadata,
                           {Task(40 * kMiB, 2), Task(40 * kMiB, 1), Task(40 * kMiB, 3), Task(30 * kMiB, 4),
                            Task(80 * kMiB, 5), Task(1, 6, 1), Task(1, 7, 1)},
                           kPolicy)),
            (Names2{{"1", "2"}, {"3", "4"}}));
  EXPECT_TRUE(PlanBins(metadata, {Task(1, 1), Task(1, 2)}, kPolicy).empty());
  // Two files that together exceed the target stay two.
  EXPECT_EQ(PlanBins(metadata, {Task(70 * kMiB, 1), Task(70 * kMiB, 2)}, kPolicy).size(), 0u);
}

// Goal:   deletes, old partition specs and too large files are each sufficient for a rewrite.
// Method: one file each.
TEST(PlanBins, ChoosesFilesThatNeedARewrite) {
  const iceberg::TableMetadata metadata;
  auto old_spec = Task(90 * kMiB, 3);
  old_spec.file.spec_id = 7;
  EXPECT_EQ(
      Names(PlanBins(metadata, {Task(90 * kMiB, 1, 0, 5), Task(190 * kMiB, 2), old_spec, Task(90 * kMiB, 4)}, kPolicy)),
      (Names2{{"1"}, {"2"}, {"3"}}));
  CompactPolicy tenth = kPolicy;
  tenth.deleted_share = 0.1;
  EXPECT_EQ(Names(PlanBins(metadata, {Task(90 * kMiB, 1, 0, 5), Task(90 * kMiB, 2, 0, 10)}, tenth)), (Names2{{"2"}}));
}

// Goal:   a table that grows continuously rewrites each byte only a few times.
// Method: three new files between two runs, a thousand times.
TEST(PlanBins, TiersBoundRewrittenBytes) {
  const iceberg::TableMetadata metadata;
  CompactPolicy policy = kPolicy;
  policy.tiered = true;
  std::vector<rows::FileTask> files;
  int64_t sequence = 0, written = 0, appended = 0;
  size_t most = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) files.push_back(Task(kMiB, ++sequence)), appended += kMiB;
    for (const Bin& bin : PlanBins(metadata, files, policy)) {
      for (const auto& task : bin.tasks)
        std::erase_if(files, [&](const auto& file) { return file.sequence_number == task.sequence_number; });
      files.push_back(Task(bin.bytes, ++sequence));
      written += bin.bytes;
    }
    most = std::max(
        most, size_t(std::ranges::count_if(files, [](const auto& file) { return file.file.file_bytes < 75 * kMiB; })));
  }
  EXPECT_LT(double(written) / double(appended), 6.0);
  EXPECT_LT(most, 20u);
}

}  // namespace
}  // namespace ingot::maintain
