#include "source/file_matching.h"

#include <algorithm>
#include <climits>
#include <filesystem>
#include <set>
#include <string_view>
#include <unordered_set>

#include "base/json_text.h"
#include "base/utf8.h"
#include "source/file_names.h"
#include "source/json_end.h"

namespace ingot::source {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNone = SIZE_MAX;

/// Content that was read before, as recorded in the table.
struct Known {
  const PartitionId* id = nullptr;
  int64_t offset = 0;
  const FileIdentity* identity = nullptr;  // empty: an earlier version read it
  size_t file = kNone;                     // the file that continues it
};

struct InodeHash {
  size_t operator()(const std::pair<uint64_t, uint64_t>& key) const {
    return key.first * 0x9e3779b97f4a7c15 ^ key.second;
  }
};

class Matcher {
 public:
  Matcher(const std::vector<InputFile>& files, const Checkpoint& checkpoint, const SourceOptions& options,
          MatchMemory& memory)
      : files_(files),
        checkpoint_(checkpoint),
        options_(options),
        memory_(memory),
        known_of_(files.size(), kNone),
        tasks_(files.size()) {}

  FileMatches Match() {
    IndexKnown();
    SkipLinks();
    SkipCompressedCopies();
    for (const size_t file : open_) taken_.insert(files_[file].location);
    for (const size_t file : open_)
      if (const size_t at = KnownAt(files_[file]); known_of_[file] == kNone && at != kNone &&
                                                   known_[at].identity != nullptr &&
                                                   known_[at].identity->stat == files_[file].stat)
        Continue(file, at, {.now = *known_[at].identity});
    Close();
    MatchByInode();
    MatchByLocation();
    MatchByContent();
    BeginNew();
    for (auto& task : tasks_)
      if (task) matches_.tasks.push_back(*std::move(task));
    return std::move(matches_);
  }

 private:
  void IndexKnown() {
    for (const auto& [id, offset] : checkpoint_.positions) {
      if (id.partition % 2 != 0 || !id.topic.starts_with("file:")) continue;
      const auto identity = checkpoint_.files.find(id);
      Known known{
          .id = &id, .offset = offset, .identity = identity != checkpoint_.files.end() ? &identity->second : nullptr};
      const std::string& location = known.identity != nullptr ? known.identity->location : id.topic;
      if (!location.empty()) at_[location] = known_.size();
      known_.push_back(known);
    }
  }

  /// Keeps one of the hard links and symbolic links to one file: the one that was read before, otherwise the first.
  void SkipLinks() {
    std::unordered_map<std::pair<uint64_t, uint64_t>, size_t, InodeHash> seen;
    const auto rank = [&](size_t file) { return 2 * (KnownAt(files_[file]) != kNone) + files_[file].known_name; };
    for (size_t file = 0; file < files_.size(); ++file) {
      if (files_[file].stat.inode == 0) continue;
      const auto [at, first] = seen.try_emplace({files_[file].stat.inode, files_[file].stat.device}, file);
      if (!first && rank(file) > rank(at->second)) at->second = file;
    }
    for (size_t file = 0; file < files_.size(); ++file) {
      const auto at = seen.find({files_[file].stat.inode, files_[file].stat.device});
      if (at == seen.end() || at->second == file) open_.push_back(file);
    }
  }

  /// Keeps one of a file and its compressed form in the same folder. gzip and zstd write one before they remove the
  /// other, or keep both.
  void SkipCompressedCopies() {
    std::unordered_multimap<std::string_view, size_t> compressed;  // by the path without the suffix
    for (const size_t file : open_)
      if (files_[file].known_name && HasCompressedEnding(files_[file].path))
        compressed.emplace(WithoutCompression(files_[file].path), file);
    if (compressed.empty()) return;
    std::set<size_t> left_out;
    for (const size_t file : open_) {
      const auto [begin, end] = compressed.equal_range(files_[file].path);
      for (auto copy = begin; copy != end && !left_out.contains(file); ++copy)
        if (const size_t other = CopyToSkip(file, copy->second); other != kNone) left_out.insert(other);
    }
    std::erase_if(open_, [&](size_t file) { return left_out.contains(file); });
  }

