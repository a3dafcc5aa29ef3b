#include "maintain/moved_files.h"

#include <fmt/format.h>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/parallel.h"
#include "iceberg/journal.h"
#include "iceberg/puffin.h"
#include "rows/row_delete_writer.h"
#include "rows/row_deletes.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::FileContent;
using iceberg::ManifestEntry;
using iceberg::ManifestFile;
using iceberg::TableMetadata;

constexpr int64_t kCopyBytes = 8 << 20;

/// The size of a file. Errors: kNotFound.
Result<int64_t> SizeOf(storage::Storage& storage, const std::string& location) {
  INGOT_ASSIGN(const auto file, storage.OpenInput(location));
  INGOT_ARROW_ASSIGN(const int64_t bytes, file->GetSize());
  return bytes;
}

/// The current schema and dropped columns that the spec still partitions by.
iceberg::Schema SchemaWithSources(const TableMetadata& metadata, const iceberg::PartitionSpec& spec) {
  iceberg::Schema schema = metadata.CurrentSchema();
  for (const iceberg::PartitionField& field : spec.fields)
    for (auto old = metadata.schemas.rbegin(); schema.FindById(field.source_id) == nullptr; ++old) {
      if (old == metadata.schemas.rend()) break;
      if (const auto* source = old->FindById(field.source_id)) schema.fields.push_back(*source);
    }
  return schema;
}

}  // namespace

MovedFiles::MovedFiles(std::shared_ptr<storage::Storage> storage, const MovedPaths& paths, TableMetadata target)
    : storage_(std::move(storage)), paths_(paths), target_(std::move(target)) {}

/// Reads at the old location, or at the new one if the files were moved there before.
template <typename Read>
auto MovedFiles::ReadEither(const std::string& location, const Read& read) const -> decltype(read(location)) {
  auto found = read(location);
  if (found || found.error().kind != ErrorKind::kNotFound) return found;
  auto moved = read(paths_.Of(location));
  if (moved || moved.error().kind != ErrorKind::kNotFound) return moved;
  return found;
}

size_t MovedFiles::Add(const std::string& from, int64_t bytes) {
  const auto [at, first] = numbers_.try_emplace(from, files_.size());
  if (first) files_.push_back({.from = from, .to = paths_.Of(from), .bytes = bytes});
  return at->second;
}

Result<std::vector<const MovedFiles::Manifest*>> MovedFiles::Manifests(const iceberg::Snapshot& snapshot,
                                                                       const TableMetadata& metadata) {
  iceberg::Snapshot readable = snapshot;
  INGOT_ASSIGN(const auto manifests, ReadEither(snapshot.manifest_list, [&](const std::string& location) {
                 readable.manifest_list = location;
                 if (location.empty())  // format 1: the snapshot lists its manifests
                   for (std::string& one : readable.manifests)
                     if (!storage_->Exists(one).value_or(true)) one = paths_.Of(one);
                 return iceberg::ReadManifestList(*storage_, readable);
               }));
  std::vector<const Manifest*> moved;
  for (const ManifestFile& manifest : manifests) {
    INGOT_ASSIGN(const Manifest* one, Rewritten(manifest, metadata));
    moved.push_back(one);
  }
  return moved;
}

Result<const MovedFiles::Manifest*> MovedFiles::Rewritten(const ManifestFile& old, const TableMetadata& metadata) {
  if (const auto known = manifests_.find(old.location); known != manifests_.end()) return known->second.get();
  INGOT_ASSIGN(std::vector<ManifestEntry> entries, ReadEither(old.location, [&](const std::string& location) {
                 ManifestFile readable = old;
                 readable.location = location;
                 return iceberg::ReadManifest(*storage_, readable, metadata);
               }));
  auto moved = std::make_unique<Manifest>();
  moved->file = old;
  bool& changed = moved->changed = paths_.Of(old.location) != old.location;
  for (ManifestEntry& entry : entries) {
    const std::string before = entry.file.location;
    if (entry.status != iceberg::EntryStatus::kDeleted) {
      INGOT_TRY(Move(entry.file, metadata, *moved));
    } else if (const auto rewritten = deletes_.find(before); rewritten != deletes_.end()) {
      entry.file.location = rewritten->second.location;
    } else {
      entry.file.location = paths_.Of(before);
    }
    if (!entry.file.referenced_data_file.empty())
      entry.file.referenced_data_file = paths_.Of(entry.file.referenced_data_file);
    changed |= entry.file.location != before;
  }
  if (changed) {
    const iceberg::PartitionSpec* spec = metadata.SpecById(old.spec_id);
    if (spec == nullptr)
      return Fail(ErrorKind::kCorrupt,
                  fmt::format("manifest {}: unknown partition spec {}", old.location, old.spec_id));
    const iceberg::Schema schema = SchemaWithSources(metadata, *spec);
    const std::string location = storage::JoinLocation(MetadataFolder(target_), iceberg::NewFileName() + "-m0.avro");
    INGOT_ASSIGN(const ManifestFile written, iceberg::WriteManifest(*storage_, location,
                                                                    {.schema = &schema,
                                                                     .spec = spec,
                                                                     .holds_deletes = old.holds_deletes,
                                                                     .snapshot_id = old.added_snapshot_id,
                                                                     .format_version = metadata.format_version},
                                                                    entries));
    moved->file.location = written.location;
    moved->file.bytes = written.bytes;
    if (old.partitions.empty()) moved->file.partitions = written.partitions;
  }
  iceberg::CountEntries(entries, moved->file);
  return manifests_.emplace(old.location, std::move(moved)).first->second.get();
}

