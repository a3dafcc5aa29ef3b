// What is unusual about the files of a source: none has a known name, a header lacks declared fields.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "source/csv_rows.h"
#include "source/file_listing.h"
#include "source/source.h"

namespace ingot::source {

/// The warning if no file of the folder has a known name, and none is left over from earlier runs. Input:
/// `read_before`: whether the table has read files; then an empty folder is usual, and so are names such as
/// a.jsonl.done.
std::optional<InputWarning> WarningOfNames(const std::string& folder, const FileListing& listing, bool read_before);

/// What the headers lack.
class HeaderWarnings {
 public:
  /// Forgets missing columns. A file whose header is unknown stays unread, so it is kept for a followed source.
  void Restart(bool follow);
  /// Takes the header that was read from the start of a file. Input: `error`: why it could not be read, otherwise
  /// empty.
  void Add(const std::string& path, const CsvRows& header, const std::string& error);
  /// One warning for each unknown header, and one for each column that is missing somewhere.
  std::vector<InputWarning> All() const;

 private:
  struct Missing {
    int64_t files = 0;
    std::string first;                // a path
    std::vector<std::string> unread;  // the columns there that no field reads
  };
  int64_t files_ = 0;
  std::map<std::string, std::string> unknown_;  // the error by path
  std::map<std::string, Missing> missing_;      // by column
};

}  // namespace ingot::source