  /// The one of the two that is not read; kNone when their contents differ or both were read before.
  size_t CopyToSkip(size_t plain, size_t compressed) {
    const size_t plain_at = KnownAt(files_[plain]), compressed_at = KnownAt(files_[compressed]);
    if (plain_at != kNone && compressed_at != kNone) return kNone;
    const auto pair = memory_.pairs.Compare(files_[plain], files_[compressed]);
    if (!pair || (*pair)->beginning == Beginning::kDifferent) return kNone;
    size_t other = compressed;
    if (compressed_at != kNone) {
      const int64_t read = known_[compressed_at].offset;
      if ((*pair)->not_all_of != read) Try(plain, compressed_at);
      if (known_of_[plain] == kNone) other = plain, (*pair)->not_all_of = read;
    } else if ((*pair)->beginning == Beginning::kFirstShorter) {
      other = plain_at == kNone ? plain : kNone;
    }
    if (other != kNone)
      matches_.warnings.push_back("file " + files_[other].path + " is not read: its records are also in " +
                                  files_[other == plain ? compressed : plain].path + "; remove one of the two");
    return other;
  }

  size_t Find(const std::string& location) const {
    const auto found = at_.find(location);
    return found == at_.end() ? kNone : found->second;
  }

  /// The known content under the file's name. Earlier versions recorded the name as it was spelled, with U+FFFD for
  /// invalid UTF-8. A name with U+FFFD matches only if the whole file was read.
  size_t KnownAt(const InputFile& file) const {
    size_t at = Find(file.location);
    if (at != kNone || file.spelled.empty()) return at;
    at = Find(file.spelled);
    if (at != kNone || IsUtf8(file.spelled)) return at;
    at = Find(ReplaceInvalidUtf8(file.spelled));
    return at != kNone && known_[at].identity == nullptr && known_[at].offset == file.stat.stored_bytes ? at : kNone;
  }

  void Close() {
    std::erase_if(open_, [&](size_t file) { return known_of_[file] != kNone; });
  }

  void MatchByInode() {
    if (open_.empty()) return;
    std::unordered_multimap<uint64_t, size_t> by_inode;
    for (size_t at = 0; at < known_.size(); ++at)
      if (known_[at].file == kNone && known_[at].identity != nullptr)
        by_inode.emplace(known_[at].identity->stat.inode, at);
    for (const size_t file : open_) {
      const auto [begin, end] = by_inode.equal_range(files_[file].stat.inode);
      for (auto found = begin; found != end && known_of_[file] == kNone; ++found) {
        const Known& known = known_[found->second];
        if (known.file == kNone && IsSameFile(known.identity->stat, files_[file].stat)) Try(file, found->second);
      }
    }
    Close();
  }

  void MatchByLocation() {
    std::unordered_map<std::string, size_t> unlinked = WithoutLinks();
    for (const size_t file : open_) {
      if (!files_[file].known_name) continue;
      size_t at = KnownAt(files_[file]);
      if (const auto found = unlinked.find(files_[file].location); at == kNone && found != unlinked.end())
        at = found->second;
      if (at == kNone || known_[at].file != kNone) continue;
      const auto before = memory_.changed.find(files_[file].location);
      if (before == memory_.changed.end() || before->second != files_[file].stat) Try(file, at);
    }
    Close();
  }

  /// Content that earlier versions read through a symbolic link, by its location with links resolved.
  std::unordered_map<std::string, size_t> WithoutLinks() const {
    std::unordered_map<std::string, size_t> unlinked;
    std::unordered_map<std::string, std::string> folders;
    if (std::ranges::none_of(open_, [&](size_t file) { return KnownAt(files_[file]) == kNone; })) return unlinked;
    for (size_t at = 0; at < known_.size(); ++at) {
      if (known_[at].identity != nullptr) continue;
      const fs::path path = PathOfLocation(known_[at].id->topic);
      std::error_code error;
      if (fs::is_symlink(path, error)) {
        unlinked[FileLocation(fs::canonical(path, error).string())] = at;
        continue;
      }
      auto [folder, first] = folders.try_emplace(path.parent_path().string());
      if (first) folder->second = fs::canonical(path.parent_path(), error).string();
      unlinked[FileLocation(folder->second + "/" + path.filename().string())] = at;
    }
    return unlinked;
  }

  /// Content whose file was deleted, or whose name now belongs to another file.
  std::vector<size_t> Displaced() const {
    std::vector<size_t> displaced;
    std::error_code error;
    for (size_t at = 0; at < known_.size(); ++at) {
      const FileIdentity* identity = known_[at].identity;
      if (known_[at].file != kNone || identity == nullptr || identity->offset == 0) continue;
      if (identity->location.empty() || taken_.contains(identity->location) ||
          !fs::exists(PathOfLocation(identity->location), error))
        displaced.push_back(at);
    }
    return displaced;
  }

