// Which processes hold a lock on a file: for messages, as far as the kernel tells.
#pragma once

#include <string>

namespace ingot::catalog {

/// "process 4711 (python3)", or several, joined by commas; "another process" where the kernel does not tell, as on
/// network file systems and between containers. Asks through the descriptors by which this process has the file open
/// already: to open and close it would release its own locks.
std::string LockHolders(const std::string& path);

}  // namespace ingot::catalog
