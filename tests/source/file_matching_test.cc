#include "source/file_matching.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

namespace ingot::source {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kNoWait{0};

/// A landing folder, and the table's checkpoint as commits would leave it.
struct Landing {
  explicit Landing(SourceOptions options = {}) : options(std::move(options)) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }

  fs::path At(const std::string& name) const { return folder / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(At(name), std::ios::binary) << text;
  }
  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(At(name), std::ios::binary | std::ios::app) << text;
  }
  /// Compresses through a pipe, because gzip keeps the modification time of files that it opens.
  void Compress(const std::string& name) const {
    ASSERT_EQ(std::system(("gzip -n < '" + At(name).string() + "' > '" + At(name + ".gz").string() + "'").c_str()), 0);
    fs::remove(At(name));
  }

  /// Writes the compressed form, or its first bytes, to the same folder and keeps the file.
  void CompressBeside(const std::string& name, size_t bytes = SIZE_MAX) const {
    fs::copy_file(At(name), At("copy"));
    Compress("copy");
    if (bytes < fs::file_size(At("copy.gz"))) fs::resize_file(At("copy.gz"), bytes);
    fs::rename(At("copy.gz"), At(name + ".gz"));
  }

  void Commit(const FileChange& change) {
    const auto known = checkpoint.files.find(change.id);
    EXPECT_EQ(change.before, known == checkpoint.files.end() ? std::optional<FileIdentity>() : known->second);
    checkpoint.files[change.id] = change.now;
  }

  /// Returns the text that a run reads; `failures` gets what it could not read.
  std::string Run() {
    auto source = *OpenSource(folder, options);
    EXPECT_TRUE(source->Seek(checkpoint));
    for (const FileChange& change : source->FilesFound()) Commit(change);
    std::string text;
    while (auto batch = *source->Next(kNoWait)) {
      auto& position = checkpoint.positions[batch->from];
      EXPECT_EQ(position, batch->begin);
      position = batch->end;
      if (batch->file) Commit(*batch->file);
      for (const auto& record : batch->records) text += std::string(batch->Bytes(record)) + " ";
    }
    failures = source->Failures().size();
    return text;
  }

  fs::path folder = fs::path(testing::TempDir()) / "ingot_matching";
  SourceOptions options;
  Checkpoint checkpoint;
  size_t failures = 0;
};

const std::string kLong(5000, 'x');

struct Case {
  const char* name;
  std::function<void(const Landing&)> change;  // of a.jsonl, which holds "1\n2\n" and was read
  std::string read;                            // by the next run
  size_t failures = 0;
};

