// Where the files of a table lie after it is moved to another location.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::maintain {

/// The location that a moved table had before. It tells where a file belongs that was added under an old path.
inline constexpr const char* kMovedFromProperty = "ingot.moved-from";

class MovedPaths {
 public:
  /// `to`: the new location of the table.
  MovedPaths(const iceberg::TableMetadata& metadata, std::string to);

  const std::string& To() const { return to_; }

  /// The new location of a file: its path below the table's folders stays the same. A file outside of them is moved to
  /// the folder of data files under a unique name. A file below the new location stays.
  std::string Of(const std::string& location) const;

  /// The new text of a property or summary whose value is a location in the table's folders. Nothing for other texts.
  std::optional<std::string> OfText(const std::string& text) const;

  /// The properties at the new location. Folders of their own outside of the table's location become the default ones.
  iceberg::Properties Of(iceberg::Properties properties) const;

 private:
  struct Root {
    std::string from, to;
  };
  std::optional<std::string> InRoots(const std::string& location) const;
  bool IsBelowTarget(const std::string& location) const;

  std::string to_;
  std::vector<Root> roots_;
};

}  // namespace ingot::maintain
