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

/// What the first Next says.
ErrorKind FirstError(const std::string& uri, const Positions& positions, const SourceOptions& options) {
  auto source = *OpenSource(uri, options);
  EXPECT_TRUE(source->Seek({.positions = positions, .topics = {}}));
  return source->Next(kNoWait).error().kind;
}

std::vector<std::string> ReadAll(const std::string& uri, Positions& positions, const SourceOptions& options = {}) {
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

// Goal:   batches of any size give the same records, and reading goes on where it stopped. Method: tiny batches, a
// growing file.
TEST(Files, AnyBatchSizeAndGrowth) {
  const auto folder = Folder();
  std::string text;
  for (int i = 0; i < 50; ++i) text += "{\"n\": " + std::to_string(i) + std::string(size_t(i), ' ') + "}\n";
  Write(folder / "a.jsonl", text);
  Write(folder / ".hidden.jsonl", "no\n");
  for (const int64_t bytes : {1, 7, 64, 1000, 100'000}) {
    Positions positions;
    EXPECT_EQ(ReadAll(folder, positions, {.batch_bytes = bytes}).size(), 50u) << bytes;
    EXPECT_TRUE(ReadAll(folder, positions).empty());
    Write(folder / "b.jsonl", "{}\n");
    EXPECT_EQ(ReadAll(folder, positions), std::vector<std::string>{"{}"});
    std::filesystem::remove(folder / "b.jsonl");
  }
}

// Goal:   documents are whole files, offsets are bytes. Method: a pretty-printed one.
TEST(Files, Documents) {
  const auto folder = Folder();
  Write(folder / "d.json", "{\n  \"a\": 1\n}\n");
  Positions positions;
  EXPECT_EQ(ReadAll(folder, positions, {.format = "document"}).at(0), "{\n  \"a\": 1\n}\n");
  EXPECT_TRUE(ReadAll(folder, positions, {.format = "document"}).empty());
}

// Goal:   what cannot be read says what to do. Method: nothing there, a file that shrank, a line too long.
TEST(Files, Errors) {
  const auto folder = Folder();
  EXPECT_EQ(OpenSource("/nowhere", {}).error().kind, ErrorKind::kNotFound);
  Write(folder / "s.jsonl", "{}\n{}\n");
  Positions positions;
  ReadAll(folder, positions);
  Write(folder / "s.jsonl", "{}\n");
  EXPECT_EQ(FirstError(folder, positions, {}), ErrorKind::kBadInput);
  Write(folder / "s.jsonl", std::string(5000, 'x'));
  EXPECT_EQ(FirstError(folder, {}, {.batch_bytes = 100, .record_bytes_max = 1000}), ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::source
