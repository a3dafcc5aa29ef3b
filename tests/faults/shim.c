/* Stands between a program and the C library (LD_PRELOAD): counts the I/O calls on files below one folder, writes each
   of them to a trace, and lets one of them, or all from it on, go wrong. The tests decide which; see shim.py.

   FAULT_UNDER   folder whose files are counted
   FAULT_TRACE   file to which each counted call appends a line: number, operation, path, detail (tab-separated)
   FAULT_AT      number of the call that goes wrong, from 1
   FAULT_ACTION  kill: SIGKILL before the call; short: half the bytes are read or written; else a number: the call
                 fails with that errno
   FAULT_REPEAT  when set, later calls of the same operation go wrong, too: a disk that stays full */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum Verdict { kProceed, kFail, kShort };

static const char *under, *action, *broken_operation;
static size_t under_length;
static long at, calls;
static int trace = -1, repeat;

__attribute__((constructor)) static void Start(void) {
  under = getenv("FAULT_UNDER");
  under_length = under ? strlen(under) : 0;
  action = getenv("FAULT_ACTION");
  at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
  repeat = getenv("FAULT_REPEAT") != NULL;
  const char* file = getenv("FAULT_TRACE");
  if (file) trace = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/* The path behind a descriptor; "" where there is none. */
static void PathOf(int file, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
  path[length > 0 ? length : 0] = 0;
}

static enum Verdict Count(const char* operation, const char* path, const char* detail) {
  char whole[8300];
  if (*path && *path != '/' && syscall(SYS_getcwd, whole, 4096) > 0) {
    strcat(whole, "/");
    strncat(whole, path, 4096);
    path = whole;
  }
  if (!under || strncmp(path, under, under_length) != 0) return kProceed;
  const long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (trace >= 0) {
    char line[8400];
    const int length = snprintf(line, sizeof line, "%ld\t%s\t%s\t%s\n", number, operation, path, detail);
    syscall(SYS_write, trace, line, length);
  }
  if (!at || !action || number < at || (number > at && !repeat)) return kProceed;
  if (number == at) broken_operation = operation;
  else if (!broken_operation || strcmp(broken_operation, operation) != 0) return kProceed;
  if (strcmp(action, "kill") == 0) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
  }
  if (strcmp(action, "short") == 0) return kShort;
  errno = atoi(action);
  return kFail;
}

static enum Verdict CountFile(const char* operation, int file, const char* detail) {
  char path[4096];
  PathOf(file, path, sizeof path);
  return *path == '/' ? Count(operation, path, detail) : kProceed;  /* else a pipe or a socket */
}

/* The size of a file that is made durable: what a power cut later on leaves of it. */
static enum Verdict CountSync(int file) {
  struct stat found;
  char size[32] = "";
  if (syscall(SYS_fstat, file, &found) == 0) snprintf(size, sizeof size, "%ld", (long)found.st_size);
  return CountFile("fsync", file, size);
}

#define REAL(type, name, ...)            \
  static type (*real)(__VA_ARGS__);      \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static enum Verdict CountOpen(const char* path, int flags) {
  if (!(flags & O_CREAT)) return Count("open", path, "");
  return Count("create", path, syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0 ? "old" : "new");
}
#define MODE                                  \
  mode_t mode = 0;                            \
  if (flags & (O_CREAT | O_TMPFILE)) {        \
    va_list more;                             \
    va_start(more, flags);                    \
    mode = va_arg(more, mode_t);              \
    va_end(more);                             \
  }
