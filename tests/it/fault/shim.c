/*
 * Stands between a process and the disk: counts what is written and synced below one directory, writes it
 * down, and makes a chosen call fail.
 *
 * COBUILD_SHIM_DIR      only files whose path begins so, but for SQLite's shared memory
 * COBUILD_SHIM_CONTROL  a file of `struct control`, which the test reads and writes while the process runs
 * COBUILD_SHIM_LOG      where records are written, if anywhere: a `struct record` with its bytes each
 *
 * One lock is held around each call and its record, so that the log has the order of the calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* What the test and the process share; the test has the same order of fields. */
struct control {
    uint64_t calls;   /* writes, syncs and truncations so far */
    uint64_t fail_at; /* the call that fails; 0 for none */
    uint64_t how;     /* see `enum how` */
    uint64_t failed;  /* how many calls were made to fail */
    uint64_t records; /* records in the log */
    uint64_t syncs;   /* syncs among the calls */
};

enum how {
    FAIL_EIO = 1,
    FAIL_ENOSPC = 2, /* a sync fails with EIO instead */
    FAIL_SHORT = 3,  /* half of a write is done, and there is no room for the rest */
    FAIL_LIE = 4,    /* nothing is done, and success is told: the control */
    FAIL_SYNC = 5,   /* `fail_at` counts syncs only; EIO */
    FAIL_KILL = 6,   /* the process is killed before it does it */
};

enum kind { OPENED = 1, WROTE = 2, SYNCED = 3, TRUNCATED = 4, REMOVED = 5, SYNC_FAILED = 6 };

struct record {
    uint32_t kind;
    uint32_t file;
    uint64_t offset; /* or the new length */
    uint64_t bytes;  /* how many follow: what was written, or the path */
};

#define FDS 4096
#define FILES 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct control *control;
static const char *directory;
static int log_fd = -1;
static uint32_t file_of[FDS];
static char *paths[FILES];
static uint32_t files;
static int short_fd = -1; /* the rest of a short write to it has no room */

static int (*real_open)(const char *, int, ...);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_close)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    directory = getenv("COBUILD_SHIM_DIR");
    const char *shared = getenv("COBUILD_SHIM_CONTROL");
    if (directory == NULL || shared == NULL) abort();
    int fd = real_open(shared, O_RDWR | O_CLOEXEC);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || control == MAP_FAILED) abort();
    real_close(fd);
    const char *log = getenv("COBUILD_SHIM_LOG");
    if (log != NULL) {
        log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_fd < 0) abort();
    }
}

static int is_ours(const char *path) {
    size_t length = strlen(path);
    if (control == NULL || strncmp(path, directory, strlen(directory)) != 0) return 0;
    return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

static uint32_t file(int fd) { return fd >= 0 && fd < FDS ? file_of[fd] : 0; }

static uint32_t file_named(const char *path) {
    for (uint32_t i = 0; i < files; i++)
        if (strcmp(paths[i], path) == 0) return i + 1;
    if (files == FILES) abort();
    paths[files++] = strdup(path);
    return files;
}

static void put(const void *bytes, size_t length) {
    while (length > 0) {
        ssize_t done = real_write(log_fd, bytes, length);
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        length -= (size_t)done;
    }
}

static void record(enum kind kind, uint32_t file, uint64_t offset, const void *bytes, size_t length) {
    if (log_fd < 0) return;
    struct record head = {kind, file, offset, length};
    put(&head, sizeof head);
    put(bytes, length);
    __atomic_fetch_add(&control->records, 1, __ATOMIC_SEQ_CST);
}

enum { NO_SYNC, SYNC };

/* Counts a call, and says how it is to fail; 0 for not at all. */
static uint64_t counted(int is_sync) {
    uint64_t call = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
    uint64_t sync = is_sync ? __atomic_add_fetch(&control->syncs, 1, __ATOMIC_SEQ_CST) : 0;
    if (control->how == FAIL_SYNC) call = sync;
    if (call == 0 || call != __atomic_load_n(&control->fail_at, __ATOMIC_SEQ_CST)) return 0;
    __atomic_fetch_add(&control->failed, 1, __ATOMIC_SEQ_CST);
    if (control->how == FAIL_KILL) kill(getpid(), SIGKILL);
    return control->how;
}

static int opened(const char *path, int flags, mode_t mode) {
    int fd = real_open(path, flags, mode);
    if (fd < 0 || fd >= FDS) return fd;
    pthread_mutex_lock(&lock);
    file_of[fd] = 0;
    if (is_ours(path) && (flags & O_DIRECTORY) == 0) {
        file_of[fd] = file_named(path);
        record(OPENED, file_of[fd], 0, path, strlen(path));
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(name)                                         \
    int name(const char *path, int flags, ...) {           \
        va_list list;                                      \
        va_start(list, flags);                             \
        mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                      \
        return opened(path, flags, mode);                  \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (file(fd) != 0) {
        pthread_mutex_lock(&lock);
        file_of[fd] = 0;
        pthread_mutex_unlock(&lock);
    }
    return real_close(fd);
}

/* A write to `offset`, or where the file stands when that is -1. */
static ssize_t written(int fd, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    off_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset;
    uint64_t how = counted(NO_SYNC);
    ssize_t done = (ssize_t)length;
    int error = 0;
    if (short_fd == fd) {
        short_fd = -1;
        how = FAIL_ENOSPC;
    }
    switch (how) {
    case FAIL_EIO: done = -1, error = EIO; break;
    case FAIL_ENOSPC: done = -1, error = ENOSPC; break;
    case FAIL_LIE: break;
    case FAIL_SHORT:
        short_fd = fd;
        length /= 2;
        /* fall through */
    default:
        done = offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
        error = errno;
        if (done > 0) record(WROTE, file(fd), (uint64_t)at, bytes, (size_t)done);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return file(fd) == 0 ? real_pwrite(fd, bytes, length, offset) : written(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return file(fd) == 0 ? real_write(fd, bytes, length) : written(fd, bytes, length, -1);
}

static int synced(int fd, int (*sync)(int)) {
    if (file(fd) == 0) return sync(fd);
    pthread_mutex_lock(&lock);
    uint64_t how = counted(SYNC);
    int done = 0, error = 0;
    if (how == 0) {
        done = sync(fd);
        error = errno;
        record(SYNCED, file(fd), 0, NULL, 0);
    } else if (how != FAIL_LIE) {
        done = -1, error = EIO;
        record(SYNC_FAILED, file(fd), 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int ftruncate(int fd, off_t length) {
    if (file(fd) == 0) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    uint64_t how = counted(NO_SYNC);
    int done = 0, error = 0;
    if (how == 0) {
        done = real_ftruncate(fd, length);
        error = errno;
        if (done == 0) record(TRUNCATED, file(fd), (uint64_t)length, NULL, 0);
    } else if (how != FAIL_LIE) {
        done = -1, error = how == FAIL_EIO ? EIO : ENOSPC;
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

int unlink(const char *path) {
    if (!is_ours(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int done = real_unlink(path);
    int error = errno;
    if (done == 0) record(REMOVED, file_named(path), 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
