#include "source/file_comparison.h"

#include <algorithm>

#include "source/file_stream.h"

namespace ingot::source {
namespace {

Result<std::optional<Continuation>> CompareStream(FileStream& stream, const InputFile& file, const ReadBefore& read) {
  const auto& [offset, before, to_the_end] = read;
  Continuation same{.now = {.location = file.location,
                            .stat = stream.Stat(),
                            .offset = offset,
                            .compressed = stream.Compressed(),
                            .incomplete = before != nullptr && before->incomplete}};
  INGOT_TRY(stream.SkipTo(std::min(offset, kHeadBytes)));
  same.now.head = stream.Trace().Head();
  if (before != nullptr && before->head != same.now.head) return std::nullopt;
  if (before == nullptr && stream.Compressed() && to_the_end) return same;
  INGOT_TRY(stream.SkipTo(offset));
  same.now.tail = stream.Trace().Tail();
  if (before != nullptr && before->tail != 0 && before->tail != same.now.tail) return std::nullopt;
  if (stream.Compressed()) {
    std::string rest;
    INGOT_TRY(stream.Read(1, rest));
    same.ends = rest.empty() && !stream.Truncated();
  }
  return same;
}

}  // namespace

Result<std::optional<Continuation>> Compare(const InputFile& file, const ReadBefore& before) {
  INGOT_ASSIGN(const auto stream, FileStream::Open(file.path));
  auto compared = CompareStream(*stream, file, before);
  if (!compared && compared.error().kind == ErrorKind::kBadInput) return std::nullopt;  // shorter than before
  return compared;
}

Result<ContentHead> ReadHead(const std::string& path) {
  INGOT_ASSIGN(const auto stream, FileStream::Open(path));
  ContentHead head{.bytes = {}, .compressed = stream->Compressed()};
  INGOT_TRY(stream->Read(kHeadBytes, head.bytes));
  return head;
}

Result<Beginning> CompareBeginnings(const std::string& first, const std::string& second) {
  std::string bytes[2];
  for (int i = 0; i < 2; ++i) {
    INGOT_ASSIGN(const auto stream, FileStream::Open(i == 0 ? first : second));
    INGOT_TRY(stream->Read(kTailBytes, bytes[i]));
  }
  const size_t size = std::min(bytes[0].size(), bytes[1].size());
  if (std::string_view(bytes[0]).substr(0, size) != std::string_view(bytes[1]).substr(0, size))
    return Beginning::kDifferent;
  if (bytes[0].size() == bytes[1].size()) return Beginning::kSame;
  return bytes[0].size() < bytes[1].size() ? Beginning::kFirstShorter : Beginning::kSecondShorter;
}

Result<ComparedPairs::Pair*> ComparedPairs::Compare(const InputFile& first, const InputFile& second) {
  const std::pair key(first.location, second.location);
  const auto known = pairs_.find(key);
  if (known != pairs_.end() && known->second.first == first.stat && known->second.second == second.stat)
    return &known->second;
  INGOT_ASSIGN(const Beginning beginning, CompareBeginnings(first.path, second.path));
  if (known == pairs_.end() && pairs_.size() >= kPairsMax) pairs_.clear();
  Pair& pair = pairs_[key];
  pair = {.first = first.stat, .second = second.stat, .beginning = beginning};
  return &pair;
}

Result<std::string> ReadFrom(const std::string& path, int64_t offset, int64_t bytes) {
  INGOT_ASSIGN(const auto stream, FileStream::Open(path));
  INGOT_TRY(stream->SkipTo(offset));
  std::string text;
  while (int64_t(text.size()) < bytes) {
    const size_t before = text.size();
    INGOT_TRY(stream->Read(std::min<int64_t>(bytes - int64_t(before), 1 << 20), text));
    if (text.size() == before) break;
  }
  return text;
}

}  // namespace ingot::source
