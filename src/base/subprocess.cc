#include "base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace ingot {
namespace {

constexpr size_t kErrorBytesKept = 4096;

struct Pipe {
  int read_end = -1, write_end = -1;
  Status Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      return Fail(ErrorKind::kInternal, std::string("cannot create a pipe: ") + std::strerror(errno));
    read_end = ends[0], write_end = ends[1];
    return {};
  }
  void CloseWrite() { Close(write_end); }
  ~Pipe() { Close(read_end), Close(write_end); }

 private:
  static void Close(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

/// Appends the available bytes to `to`. Returns false at the end of the stream.
bool ReadSome(int from, std::string& to) {
  std::array<char, 16384> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR;
  to.append(buffer.data(), size_t(got));
  return got > 0;
}

}  // namespace

Result<ProcessResult> RunProcess(const std::vector<std::string>& command,
                                 const std::function<void(std::string_view)>& on_line) {
  Pipe out, err;
  INGOT_TRY(out.Open());
  INGOT_TRY(err.Open());
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Fail(ErrorKind::kNotFound, fmt::format("cannot run {}: {}", command[0], std::strerror(failed)));
  out.CloseWrite();
  err.CloseWrite();
  ProcessResult end;
  std::string line;
  std::array<pollfd, 2> open{pollfd{.fd = out.read_end, .events = POLLIN},
                             pollfd{.fd = err.read_end, .events = POLLIN}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    if (poll(open.data(), open.size(), -1) < 0) continue;
    if (open[0].revents != 0 && !ReadSome(out.read_end, line)) open[0].fd = -1;
    if (open[1].revents != 0 && !ReadSome(err.read_end, end.stderr_tail)) open[1].fd = -1;
    if (end.stderr_tail.size() > 2 * kErrorBytesKept)
      end.stderr_tail.erase(0, end.stderr_tail.size() - kErrorBytesKept);
    for (size_t at; (at = line.find('\n')) != std::string::npos; line.erase(0, at + 1)) on_line({line.data(), at});
  }
  if (!line.empty()) on_line(line);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace ingot
