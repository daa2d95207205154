/* Records what a process does to a folder, call by call, so that a test can rebuild the folder as a power loss after any
 * call would leave it. Loaded with LD_PRELOAD; TESSERA_DISK_ROOT names the folder, TESSERA_DISK_LOG the record.
 *
 *   record := u32 length, u8 operation, u64 inode, u64 offset, u16 path length, path, u16 second path length, path, data
 *
 * Calls on the folder are serialised, so the order of records is the order of effects. Only calls that succeeded are
 * recorded. test/e2e/disk_replay.py reads the record. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_CREATE = 1, OP_WRITE, OP_TRUNCATE, OP_FSYNC, OP_RENAME, OP_UNLINK, OP_MKDIR, OP_RMDIR, OP_SYNC_FOLDER, OP_LINK };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -2;
static char root[PATH_MAX];
static size_t root_length;

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int recording(void) {
  if (log_descriptor == -2) {
    const char* folder = getenv("TESSERA_DISK_ROOT");
    const char* path = getenv("TESSERA_DISK_LOG");
    log_descriptor = -1;
    if (folder && path && realpath(folder, root)) {
      root_length = strlen(root);
      int (*real_open)(const char*, int, ...) = dlsym(RTLD_NEXT, "open");
      log_descriptor = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
  }
  return log_descriptor >= 0;
}

/* The path below the root, or NULL when it lies elsewhere. */
static const char* below(const char* path, char* buffer) {
  if (path[0] == '/') {
    snprintf(buffer, PATH_MAX, "%s", path);
  } else {
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here)) return NULL;
    snprintf(buffer, PATH_MAX, "%s/%s", here, path);
  }
  if (strncmp(buffer, root, root_length) != 0) return NULL;
  if (buffer[root_length] == '\0') return "";
  return buffer[root_length] == '/' ? buffer + root_length + 1 : NULL;
}

static uint64_t inode_of(int descriptor, int* is_folder) {
  struct stat info;
  if (fstat(descriptor, &info) != 0) return 0;
  if (is_folder) *is_folder = S_ISDIR(info.st_mode);
  return info.st_ino;
}

/* Whether the descriptor is of something below the root; its path goes to buffer. */
static const char* descriptor_below(int descriptor, char* buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  char target[PATH_MAX];
  ssize_t got = readlink(link, target, sizeof target - 1);
  if (got <= 0) return NULL;
  target[got] = '\0';
  char* deleted = strstr(target, " (deleted)");
  if (deleted) *deleted = '\0';
  return below(target, buffer);
}

static void record(uint8_t op, uint64_t inode, uint64_t offset, const char* path, const char* second, const void* data,
                   size_t size) {
  uint16_t first_length = (uint16_t)strlen(path), second_length = (uint16_t)strlen(second);
  uint32_t length = 1 + 8 + 8 + 2 + first_length + 2 + second_length + (uint32_t)size;
  struct iovec parts[] = {{&length, 4},          {&op, 1},
                          {&inode, 8},           {&offset, 8},
                          {&first_length, 2},    {(void*)path, first_length},
                          {&second_length, 2},   {(void*)second, second_length},
                          {(void*)data, size}};
  REAL(writev);
  if (real(log_descriptor, parts, 9) < 0) abort();
}

static int opened(int descriptor, int created) {
  char buffer[PATH_MAX];
  const char* path = descriptor >= 0 && created ? descriptor_below(descriptor, buffer) : NULL;
  if (path) record(OP_CREATE, inode_of(descriptor, NULL), 0, path, "", NULL, 0);
  return descriptor;
}

static int is_new(const char* path, int flags) {
  struct stat info;
  return (flags & O_CREAT) && stat(path, &info) != 0;
}

#define OPEN_BODY(NAME, CALL)                      \
  mode_t mode = 0;                                 \
  if (flags & (O_CREAT | O_TMPFILE)) {             \
    va_list rest;                                  \
    va_start(rest, flags);                         \
    mode = va_arg(rest, mode_t);                   \
    va_end(rest);                                  \
  }                                                \
  REAL(NAME);                                      \
  if (!recording()) return CALL;                   \
  pthread_mutex_lock(&lock);                       \
  int created = is_new(path, flags);               \
  int descriptor = opened(CALL, created);          \
  pthread_mutex_unlock(&lock);                     \
  return descriptor;

int open(const char* path, int flags, ...) { OPEN_BODY(open, real(path, flags, mode)) }
int open64(const char* path, int flags, ...) { OPEN_BODY(open64, real(path, flags, mode)) }
int openat(int at, const char* path, int flags, ...) { OPEN_BODY(openat, real(at, path, flags, mode)) }
int openat64(int at, const char* path, int flags, ...) { OPEN_BODY(openat64, real(at, path, flags, mode)) }

