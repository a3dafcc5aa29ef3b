// Searches every file in a table's folders for erased values, whether or not the table needs the file. Deletes those
// that hold one and that no table needs: orphans, and files in the trash.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "maintain/shared_folder.h"
#include "maintain/stored_rows.h"

namespace ingot::maintain {

struct SearchFilesOptions {
  EraseSearch search;
  bool deletes = false;                  // deletes unneeded files that hold a value or cannot be read
  bool deletes_all = false;              // deletes all unneeded files: no search knows values computed from the rows
  std::vector<OtherTable> other_tables;  // see OrphanOptions
  int threads = 2;
  std::function<void(int64_t)> progress = [](int64_t) {};  // bytes read since the last call
};

struct FilesSearched {
  int64_t files = 0, bytes = 0;  // searched
  int64_t rows = 0;              // decoded, in data files of every format
  int64_t rows_found = 0;        // rows to erase among them
  int64_t files_found = 0;       // files that hold a value
  int64_t deleted = 0;
  std::vector<std::string> left;  // files that hold a value, with what was found
};

/// Errors: those of listing and of reading the table's metadata. A needed file that cannot be read is an error.
Result<FilesSearched> SearchFiles(const iceberg::TableHome& home, const SearchFilesOptions& options);

}  // namespace ingot::maintain
