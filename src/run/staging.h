// A staging table that is filled beside its target, by a stage or another engine. Its files are then added to the
// target table.
#pragma once

#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::run {

struct EmptyCopyOptions {
  bool with_location = true;  // without one, the catalog chooses it
};

/// Suffixes of the names of staging tables: of a rebuild; of days (and 12 digits of what they are for); of what another
/// engine writes (and 8 random digits).
inline constexpr const char* kRebuildSuffix = "__rebuild";
inline constexpr const char* kDaysSuffix = "__days_";
inline constexpr const char* kEngineSuffix = "_staging_";
inline constexpr size_t kDaysDigits = 12, kEngineDigits = 8;

/// Whether a staging table of `target` has this name.
bool IsStagingOf(const iceberg::TableName& target, const iceberg::TableName& name);

/// Drops the staging tables of `target` that the catalog has; their work starts again. Keeps data files.
Status DiscardStagingOf(const iceberg::TableHome& target);

/// The metadata of an empty table with the schemas, specs and sort orders of `target`, ids included, so that its data
/// files can become files of `target`. They are written to `target`'s data folder.
iceberg::TableMetadata EmptyCopyOf(const iceberg::TableMetadata& target, const EmptyCopyOptions& options);

/// Finds the staging table of interrupted work, or creates it as an empty copy of `target`, without marks. `stamp`:
/// properties that say what it is for. One with another stamp, definition or layout, or whose mark is no longer in the
/// history of `source`, is dropped, and its data files are kept: they may be the target's by now. Otherwise maintenance
/// removes them as orphans.
Status ContinueStaging(const stage::Environment& environment, const iceberg::TableHome& home,
                       const iceberg::TableMetadata& target, const iceberg::TableMetadata* source,
                       const iceberg::Properties& stamp);

/// Whether files of one table are valid files of the other: the same field ids and partition specs.
bool SameLayout(const iceberg::TableMetadata& a, const iceberg::TableMetadata& b);

/// The live data and delete files with all of their metrics, as files to add to the target.
Result<std::vector<iceberg::DataFile>> FilesOf(const iceberg::Table& staging);

/// Removes a staging table from the catalog and deletes its metadata, if the catalog answers. Keeps data files.
void DiscardStaging(const iceberg::TableHome& home, const std::string& location);

class Staging {
 public:
  /// Creates a table with the schema and partition spec of `target`. Its data files are written to `target`'s data
  /// folder.
  static Result<Staging> Make(const stage::Environment& environment, const iceberg::Table& target);
  Staging(Staging&& other) noexcept : home_(std::exchange(other.home_, {})), location_(std::move(other.location_)) {}
  Staging& operator=(Staging&&) = delete;
  /// Removes the table from the catalog and deletes its metadata. Deletes its data files too, unless they were
  /// released.
  ~Staging();

  /// "namespace.name".
  std::string Name() const { return home_.name.Text(); }

  /// Returns the written files as files of `target`.
  Result<stage::WrittenRows> Files(const iceberg::Table& target);
  /// Transfers the files to a commit, which owns them from now on.
  void Release() { files_.clear(); }

 private:
  Staging() = default;
  iceberg::TableHome home_;
  std::string location_;
  std::vector<std::string> files_;
};

}  // namespace ingot::run
