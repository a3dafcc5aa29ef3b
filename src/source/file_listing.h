// The input files of a source: one file, or those below a directory, each once whatever it is called.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "source/file_identity.h"

namespace ingot::source {

struct InputFile {
  std::string path;      // as listed
  std::string location;  // FileLocation of the path without links: the same however the source is spelled
  std::string spelled;   // the location as it was listed, where that differs
  FileStat stat;
  bool known_name = true;  // false: it is no input, unless it is the rest of one that was renamed
};

struct FileListing {
  std::vector<InputFile> files;       // in the order of their paths
  std::vector<std::string> warnings;  // links that lead nowhere
  std::vector<std::string> failures;  // the source or folders of it that cannot be read
};

/// Links are followed, each folder is entered once. Names that begin with '.' or '_' are left out, except folders of a
/// partition such as _day=1. What vanishes meanwhile is left out. Errors: kRetry when `path` itself cannot be read.
Result<FileListing> ListFiles(const std::string& path);

}  // namespace ingot::source