  /// Matches files that were moved to another file system, copied before truncation, or compressed.
  void MatchByContent() {
    if (open_.empty()) return;
    const std::vector<size_t> displaced = Displaced();
    if (displaced.empty()) return;
    std::set<int64_t> head_sizes;
    std::unordered_multimap<uint64_t, size_t> by_head;
    std::set<std::string> names;
    for (const size_t at : displaced) {
      head_sizes.insert(std::min(known_[at].offset, kHeadBytes));
      by_head.emplace(known_[at].identity->head, at);
      for (const std::string& name : NamesOf(known_[at])) names.insert(name);
    }
    for (const size_t file : open_) {
      if (!files_[file].known_name && !IsRotatedName(fs::path(files_[file].path).filename().string(), names)) continue;
      const auto head = ReadHead(files_[file].path);
      if (!head) continue;
      for (const int64_t size : head_sizes) {
        if (size > int64_t(head->bytes.size()) || known_of_[file] != kNone) break;
        const auto [begin, end] =
            by_head.equal_range(HashContent(std::string_view(head->bytes).substr(0, size_t(size))));
        for (auto found = begin; found != end && known_of_[file] == kNone; ++found)
          if (known_[found->second].file == kNone && MayBe(files_[file], head->compressed, known_[found->second]))
            Try(file, found->second);
      }
    }
    Close();
  }

  /// Whether equal content is enough for a match. Short contents may be equal by chance.
  bool MayBe(const InputFile& file, bool compressed, const Known& known) const {
    const FileIdentity& identity = *known.identity;
    if (identity.compressed && compressed && identity.stat.modified_ns != file.stat.modified_ns) return false;
    if (identity.offset >= kHeadBytes || identity.stat.modified_ns == file.stat.modified_ns) return true;
    std::error_code error;
    const bool replaced = !identity.location.empty() && fs::exists(PathOfLocation(identity.location), error);
    const std::string name = fs::path(file.path).filename().string();
    return (compressed || replaced || identity.location.empty()) &&
           std::ranges::any_of(NamesOf(known), [&](const auto& before) { return AreRelatedNames(name, before); });
  }

  /// The file's names when it was first read and when it was last seen.
  static std::vector<std::string> NamesOf(const Known& known) {
    std::vector<std::string> names{NameOfLocation(known.id->topic)};
    if (!known.identity->location.empty()) names.push_back(NameOfLocation(known.identity->location));
    return names;
  }

  void Try(size_t file, size_t at) {
    const Known& known = known_[at];
    const bool compressed =
        known.identity != nullptr ? known.identity->compressed : HasCompressedEnding(files_[file].path);
    const auto compared = Compare(files_[file], {.offset = known.offset,
                                                 .identity = known.identity,
                                                 .to_the_end = EndWasRead(files_[file], known, compressed)});
    if (!compared) {
      if (compared.error().kind != ErrorKind::kNotFound) matches_.failures.push_back(compared.error().message);
      known_of_[file] = at;  // the file is not read
      known_[at].file = file;
    } else if (*compared) {
      Continue(file, at, **compared);
    }
  }

  bool EndWasRead(const InputFile& file, const Known& known, bool compressed) const {
    if (!compressed) return known.offset == file.stat.stored_bytes;
    const auto mark = checkpoint_.positions.find(EndMarkOf(*known.id));
    return mark != checkpoint_.positions.end() && mark->second == file.stat.stored_bytes;
  }

  /// Records that the file continues the known content.
  void Continue(size_t file, size_t at, const Continuation& how) {
    const InputFile& input = files_[file];
    Known& known = known_[at];
    bool ended = EndWasRead(input, known, how.now.compressed) || how.ends;
    if (!ended && options_.format == "document" && known.offset > 0) {
      if (HasOtherDocument(input, known)) return;
      ended = true;
    }
    known_of_[file] = at;
    known.file = file;
    if (known.identity == nullptr || *known.identity != how.now) {
      const auto before = known.identity == nullptr ? std::optional<FileIdentity>() : *known.identity;
      matches_.found.push_back({.id = *known.id, .before = before, .now = how.now});
      if (!before || before->location != how.now.location || how.now.compressed) matches_.commit_found = true;
    }
    if (how.ends) AddMark(*known.id, input.stat.stored_bytes);
    if (!ended) tasks_[file] = TaskOf(input, *known.id, known.offset, how.now);
  }