// Goal:   the same content is never read twice and never missed, wherever it moves; other content is reported.
// Method: each way in which a file changes, followed by a run that must find nothing new.
TEST(FileMatching, WhatHappensToFiles) {
  const std::vector<Case> cases{
      {"nothing", [](const Landing&) {}, ""},
      {"appended", [](const Landing& l) { l.Append("a.jsonl", "3\n"); }, "3 "},
      {"touched", [](const Landing& l) { fs::last_write_time(l.At("a.jsonl"), fs::file_time_type::clock::now()); }, ""},
      {"renamed", [](const Landing& l) { fs::rename(l.At("a.jsonl"), l.At("b.jsonl")); }, ""},
      {"renamed and appended",
       [](const Landing& l) { fs::rename(l.At("a.jsonl"), l.At("b.jsonl")), l.Append("b.jsonl", "3\n"); }, "3 "},
      {"rotated to a name that is none of inputs",
       [](const Landing& l) {
         l.Append("a.jsonl", "3\n");
         fs::rename(l.At("a.jsonl"), l.At("a.jsonl.1"));
         l.Write("a.jsonl", "1\n");
       },
       "1 3 "},
      {"copied and truncated",
       [](const Landing& l) {
         l.Append("a.jsonl", "3\n");
         fs::copy_file(l.At("a.jsonl"), l.At("a-20240719.jsonl"));
         l.Write("a.jsonl", "5\n6\n7\n8\n");
       },
       "3 5 6 7 8 "},
      {"compressed", [](const Landing& l) { l.Compress("a.jsonl"); }, ""},
      {"appended and compressed", [](const Landing& l) { l.Append("a.jsonl", "3\n"), l.Compress("a.jsonl"); }, "3 "},
      {"rotated and compressed",
       [](const Landing& l) {
         fs::rename(l.At("a.jsonl"), l.At("a.1.jsonl"));
         l.Compress("a.1.jsonl");
         l.Write("a.jsonl", "9\n");
       },
       "9 "},
      {"written anew with the same at its beginning",
       [](const Landing& l) { l.Write("c.jsonl", "1\n2\n3\n"), fs::rename(l.At("c.jsonl"), l.At("a.jsonl")); }, "3 "},
      {"compressed beside it", [](const Landing& l) { l.CompressBeside("a.jsonl"); }, ""},
      {"being compressed", [](const Landing& l) { l.CompressBeside("a.jsonl", 15); }, ""},
      {"being compressed, nothing of it yet", [](const Landing& l) { l.CompressBeside("a.jsonl", 3); }, ""},
      {"appended while it is compressed",
       [](const Landing& l) { l.CompressBeside("a.jsonl"), l.Append("a.jsonl", "3\n"); }, "3 "},
      {"other content in a compressed file of its name",
       [](const Landing& l) { l.Write("x", "7\n"), l.Compress("x"), fs::rename(l.At("x.gz"), l.At("a.jsonl.gz")); },
       "7 "},
      {"more in a compressed file of its name",
       [](const Landing& l) {
         l.Write("x", "1\n2\n7\n"), l.Compress("x"), fs::rename(l.At("x.gz"), l.At("a.jsonl.gz"));
       },
       "1 2 7 "},
      {"a copy beside it", [](const Landing& l) { fs::copy_file(l.At("a.jsonl"), l.At("b.jsonl")); }, "1 2 "},
      {"deleted, and the same under another name",
       [](const Landing& l) { fs::remove(l.At("a.jsonl")), l.Write("b.jsonl", "1\n2\n"); }, "1 2 "},
      {"hard link", [](const Landing& l) { fs::create_hard_link(l.At("a.jsonl"), l.At("0.jsonl")); }, ""},
      {"symbolic link", [](const Landing& l) { fs::create_symlink(l.At("a.jsonl"), l.At("0.jsonl")); }, ""},
      {"deleted", [](const Landing& l) { fs::remove(l.At("a.jsonl")); }, ""},
      {"other content of the same size", [](const Landing& l) { l.Write("a.jsonl", "3\n4\n"); }, "", 1},
      {"of the same size, with the old time",
       [](const Landing& l) {
         const auto time = fs::last_write_time(l.At("a.jsonl"));
         l.Write("a.jsonl", "3\n4\n");
         fs::last_write_time(l.At("a.jsonl"), time);
       },
       "", 1},
      {"larger", [](const Landing& l) { l.Write("a.jsonl", "3\n4\n5\n"); }, "", 1},
      {"smaller", [](const Landing& l) { l.Write("a.jsonl", "1\n"); }, "", 1},
      {"changed, and a good one", [](const Landing& l) { l.Write("a.jsonl", "8\n"), l.Write("b.jsonl", "9\n"); }, "9 ",
       1},
      {"empty", [](const Landing& l) { l.Write("a.jsonl", ""); }, ""},
  };
  for (const Case& one : cases) {
    Landing landing;
    landing.Write("a.jsonl", "1\n2\n");
    ASSERT_EQ(landing.Run(), "1 2 ") << one.name;
    one.change(landing);
    EXPECT_EQ(landing.Run(), one.read) << one.name;
    EXPECT_EQ(landing.failures, one.failures) << one.name;
    EXPECT_EQ(landing.Run(), "") << one.name << ", again";
  }
}