static void wrote(int descriptor, uint64_t offset, const void* data, ssize_t done) {
  char buffer[PATH_MAX];
  if (done > 0 && descriptor_below(descriptor, buffer)) {
    record(OP_WRITE, inode_of(descriptor, NULL), offset, "", "", data, (size_t)done);
  }
}

ssize_t write(int descriptor, const void* data, size_t size) {
  REAL(write);
  if (descriptor < 3 || !recording()) return real(descriptor, data, size);
  pthread_mutex_lock(&lock);
  off_t at = lseek(descriptor, 0, SEEK_CUR);
  ssize_t done = real(descriptor, data, size);
  int error = errno;
  if (at >= 0) wrote(descriptor, (uint64_t)at, data, done);
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

#define PWRITE_BODY(NAME)                                        \
  REAL(NAME);                                                    \
  if (!recording()) return real(descriptor, data, size, offset); \
  pthread_mutex_lock(&lock);                                     \
  ssize_t done = real(descriptor, data, size, offset);           \
  int error = errno;                                             \
  wrote(descriptor, (uint64_t)offset, data, done);               \
  pthread_mutex_unlock(&lock);                                   \
  errno = error;                                                 \
  return done;

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) { PWRITE_BODY(pwrite) }
ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) { PWRITE_BODY(pwrite64) }

static int truncated(int descriptor, uint64_t size, int result) {
  char buffer[PATH_MAX];
  int error = errno;
  if (result == 0 && descriptor_below(descriptor, buffer)) {
    record(OP_TRUNCATE, inode_of(descriptor, NULL), size, "", "", NULL, 0);
  }
  errno = error;
  return result;
}

#define TRUNCATE_BODY(NAME)                                               \
  REAL(NAME);                                                             \
  if (!recording()) return real(descriptor, size);                        \
  pthread_mutex_lock(&lock);                                              \
  int result = truncated(descriptor, (uint64_t)size, real(descriptor, size)); \
  pthread_mutex_unlock(&lock);                                            \
  return result;

int ftruncate(int descriptor, off_t size) { TRUNCATE_BODY(ftruncate) }
int ftruncate64(int descriptor, off64_t size) { TRUNCATE_BODY(ftruncate64) }

static int synced(int descriptor, int result) {
  char buffer[PATH_MAX];
  int error = errno, is_folder = 0;
  const char* path = result == 0 ? descriptor_below(descriptor, buffer) : NULL;
  if (path) {
    uint64_t inode = inode_of(descriptor, &is_folder);
    record(is_folder ? OP_SYNC_FOLDER : OP_FSYNC, inode, 0, path, "", NULL, 0);
  }
  errno = error;
  return result;
}

#define SYNC_BODY(NAME)                             \
  REAL(NAME);                                       \
  if (!recording()) return real(descriptor);        \
  pthread_mutex_lock(&lock);                        \
  int result = synced(descriptor, real(descriptor)); \
  pthread_mutex_unlock(&lock);                      \
  return result;

int fsync(int descriptor) { SYNC_BODY(fsync) }
int fdatasync(int descriptor) { SYNC_BODY(fdatasync) }

static int moved(uint8_t op, const char* from, const char* to, int result) {
  char first[PATH_MAX], second[PATH_MAX];
  int error = errno;
  const char* a = below(from, first);
  const char* b = below(to, second);
  if (result == 0 && a && b) record(op, 0, 0, a, b, NULL, 0);
  errno = error;
  return result;
}

#define MOVE_BODY(NAME, OP, CALL)               \
  REAL(NAME);                                   \
  if (!recording()) return CALL;                \
  pthread_mutex_lock(&lock);                    \
  int result = moved(OP, from, to, CALL);       \
  pthread_mutex_unlock(&lock);                  \
  return result;

int rename(const char* from, const char* to) { MOVE_BODY(rename, OP_RENAME, real(from, to)) }
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
  MOVE_BODY(renameat2, OP_RENAME, real(a, from, b, to, flags))
}
int link(const char* from, const char* to) { MOVE_BODY(link, OP_LINK, real(from, to)) }

#define PATH_BODY(NAME, OP, CALL)                                    \
  REAL(NAME);                                                        \
  if (!recording()) return CALL;                                     \
  pthread_mutex_lock(&lock);                                         \
  int result = CALL;                                                 \
  int error = errno;                                                 \
  char buffer[PATH_MAX];                                             \
  const char* inside = below(path, buffer);                          \
  if (result == 0 && inside) record(OP, 0, 0, inside, "", NULL, 0);  \
  pthread_mutex_unlock(&lock);                                       \
  errno = error;                                                     \
  return result;

int unlink(const char* path) { PATH_BODY(unlink, OP_UNLINK, real(path)) }
int mkdir(const char* path, mode_t mode) { PATH_BODY(mkdir, OP_MKDIR, real(path, mode)) }
int rmdir(const char* path) { PATH_BODY(rmdir, OP_RMDIR, real(path)) }