  static InputTask TaskOf(const InputFile& input, PartitionId id, int64_t offset,
                          std::optional<FileIdentity> identity) {
    return {.path = input.path,
            .location = input.location,
            .stat = input.stat,
            .id = std::move(id),
            .offset = offset,
            .identity = std::move(identity)};
  }

  void AddMark(const PartitionId& id, int64_t stored_bytes) {
    RawBatch mark;
    mark.from = EndMarkOf(id);
    const auto before = checkpoint_.positions.find(mark.from);
    mark.begin = before == checkpoint_.positions.end() ? 0 : before->second;
    mark.end = stored_bytes;
    if (mark.begin != mark.end) matches_.marks.push_back(std::move(mark));
  }

  /// Whether more than whitespace follows the document that was read.
  bool HasOtherDocument(const InputFile& file, const Known& known) const {
    const auto rest = ReadFrom(file.path, known.offset, options_.record_bytes_max);
    return !rest || rest->find_first_not_of(" \t\r\n") != std::string::npos;
  }

  /// Whether only a part of the document was read.
  bool WasIncomplete(const InputFile& file, const Known& known) const {
    if (known.identity != nullptr && known.identity->incomplete) return true;
    if (options_.format != "document") return false;
    const auto compared = Compare(file, {.offset = known.offset, .identity = known.identity});
    if (!compared || !*compared) return false;
    auto text = ReadFrom(file.path, 0, known.offset);
    return text && !EndsWhole(*text);
  }

  PartitionId NextPartition(const std::string& location) const {
    const auto after = checkpoint_.positions.upper_bound({.topic = location, .partition = INT_MAX});
    if (after == checkpoint_.positions.begin() || std::prev(after)->first.topic != location) return {location, 0};
    return {location, std::prev(after)->first.partition / 2 * 2 + 2};
  }

  void Begin(size_t file) {
    const InputFile& input = files_[file];
    tasks_[file] = TaskOf(input, NextPartition(input.location), 0, std::nullopt);
    if (const size_t at = Find(input.location); at != kNone && known_[at].file == kNone && known_[at].identity) {
      FileIdentity displaced = *known_[at].identity;
      displaced.location.clear();
      matches_.found.push_back({.id = *known_[at].id, .before = *known_[at].identity, .now = std::move(displaced)});
    }
  }

  void BeginNew() {
    for (const size_t file : open_) {
      const InputFile& input = files_[file];
      if (!input.known_name || input.stat.stored_bytes == 0) continue;
      const size_t at = KnownAt(input);
      if (at == kNone || known_[at].file != kNone || known_[at].offset == 0) {
        Begin(file);
      } else if (WasIncomplete(input, known_[at])) {
        matches_.warnings.push_back(
            "file " + input.path +
            " was read while it was incomplete and is read again; the incomplete record stays in "
            "bronze and in quarantine, at " +
            known_[at].id->topic + " partition " + std::to_string(known_[at].id->partition));
        Begin(file);
      } else if (options_.on_changed == OnChanged::kReread) {
        Begin(file);
        matches_.warnings.push_back("file " + input.path +
                                    " has changed since it was read and is read again from its " +
                                    "start, as partition " + std::to_string(tasks_[file]->id.partition));
      } else {
        matches_.changed.push_back(
            {.path = input.path,
             .location = input.location,
             .stat = input.stat,
             .how = "its content is not what was read of it before (" + std::to_string(known_[at].offset) + " bytes)"});
      }
    }
  }

  const std::vector<InputFile>& files_;
  const Checkpoint& checkpoint_;
  const SourceOptions& options_;
  MatchMemory& memory_;
  std::vector<Known> known_;
  std::unordered_map<std::string, size_t> at_;  // index into known_ by location
  std::unordered_set<std::string_view> taken_;  // locations of the listed files
  std::vector<size_t> open_;                    // files without a match so far
  std::vector<size_t> known_of_;                // by file
  std::vector<std::optional<InputTask>> tasks_;
  FileMatches matches_;
};

}  // namespace

PartitionId EndMarkOf(const PartitionId& id) {
  return {.topic = id.topic, .partition = id.partition + 1};
}

FileMatches MatchFiles(const std::vector<InputFile>& files, const Checkpoint& checkpoint, const SourceOptions& options,
                       MatchMemory& memory) {
  return Matcher(files, checkpoint, options, memory).Match();
}

}  // namespace ingot::source