Status MovedFiles::Move(DataFile& file, const TableMetadata& metadata, Manifest& manifest) {
  if (file.content == FileContent::kPositionDeletes && paths_.Of(file.location) != file.location)
    return file.format == "PUFFIN" ? MoveVectors(file) : MovePositions(file, metadata, manifest);
  std::string to = paths_.Of(file.location);
  if (to == file.location) return {};
  manifest.files.push_back(Add(file.location, file.file_bytes));
  file.location = std::move(to);
  return {};
}

/// Writes the positions again, with the new paths of their data files.
Status MovedFiles::MovePositions(DataFile& file, const TableMetadata& metadata, Manifest& manifest) {
  auto known = deletes_.find(file.location);
  if (known == deletes_.end()) {
    std::map<std::string, std::vector<int64_t>> positions;
    std::string last;
    std::vector<int64_t>* into = nullptr;
    INGOT_TRY(ReadEither(file.location, [&](const std::string& location) {
      DataFile readable = file;
      readable.location = location;
      positions.clear(), into = nullptr;
      return rows::ForEachDeletedPosition(storage_, metadata, readable, [&](std::string_view path, int64_t position) {
        if (into == nullptr || path != last) last = path, into = &positions[paths_.Of(last)];
        into->push_back(position);
      });
    }));
    if (positions.empty()) {  // names no file
      manifest.files.push_back(Add(file.location, file.file_bytes));
      file.location = paths_.Of(file.location);
      return {};
    }
    std::vector<rows::FileTask> tasks;
    for (const auto& [path, of] : positions)
      tasks.push_back({.file = {.location = path, .spec_id = file.spec_id, .partition = file.partition}});
    std::vector<rows::DeletedRows> deleted;
    for (size_t i = 0; auto& [path, of] : positions) deleted.push_back({&tasks[i++], std::move(of)});
    INGOT_ASSIGN(DataFile written, rows::WritePositionDeletes(*storage_, target_, deleted));
    known = deletes_.emplace(file.location, std::move(written)).first;
  }
  file = known->second;
  return {};
}

/// A Puffin file names the data file of each deletion vector in its footer. The vectors keep their offsets.
Status MovedFiles::MoveVectors(DataFile& file) {
  auto known = deletes_.find(file.location);
  if (known == deletes_.end()) {
    INGOT_ASSIGN(const std::string bytes,
                 ReadEither(file.location, [&](const std::string& location) { return storage_->ReadAll(location); }));
    INGOT_ASSIGN(const std::string moved,
                 WithContext(iceberg::MapPuffinPaths(bytes, [&](const std::string& path) { return paths_.Of(path); }),
                             "deletion vectors " + file.location));
    const std::string location =
        storage::JoinLocation(storage::ParentLocation(paths_.Of(file.location)), iceberg::NewFileName() + ".puffin");
    INGOT_TRY(storage_->CreateAtomic(location, moved));
    known = deletes_.emplace(file.location, DataFile{.location = location, .file_bytes = int64_t(moved.size())}).first;
  }
  file.location = known->second.location;
  file.file_bytes = known->second.file_bytes;
  return {};
}

Status MovedFiles::CopyOne(File& file, const std::function<void(int64_t)>& copied) {
  const auto there = SizeOf(*storage_, file.to);
  if (!there && there.error().kind != ErrorKind::kNotFound) return std::unexpected(there.error());
  const auto input = storage_->OpenInput(file.from);
  if (!input && input.error().kind != ErrorKind::kNotFound) return std::unexpected(input.error());
  if (!input) {
    if (there && file.bytes >= 0 && *there != file.bytes)
      return Fail(ErrorKind::kCorrupt, fmt::format("{} has {} bytes, but the file of the table has {}: it was not "
                                                   "copied completely; copy it again",
                                                   file.to, *there, file.bytes));
    file.state = there ? State::kAdopted : State::kMissing;
    return {};
  }
  INGOT_ARROW_ASSIGN(file.bytes, (*input)->GetSize());
  if (there && *there == file.bytes) {
    file.state = State::kAdopted;
    return {};
  }
  INGOT_ASSIGN(const auto output, storage_->OpenOutput(file.to));
  for (int64_t at = 0; at < file.bytes;) {
    INGOT_ARROW_ASSIGN(const auto piece, (*input)->ReadAt(at, std::min(kCopyBytes, file.bytes - at)));
    if (piece->size() == 0) return Fail(ErrorKind::kRetry, file.from + " became shorter while it was copied");
    INGOT_ARROW(output->Write(piece));
    at += piece->size();
    copied(piece->size());
  }
  INGOT_ARROW(output->Close());
  file.state = State::kCopied;
  return {};
}

Status MovedFiles::Copy(int threads, const std::function<void(int64_t)>& copied) {
  const size_t first = copied_;
  INGOT_TRY(ForEachInParallel(threads, files_.size() - first, [&](size_t, size_t item) -> Status {
    INGOT_TRY(WithContext(CopyOne(files_[first + item], copied), "copy " + files_[first + item].from));
    return FaultPoint("move.copied");
  }));
  copied_ = files_.size();
  return {};
}

int64_t MovedFiles::CopiedFiles() const {
  return std::ranges::count(files_, State::kCopied, &File::state);
}

int64_t MovedFiles::CopiedBytes() const {
  int64_t bytes = 0;
  for (const File& file : files_) bytes += file.state == State::kCopied ? file.bytes : 0;
  return bytes;
}

int64_t MovedFiles::AdoptedFiles() const {
  return std::ranges::count(files_, State::kAdopted, &File::state);
}

}  // namespace ingot::maintain