// Goal:   a file and its compressed form count as one, whichever came first, also when one of them is deleted.
// Method: each is written, partly and completely, while the other exists; short and long content.
TEST(FileMatching, CompressedCopies) {
  for (const std::string& content : {std::string("1\n2\n"), "1\n2\n" + kLong + "\n"}) {
    const std::string read = content.size() > 10 ? "1 2 " + kLong + " " : "1 2 ";
    for (const bool plain_goes : {true, false}) {
      Landing landing;
      landing.Write("a.jsonl", content);
      landing.CompressBeside("a.jsonl");
      EXPECT_EQ(landing.Run(), read);
      fs::remove(landing.At(plain_goes ? "a.jsonl" : "a.jsonl.gz"));
      EXPECT_EQ(landing.Run(), "");
      EXPECT_EQ(landing.failures, 0u);
    }
    Landing landing;
    landing.Write("a.jsonl", content);
    landing.Compress("a.jsonl");
    EXPECT_EQ(landing.Run(), read);
    for (const std::string& part : {std::string("1\n"), content, content + "3\n"}) {  // gunzip -k, then appended
      landing.Write("a.jsonl", part);
      EXPECT_EQ(landing.Run(), part.size() > content.size() ? "3 " : "") << part.size();
    }
    fs::remove(landing.At("a.jsonl.gz"));
    EXPECT_EQ(landing.Run(), "");
  }
}

// Goal:   a pair of files is read once, until one of the two is written.
// Method: a comparison; then new content replaces that of one file, first with the known stat, then with its own.
TEST(FileMatching, PairsAreReadOnceWhileTheyAreNotTouched) {
  Landing landing;
  const auto file = [&](const std::string& name) {
    const std::string path = landing.At(name).string();
    return InputFile{.path = path, .location = FileLocation(path), .spelled = {}, .stat = *StatFile(path)};
  };
  landing.Write("a", "1\n2\n");
  landing.Write("b", "1\n2\n");
  ComparedPairs pairs;
  const InputFile first = file("a"), second = file("b");
  EXPECT_EQ((*pairs.Compare(first, second))->beginning, Beginning::kSame);
  landing.Write("b", "3\n");
  EXPECT_EQ((*pairs.Compare(first, second))->beginning, Beginning::kSame);
  EXPECT_EQ((*pairs.Compare(first, file("b")))->beginning, Beginning::kDifferent);
  fs::remove(landing.At("b"));
  InputFile touched = second;
  ++touched.stat.modified_ns;
  EXPECT_FALSE(pairs.Compare(first, touched));
}

// Goal:   a chain of rotated files is read once when another known file takes the name of one that is compressed.
// Method: logrotate's delaycompress with numbers, three times, with and without a run between; short and long content.
TEST(FileMatching, RotationThatCompressesLater) {
  for (const std::string& rest : {std::string(), kLong})
    for (const bool look : {false, true}) {
      Landing landing;
      for (int i = 0; i < 4; ++i) {
        if (fs::exists(landing.At("a-2.jsonl.gz"))) fs::remove(landing.At("a-2.jsonl.gz"));
        if (fs::exists(landing.At("a-1.jsonl"))) {
          fs::rename(landing.At("a-1.jsonl"), landing.At("a-2.jsonl"));
          landing.Compress("a-2.jsonl");
        }
        if (fs::exists(landing.At("a.jsonl"))) fs::rename(landing.At("a.jsonl"), landing.At("a-1.jsonl"));
        if (look) {
          EXPECT_EQ(landing.Run(), "") << i;
        }
        const std::string line = std::to_string(i) + rest;
        landing.Write("a.jsonl", line + "\n");
        EXPECT_EQ(landing.Run(), line + " ") << i << " " << look;
      }
    }
}

// Goal:   short content is also recognized by the last name of the file.
// Method: renamed, then compressed, with another time; and a copy of a file whose name holds a number.
TEST(FileMatching, NamesOfShortContent) {
  Landing landing;
  landing.Write("a.jsonl", "1\n");
  landing.Run();
  fs::rename(landing.At("a.jsonl"), landing.At("b-1.jsonl"));
  EXPECT_EQ(landing.Run(), "");
  fs::copy_file(landing.At("b-1.jsonl"), landing.At("b-1-20240719.jsonl"));
  landing.Write("b-1.jsonl", "5\n6\n");
  EXPECT_EQ(landing.Run(), "5 6 ");
  landing.Compress("b-1-20240719.jsonl");
  EXPECT_EQ(landing.Run(), "");
}

