// Lists the input files of a source: one file, or all files below a directory, each once under any number of names.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "source/file_identity.h"

namespace ingot::source {

struct InputFile {
  std::string path;      // as listed
  std::string location;  // FileLocation of the path with links resolved: independent of how the source is spelled
  std::string spelled;   // the location as listed, if it differs
  FileStat stat;
  bool known_name = true;  // false: not an input, unless it continues a renamed one
};

struct FileListing {
  std::vector<InputFile> files;       // sorted by path
  std::vector<std::string> warnings;  // dangling links
  std::vector<std::string> failures;  // the source, or folders in it, that cannot be read
};

/// Lists the files at or below `path`. Links are followed and each folder is entered once. Names that begin with '.' or
/// '_' are skipped, except partition folders such as _day=1. Files deleted during the listing are skipped.
/// Errors: kRetry when `path` itself cannot be read.
Result<FileListing> ListFiles(const std::string& path);

}  // namespace ingot::source
