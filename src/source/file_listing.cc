#include "source/file_listing.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/log.h"
#include "source/file_names.h"
#include "storage/location.h"

namespace ingot::source {
namespace {

namespace fs = std::filesystem;

/// The file does not exist, was deleted, or is a dangling link.
bool IsGone(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
         error == std::errc::too_many_symbolic_link_levels;
}

bool IsHidden(const std::string& name, bool folder) {
  if (name.starts_with('.')) return true;
  return name.starts_with('_') && !(folder && name.find('=') != std::string::npos);
}

class Lister {
 public:
  /// `real` is `folder` with its links resolved.
  Status List(const fs::path& folder, const fs::path& real) {
    std::error_code error;
    if (!entered_.insert(real.string()).second) return {};
    fs::directory_iterator entries(folder, error);
    const std::string spelled = storage::AbsoluteLocation(folder.string());
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) Take(*entries, real, spelled);
    if (!error || error == std::errc::no_such_file_or_directory) return {};
    return Fail(ErrorKind::kRetry, "folder " + folder.string() + " cannot be read: " + error.message());
  }

  FileListing Finish() {
    std::ranges::sort(listing_.files, {}, &InputFile::path);
    return std::move(listing_);
  }

 private:
  void Take(const fs::directory_entry& entry, const fs::path& folder, const std::string& spelled_folder) {
    std::error_code error;
    const std::string name = entry.path().filename().string();
    const bool is_folder = entry.is_directory(error);
    if (IsHidden(name, is_folder)) return;
    if (error && !IsGone(error)) return AddFailure(entry, error);
    fs::path real = folder / name;
    if (entry.is_symlink(error)) {
      real = fs::canonical(entry.path(), error);
      if (error && !IsGone(error)) return AddFailure(entry, error);
      if (error) {
        listing_.warnings.push_back("link " + entry.path().string() + " cannot be followed: " + error.message());
        return;
      }
    }
    if (is_folder) {
      if (Status listed = List(entry.path(), real); !listed) listing_.failures.push_back(listed.error().message);
    } else if (entry.is_regular_file(error)) {
      const auto stat = StatFile(entry.path().string());
      if (!stat) {
        if (stat.error().kind != ErrorKind::kNotFound) listing_.failures.push_back(stat.error().message);
        return;  // the entry may just have been deleted
      }
      InputFile file{.path = entry.path().string(),
                     .location = FileLocation(real.string()),
                     .spelled = spelled_folder + "/" + name,
                     .stat = *stat,
                     .known_name = HasKnownEnding(name)};
      if (file.spelled == file.location) file.spelled.clear();
      listing_.files.push_back(std::move(file));
    } else if (entry.exists(error)) {
      LogDebug("not a file: " + entry.path().string());
    }
  }

  void AddFailure(const fs::directory_entry& entry, const std::error_code& error) {
    listing_.failures.push_back("file " + entry.path().string() + ": " + error.message());
  }

  FileListing listing_;
  std::set<std::string> entered_;
};

}  // namespace

Result<FileListing> ListFiles(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  Lister lister;
  if (!error && fs::is_directory(real, error)) {
    INGOT_TRY(lister.List(path, real));
    return lister.Finish();
  }
  FileListing listing;
  if (error) {
    listing.failures.push_back("source " + path + " cannot be read: " + error.message());
    return listing;
  }
  INGOT_ASSIGN(const FileStat stat, StatFile(path));
  listing.files.push_back({.path = path,
                           .location = FileLocation(real.string()),
                           .spelled = storage::AbsoluteLocation(path),
                           .stat = stat});
  return listing;
}

}  // namespace ingot::source
