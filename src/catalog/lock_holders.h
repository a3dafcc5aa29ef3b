// Names the processes that hold a lock on a file, for error messages.
#pragma once

#include <string>

namespace ingot::catalog {

/// "process 4711 (python3)", or several, joined by commas; "another process" when the kernel does not know it, as on
/// network file systems and between containers. Uses descriptors of the file that this process has open already:
/// closing a new one would release this process's own locks.
std::string LockHolders(const std::string& path);

}  // namespace ingot::catalog
