#include "catalog/lock_holders.h"

#include <fcntl.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>

namespace ingot::catalog {
namespace {

namespace fs = std::filesystem;

/// The first process whose lock conflicts with a write lock on the whole file; 0 for none or one without a visible id.
int64_t HolderOf(int descriptor) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0 ? lock.l_pid : 0;
}

}  // namespace

std::string LockHolders(const std::string& path) {
  std::error_code error;
  const fs::path file = fs::weakly_canonical(path, error);
  // SQLite locks the file itself or, in WAL mode, its shared-memory file.
  const std::set<std::string> locked{file.string(), file.string() + "-shm"};
  std::set<int64_t> processes;
  for (fs::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) {
    std::error_code vanished;
    if (!locked.contains(fs::read_symlink(it->path(), vanished).string())) continue;
    const std::string name = it->path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (const int64_t process = HolderOf(descriptor); process != 0) processes.insert(process);
  }
  std::string holders;
  for (const int64_t process : processes) {
    std::string command;
    std::ifstream comm("/proc/" + std::to_string(process) + "/comm");
    std::getline(comm, command);
    holders += (holders.empty() ? "process " : ", process ") + std::to_string(process) +
               (command.empty() ? "" : " (" + command + ")");
  }
  return holders.empty() ? "another process" : holders;
}

}  // namespace ingot::catalog
