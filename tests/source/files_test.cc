#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "source/source.h"

namespace ingot::source {
namespace {

std::filesystem::path Folder() {
  const auto folder = std::filesystem::path(testing::TempDir()) / "ingot_files";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

constexpr std::chrono::milliseconds kNoWait{0};

std::vector<std::string> ReadRecords(const std::string& uri, Positions& positions, const SourceOptions& options = {}) {
  auto source = *OpenSource(uri, options);
  EXPECT_TRUE(source->Seek({.positions = positions, .topics = {}}));
  std::vector<std::string> records;
  while (auto batch = *source->Next(kNoWait)) {
    const auto at = positions.find(batch->from);
    EXPECT_EQ(batch->begin, at == positions.end() ? 0 : at->second);
    positions[batch->from] = batch->end;
    for (const auto& record : batch->records) records.emplace_back(batch->Bytes(record));
    EXPECT_GE(batch->bytes.size(),
              batch->records.empty() ? 0 : batch->records.back().begin + batch->records.back().size + kPadding);
  }
  return records;
}

// Goal:   batches of any size give the same records, and reading resumes where it stopped.
// Method: tiny batches, a growing file.
TEST(Files, AnyBatchSizeAndGrowth) {
  const auto folder = Folder();
  std::string text;
  for (int i = 0; i < 50; ++i) text += "{\"n\": " + std::to_string(i) + std::string(size_t(i), ' ') + "}\n";
  Write(folder / "a.jsonl", text);
  Write(folder / ".hidden.jsonl", "no\n");
  for (const int64_t bytes : {1, 7, 64, 1000, 100'000}) {
    Positions positions;
    EXPECT_EQ(ReadRecords(folder, positions, {.batch_bytes = bytes}).size(), 50u) << bytes;
    EXPECT_TRUE(ReadRecords(folder, positions).empty());
    Write(folder / "b.jsonl", "{}\n");
    EXPECT_EQ(ReadRecords(folder, positions), std::vector<std::string>{"{}"});
    std::filesystem::remove(folder / "b.jsonl");
  }
}

// Goal:   the bytes left are those that have not been read.
// Method: a file that was read and then grew, next to a new one.
TEST(Files, BytesLeft) {
  const auto folder = Folder();
  Write(folder / "a.jsonl", "{\"n\": 1}\n");
  Checkpoint checkpoint;
  const auto source = *OpenSource(folder, {});
  ASSERT_TRUE(source->Seek(checkpoint));
  EXPECT_EQ(source->BytesLeft(), 9);
  const auto batch = *source->Next(kNoWait);
  checkpoint.positions[batch->from] = batch->end;
  checkpoint.files[batch->from] = batch->file->now;
  EXPECT_EQ(source->BytesLeft(), 0);
  std::ofstream(folder / "a.jsonl", std::ios::app) << "{}\n";
  Write(folder / "b.jsonl", "{}\n");
  ASSERT_TRUE(source->Seek(checkpoint));
  EXPECT_EQ(source->BytesLeft(), 6);
}

// Goal:   documents are whole files, and offsets are bytes.
// Method: a pretty-printed document.
TEST(Files, Documents) {
  const auto folder = Folder();
  Write(folder / "d.json", "{\n  \"a\": 1\n}\n");
  Positions positions;
  EXPECT_EQ(ReadRecords(folder, positions, {.format = "document"}).at(0), "{\n  \"a\": 1\n}\n");
  EXPECT_TRUE(ReadRecords(folder, positions, {.format = "document"}).empty());
}

// Goal:   a source that does not exist or cannot be reread is reported.
// Method: no folder, a device, a folder that is deleted.
TEST(Files, NoSource) {
  EXPECT_EQ(OpenSource("/nowhere", {}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(OpenSource("/dev/null", {}).error().kind, ErrorKind::kBadConfig);
  const auto folder = Folder();
  const auto source = *OpenSource(folder, {});
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(source->Seek({}));
  EXPECT_EQ(source->Failures().size(), 1u);
}

// Goal:   a follower waits for an incomplete line; the end of a run or idleness ends it.
// Method: a torn line, read in each way.
TEST(Files, TornLines) {
  const auto folder = Folder();
  const auto read = [&](const SourceOptions& options) {
    Positions positions;
    return ReadRecords(folder, positions, options).size();
  };
  for (const char* format : {"json", "csv"}) {
    Write(folder / "a.jsonl", "{\"a\": 1}\n{\"a\": ");
    EXPECT_EQ(read({.format = format}), format == std::string("csv") ? 1u : 2u);
    EXPECT_EQ(read({.format = format, .follow = true}), format == std::string("csv") ? 0u : 1u);
    EXPECT_EQ(read({.format = format, .idle = std::chrono::microseconds(0), .follow = true}),
              format == std::string("csv") ? 1u : 2u);
  }
  Write(folder / "a.jsonl", "{\"a\": ");
  EXPECT_EQ(read({.format = "document", .follow = true}), 0u);
  EXPECT_EQ(read({.format = "document", .idle = std::chrono::microseconds(0), .follow = true}), 1u);
}

// Goal:   a line that is too long becomes a record that reports it, and the lines around it are read.
// Method: one in the middle and one at the end, of JSON, CSV and UTF-16; the offset is its position in the file.
TEST(Files, LongLines) {
  const auto folder = Folder();
  const std::string long_line(5000, 'x');
  for (const bool csv : {false, true})
    for (const bool wide : {false, true}) {
      if (wide && !csv) continue;
      std::string text = "a,b\n1,2\n" + long_line + "\n3,4\n" + long_line;
      if (wide) {
        std::string utf16 = "\xFE\xFF";
        for (const char c : text) utf16 += std::string{'\0', c};
        text = utf16;
      }
      Write(folder / "a.csv", text);
      auto source = *OpenSource(folder, {.format = csv ? "csv" : "json", .batch_bytes = 100, .record_bytes_max = 1000});
      ASSERT_TRUE(source->Seek({}));
      std::vector<int64_t> offsets;
      int64_t told = 0;
      while (auto batch = *source->Next(kNoWait))
        for (size_t i = 0; i < batch->records.size(); ++i) {
          offsets.push_back(batch->records[i].offset);
          if (batch->originals.empty() || batch->originals[i].problem.empty()) continue;
          ++told;
          EXPECT_TRUE(text.substr(size_t(offsets.back())).starts_with(batch->OriginalBytes(i)));
          EXPECT_GE(batch->OriginalBytes(i).size(), 1000u);
        }
      std::vector<int64_t> wanted = wide  ? std::vector<int64_t>{10, 18, 10020, 10028}
                                    : csv ? std::vector<int64_t>{4, 8, 5009, 5013}
                                          : std::vector<int64_t>{0, 4, 8, 5009, 5013};
      EXPECT_EQ(offsets, wanted);
      EXPECT_EQ(told, 2);
      EXPECT_TRUE(source->Failures().empty());
    }
}

// Goal:   a file that cannot be read is reported and does not prevent reading the others.
// Method: a damaged file, and one that is deleted after the listing, before a good one.
TEST(Files, OneBadFile) {
  const auto folder = Folder();
  Write(folder / "a.jsonl.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\0 damaged", 18));
  Write(folder / "c.jsonl", "gone\n");
  Write(folder / "d.jsonl", "good\n");
  auto source = *OpenSource(folder, {.batch_bytes = 100});
  ASSERT_TRUE(source->Seek({}));
  std::filesystem::remove(folder / "c.jsonl");
  const auto batch = *source->Next(kNoWait);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->Bytes(batch->records.at(0)), "good");
  EXPECT_FALSE(*source->Next(kNoWait));
  ASSERT_EQ(source->Failures().size(), 1u);
  EXPECT_NE(source->Failures()[0].find("a.jsonl.gz"), std::string::npos);
}

// Goal:   a follower rereads a damaged file only after it was written.
// Method: a poll without a change, and one after a change.
TEST(Files, FollowedDamage) {
  const auto folder = Folder();
  Write(folder / "a.jsonl.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\0 damaged", 18));
  auto source = *OpenSource(folder, {.idle = std::chrono::microseconds(0), .follow = true});
  ASSERT_TRUE(source->Seek({}));
  EXPECT_EQ(source->BytesLeft(), 18);
  EXPECT_FALSE(*source->Next(kNoWait));
  ASSERT_TRUE(source->Seek({}));
  EXPECT_EQ(source->BytesLeft(), 0);
  Write(folder / "a.jsonl.gz", "{}\n");
  ASSERT_TRUE(source->Seek({}));
  EXPECT_TRUE(*source->Next(kNoWait));
}

}  // namespace
}  // namespace ingot::source
