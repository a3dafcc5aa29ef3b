// A table that another engine fills and whose files then become those of the table that they are meant for.
#pragma once

#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::run {

class Staging {
 public:
  /// Makes a table of the same schema and partition as `target`, whose data files land in the folder of `target`'s.
  static Result<Staging> Make(const stage::Environment& environment, const iceberg::Table& target);
  Staging(Staging&& other) noexcept : home_(std::exchange(other.home_, {})), location_(std::move(other.location_)) {}
  Staging& operator=(Staging&&) = delete;
  /// Takes the table out of the catalog, and its metadata out of the storage; its data files too, unless they were
  /// released.
  ~Staging();

  /// "namespace.name".
  std::string Name() const { return home_.name.Text(); }

  /// The files that were written, as files of `target`.
  Result<stage::WrittenRows> Files(const iceberg::Table& target);
  /// The files are handed to a commit, which answers for them from now on.
  void Release() { files_.clear(); }

 private:
  Staging() = default;
  iceberg::TableHome home_;
  std::string location_;
  std::vector<std::string> files_;
};

}  // namespace ingot::run