#define OPEN(name)                                                 \
  int name(const char* path, int flags, ...) {                     \
    REAL(int, name, const char*, int, ...);                        \
    MODE return CountOpen(path, flags) == kFail ? -1 : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
#define OPEN_AT(name)                                                    \
  int name(int folder, const char* path, int flags, ...) {               \
    REAL(int, name, int, const char*, int, ...);                         \
    MODE return CountOpen(path, flags) == kFail ? -1 : real(folder, path, flags, mode); \
  }
OPEN_AT(openat)
OPEN_AT(openat64)
#define FOPEN(name)                                                                                           \
  FILE* name(const char* path, const char* mode) {                                                            \
    REAL(FILE*, name, const char*, const char*);                                                              \
    return CountOpen(path, *mode == 'r' ? O_RDONLY : O_CREAT) == kFail ? NULL : real(path, mode);             \
  }
FOPEN(fopen)
FOPEN(fopen64)

#define HALF(bytes) (verdict == kShort && bytes > 1 ? bytes / 2 : bytes)
#define TRANSFER(name, operation, buffer, extra_type, extra)               \
  ssize_t name(int file, buffer data, size_t bytes extra_type) {           \
    REAL(ssize_t, name, int, buffer, size_t extra_type);                   \
    const enum Verdict verdict = CountFile(operation, file, "");           \
    return verdict == kFail ? -1 : real(file, data, HALF(bytes) extra);    \
  }
#define COMMA ,
TRANSFER(write, "write", const void*, , )
TRANSFER(pwrite, "write", const void*, COMMA off_t offset, COMMA offset)
TRANSFER(pwrite64, "write", const void*, COMMA off64_t offset, COMMA offset)
TRANSFER(read, "read", void*, , )
TRANSFER(pread, "read", void*, COMMA off_t offset, COMMA offset)
TRANSFER(pread64, "read", void*, COMMA off64_t offset, COMMA offset)
#define VECTOR(name, operation)                                              \
  ssize_t name(int file, const struct iovec* parts, int count) {             \
    REAL(ssize_t, name, int, const struct iovec*, int);                      \
    const enum Verdict verdict = CountFile(operation, file, "");             \
    return verdict == kFail ? -1 : real(file, parts, HALF(count));           \
  }
VECTOR(writev, "write")
VECTOR(readv, "read")

size_t fwrite(const void* data, size_t bytes, size_t count, FILE* file) {
  REAL(size_t, fwrite, const void*, size_t, size_t, FILE*);
  return CountFile("write", fileno(file), "") == kFail ? 0 : real(data, bytes, count, file);
}
int fclose(FILE* file) {
  REAL(int, fclose, FILE*);
  const int writes = (fcntl(fileno(file), F_GETFL) & O_ACCMODE) != O_RDONLY;
  const int failed = writes && CountFile("write", fileno(file), "") == kFail, code = errno;
  const int outcome = real(file);
  if (!failed) return outcome;
  errno = code;
  return EOF;
}

int fsync(int file) {
  REAL(int, fsync, int);
  return CountSync(file) == kFail ? -1 : real(file);
}
int fdatasync(int file) {
  REAL(int, fdatasync, int);
  return CountSync(file) == kFail ? -1 : real(file);
}
int ftruncate(int file, off_t bytes) {
  REAL(int, ftruncate, int, off_t);
  return CountFile("truncate", file, "") == kFail ? -1 : real(file, bytes);
}
int ftruncate64(int file, off64_t bytes) {
  REAL(int, ftruncate64, int, off64_t);
  return CountFile("truncate", file, "") == kFail ? -1 : real(file, bytes);
}

int link(const char* from, const char* to) {
  REAL(int, link, const char*, const char*);
  return Count("link", to, from) == kFail ? -1 : real(from, to);
}
int rename(const char* from, const char* to) {
  REAL(int, rename, const char*, const char*);
  return Count("rename", to, from) == kFail ? -1 : real(from, to);
}
int unlink(const char* path) {
  REAL(int, unlink, const char*);
  return Count("unlink", path, "") == kFail ? -1 : real(path);
}
int unlinkat(int folder, const char* path, int flags) {
  REAL(int, unlinkat, int, const char*, int);
  char whole[8300] = "";
  if (*path != '/' && folder != AT_FDCWD) PathOf(folder, whole, 4096), strcat(whole, "/");
  strncat(whole, path, 4096);
  return Count("unlink", whole, "") == kFail ? -1 : real(folder, path, flags);
}
int mkdir(const char* path, mode_t mode) {
  REAL(int, mkdir, const char*, mode_t);
  const int old = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  return !old && Count("mkdir", path, "") == kFail ? -1 : real(path, mode);
}

#define STAT(name, type)                                             \
  int name(const char* path, struct type* found) {                   \
    REAL(int, name, const char*, struct type*);                      \
    return Count("stat", path, "") == kFail ? -1 : real(path, found); \
  }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)
int statx(int folder, const char* path, int flags, unsigned mask, struct statx* found) {
  REAL(int, statx, int, const char*, int, unsigned, struct statx*);
  const enum Verdict verdict = *path ? Count("stat", path, "") : CountFile("stat", folder, "");
  return verdict == kFail ? -1 : real(folder, path, flags, mask, found);
}
DIR* opendir(const char* path) {
  REAL(DIR*, opendir, const char*);
  return Count("list", path, "") == kFail ? NULL : real(path);
}
#define READ_FOLDER(name, type)                                                  \
  struct type* name(DIR* folder) {                                               \
    REAL(struct type*, name, DIR*);                                              \
    return CountFile("list", dirfd(folder), "") == kFail ? NULL : real(folder);  \
  }
READ_FOLDER(readdir, dirent)
READ_FOLDER(readdir64, dirent64)
