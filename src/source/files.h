// Files as a source: one file, or all files of a folder in the order of their names.
#pragma once

#include <memory>
#include <string>

#include "source/source.h"

namespace ingot::source {

/// Opens a source. `uri` is a path or file:///path of a file or a folder.
Result<std::unique_ptr<Source>> OpenFiles(const std::string& uri, const SourceOptions& options);

}  // namespace ingot::source
