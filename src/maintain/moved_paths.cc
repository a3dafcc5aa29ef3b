#include "maintain/moved_paths.h"

#include <string_view>

#include "base/sha256.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

/// Properties that name a folder of files, and the folder that is used without them.
constexpr std::pair<const char*, const char*> kFolders[] = {{"write.data.path", "data"},
                                                            {"write.metadata.path", "metadata"},
                                                            {"write.object-storage.path", "data"},
                                                            {"write.folder-storage.path", "data"}};

std::string_view WithoutSlash(std::string_view location) {
  while (location.ends_with('/')) location.remove_suffix(1);
  return location;
}

/// The path below `folder`, compared as text. Empty for the folder itself.
std::optional<std::string> TextBelow(std::string_view location, std::string_view folder) {
  location = WithoutSlash(location), folder = WithoutSlash(folder);
  if (!location.starts_with(folder)) return std::nullopt;
  if (location.size() == folder.size()) return std::string();
  if (location[folder.size()] != '/') return std::nullopt;
  return std::string(location.substr(folder.size() + 1));
}

std::string Joined(const std::string& folder, const std::string& below) {
  return below.empty() ? folder : storage::JoinLocation(folder, below);
}

}  // namespace

MovedPaths::MovedPaths(const iceberg::TableMetadata& metadata, std::string to)
    : to_(WithoutSlash(storage::AbsoluteLocation(to))) {
  if (!IsBelowTarget(metadata.location)) roots_.push_back({metadata.location, to_});
  if (const std::string before = metadata.Property(kMovedFromProperty, ""); !before.empty() && !IsBelowTarget(before))
    roots_.push_back({before, to_});
  for (const auto& [property, folder] : kFolders)
    if (const std::string path = metadata.Property(property, "");
        !path.empty() && !IsBelowTarget(path) && !TextBelow(path, metadata.location))
      roots_.push_back({path, storage::JoinLocation(to_, folder)});
}

bool MovedPaths::IsBelowTarget(const std::string& location) const {
  return TextBelow(location, to_).has_value();
}

std::optional<std::string> MovedPaths::InRoots(const std::string& location) const {
  for (const Root& root : roots_)
    if (const auto below = TextBelow(location, root.from)) return Joined(root.to, *below);
  for (const Root& root : roots_)  // other spellings of the folder
    if (const auto below = storage::PathBelow(location, root.from)) return Joined(root.to, *below);
  return std::nullopt;
}

std::string MovedPaths::Of(const std::string& location) const {
  if (IsBelowTarget(location)) return location;
  if (auto moved = InRoots(location)) return *std::move(moved);
  if (const auto below = storage::PathBelow(location, to_)) return Joined(to_, *below);
  const std::string name = location.substr(location.rfind('/') + 1);
  return storage::JoinLocation(storage::JoinLocation(to_, "data"), Sha256Hex(location).substr(0, 16) + "-" + name);
}

std::optional<std::string> MovedPaths::OfText(const std::string& text) const {
  for (const Root& root : roots_)
    if (const auto below = TextBelow(text, root.from)) return Joined(root.to, *below);
  return std::nullopt;
}

iceberg::Properties MovedPaths::Of(iceberg::Properties properties) const {
  for (const auto& [property, folder] : kFolders)
    if (const auto own = properties.find(property); own != properties.end()) {
      const auto moved = InRoots(own->second);
      if (moved && *moved == storage::JoinLocation(to_, folder)) properties.erase(own);
    }
  for (auto& [key, value] : properties)
    if (key != kMovedFromProperty)
      if (auto moved = OfText(value)) value = *std::move(moved);
  return properties;
}

}  // namespace ingot::maintain
