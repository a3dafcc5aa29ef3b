#include "maintain/rewrite_manifests.h"

#include <algorithm>
#include <map>
#include <set>

namespace ingot::maintain {

using iceberg::ManifestFile;

namespace {

constexpr size_t kFew = 5;  // fewer are read as fast as a single one

}  // namespace

Result<ManifestsRewritten> RewriteManifests(const iceberg::TableHome& home, const RewriteManifestsOptions& options) {
  INGOT_ASSIGN(const iceberg::Table table, iceberg::LoadTable(home));
  const iceberg::Snapshot* snapshot = table.metadata->CurrentSnapshot();
  if (snapshot == nullptr) return ManifestsRewritten{};
  INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(*table.home.storage, *snapshot));
  const int64_t target = table.metadata->PropertyInt("commit.manifest.target-size-bytes", 8 << 20);
  struct Group {
    std::vector<const ManifestFile*> manifests;
    int64_t bytes = 0;
  };
  std::map<std::pair<int32_t, bool>, Group> groups;
  for (const ManifestFile& manifest : manifests) {
    Group& group = groups[{manifest.spec_id, manifest.holds_deletes}];
    group.manifests.push_back(&manifest);
    group.bytes += manifest.bytes;
  }
  ManifestsRewritten counts{.before = int64_t(manifests.size())};
  std::set<std::string> chosen;
  for (const auto& [key, group] : groups) {
    const int64_t ideal = std::max<int64_t>(1, (group.bytes + target / 2) / target);
    const bool worth = group.manifests.size() >= kFew && int64_t(group.manifests.size()) > ideal + ideal / 2;
    counts.after += worth ? ideal : int64_t(group.manifests.size());
    if (!worth) continue;
    for (const ManifestFile* manifest : group.manifests) chosen.insert(manifest->location);
  }
  if (chosen.empty() || options.dry_run) return counts;
  iceberg::SnapshotChange change{.operation = "replace"};
  change.rewrites = [&](const ManifestFile& manifest) { return chosen.contains(manifest.location); };
  INGOT_ASSIGN(const auto rewritten, iceberg::CommitSnapshot(table.home, change));
  INGOT_ASSIGN(const auto after,
               iceberg::ReadManifestList(*rewritten.home.storage, *rewritten.metadata->CurrentSnapshot()));
  counts.after = int64_t(after.size());
  return counts;
}

}  // namespace ingot::maintain