// Goal:   a changed file is handled once, as the options say.
// Method: each option, with two changes.
TEST(FileMatching, OnChanged) {
  for (const auto& [choice, read, failures] :
       {std::tuple(OnChanged::kFail, "", size_t(1)), std::tuple(OnChanged::kSkip, "", size_t(0)),
        std::tuple(OnChanged::kReread, "3 4 ", size_t(0))}) {
    Landing landing({.on_changed = choice});
    landing.Write("a.jsonl", "1\n2\n");
    landing.Run();
    for (int i = 0; i < 2; ++i) {
      landing.Write("a.jsonl", i == 0 ? "3\n4\n" : "5\n");
      EXPECT_EQ(landing.Run(), i == 0 || choice != OnChanged::kReread ? read : "5 ");
      EXPECT_EQ(landing.failures, failures);
      EXPECT_EQ(landing.Run(), "");
    }
    const std::string topic = FileLocation(fs::canonical(landing.At("a.jsonl")));
    EXPECT_EQ(landing.checkpoint.positions.size(), choice == OnChanged::kReread ? 3u : 1u);
    EXPECT_EQ(landing.checkpoint.positions.contains({topic, 4}), choice == OnChanged::kReread);
  }
}

// Goal:   content that an earlier version read without identities, under its own spelling of the name, is adopted:
//         nothing is reread, and later changes are seen.
// Method: checkpoints as that version wrote them.
TEST(FileMatching, AdoptsFromEarlierVersions) {
  for (const bool by_link : {false, true}) {
    Landing landing;
    landing.Write("a.jsonl", "1\n2\n" + kLong + "\n");
    landing.Write("b.jsonl", "1\n");
    const fs::path link = fs::path(testing::TempDir()) / "ingot_matching_link";
    fs::remove(link);
    fs::create_symlink(landing.folder, link);
    const std::string prefix = "file://" + (by_link ? link : fs::canonical(landing.folder)).string();
    landing.checkpoint.positions = {{{prefix + "/a.jsonl", 0}, 5005}, {{prefix + "/b.jsonl", 0}, 2}};
    landing.Append("b.jsonl", "2\n");
    EXPECT_EQ(landing.Run(), "2 ");
    EXPECT_EQ(landing.checkpoint.files.size(), 2u);
    EXPECT_EQ(landing.Run(), "");
    landing.Write("a.jsonl", "1\n3\n" + kLong + "\n");
    EXPECT_EQ(landing.Run(), "");
    EXPECT_EQ(landing.failures, 1u);
  }
}

// Goal:   a partly read document is reread when it is complete; a changed complete document is reported.
// Method: documents that grow by more text, by whitespace, and by another document.
TEST(FileMatching, Documents) {
  for (const auto& [first, second, read, failures] :
       {std::tuple("{\"a\": {", "{\"a\": {}}", "{\"a\": {}} ", size_t(0)),
        std::tuple("{\"a\": 1", "{\"b\": 1}", "{\"b\": 1} ", size_t(0)), std::tuple("{}", "{}\n \n", "", size_t(0)),
        std::tuple("{}", "{}{}", "", size_t(1)), std::tuple("{\"a\": 1}", "{\"a\": 2}", "", size_t(1))}) {
    Landing landing({.format = "document"});
    landing.Write("d.json", first);
    EXPECT_EQ(landing.Run(), std::string(first) + " ");
    landing.Write("d.json", second);
    EXPECT_EQ(landing.Run(), read) << first;
    EXPECT_EQ(landing.failures, failures) << first;
    EXPECT_EQ(landing.Run(), "");
  }
}

}  // namespace
}  // namespace ingot::source
