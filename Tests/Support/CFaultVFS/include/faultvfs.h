#ifndef FAULTVFS_H
#define FAULTVFS_H

#include <stdint.h>

/* A file layer of SQLite that lies between it and the operating system's, for tests: it fails what it is told to fail,
 * knows what has been synchronised, and undoes the rest when the power is cut. One for each test, by name. */
typedef struct faultvfs faultvfs;

/* What can fail, and is counted. */
enum faultvfs_operation {
    FAULTVFS_WRITE = 0,
    FAULTVFS_SYNC = 1,
    FAULTVFS_TRUNCATE = 2,
    FAULTVFS_READ = 3,
};

/* On which files: bits. */
enum faultvfs_files {
    FAULTVFS_DATABASE = 1,
    FAULTVFS_LOG = 2,
    FAULTVFS_ALL = 7,
};

/* How it fails. */
enum faultvfs_failure {
    /* The device says no: EIO. */
    FAULTVFS_IO_ERROR = 0,
    /* There is no space: ENOSPC. */
    FAULTVFS_NO_SPACE = 1,
    /* The first half of a write arrives, then EIO. */
    FAULTVFS_TORN = 2,
    /* The file system has become read-only: EROFS. */
    FAULTVFS_READ_ONLY = 3,
};

/* Registers a layer under a name that is not in use; NULL when there is no memory. */
faultvfs *faultvfs_create(const char *name);

/* Takes it away again. Every connection that uses it must be closed. */
void faultvfs_destroy(faultvfs *layer);

/* Lets the count-th operation from now on, counted from 1, fail on these files, and `repeated` those after it. */
void faultvfs_fail(
    faultvfs *layer, enum faultvfs_operation operation, int files, int count, int repeated,
    enum faultvfs_failure failure);

/* Nothing fails any more. */
void faultvfs_heal(faultvfs *layer);

/* The device says that it has synchronised, and has not. */
void faultvfs_ignore_syncs(faultvfs *layer, int ignore);

/* Cuts the power before the count-th write, sync or truncation from now on, counted from 1. */
void faultvfs_cut_power_at(faultvfs *layer, int count, uint64_t seed);

/* Cuts the power: what was not synchronised is undone, and nothing works any more. With a seed that is not 0 the device
 * had begun to write: each write, or a part of one, is there or not. */
void faultvfs_cut_power(faultvfs *layer, uint64_t seed);

/* Whether the power is off. */
int faultvfs_is_off(faultvfs *layer);

/* How many operations there were. */
int64_t faultvfs_count(faultvfs *layer, enum faultvfs_operation operation, int files);

/* How many writes and truncations have not been synchronised. */
int64_t faultvfs_unsynced(faultvfs *layer, int files);

#endif
