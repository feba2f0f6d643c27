#include "faultvfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPERATIONS 4
#define OTHER_FILES 4

/* One change that has not been synchronised: what was there before, and what came. */
typedef struct change {
    struct change *older;
    sqlite3_int64 offset;
    int is_truncation;
    int new_count;
    sqlite3_int64 old_count;
    sqlite3_int64 old_size;
    unsigned char *old_bytes;
    unsigned char *new_bytes;
} change;

/* A file by its path, however many connections have it open. */
typedef struct shadow {
    struct shadow *next;
    char *path;
    int kind;
    /* Made here and never synchronised: not there after a power cut. */
    int is_new;
    change *latest;
    int64_t unsynced;
} shadow;

struct faultvfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    pthread_mutex_t lock;
    shadow *shadows;
    int64_t counts[OPERATIONS][OTHER_FILES + 1];
    /* The failure that is due. */
    int is_armed, operation, files, remaining, repeated, failure;
    int ignores_syncs, is_off, cut_remaining, last_error;
    uint64_t cut_seed;
};

typedef struct faultfile {
    sqlite3_file base;
    faultvfs *layer;
    shadow *shadow;
    int kind;
    sqlite3_file *real;
} faultfile;

static uint64_t next_random(uint64_t *state) {
    uint64_t mixed = (*state += UINT64_C(0x9E3779B97F4A7C15));
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

/* Changes */

static void free_change(change *item) {
    free(item->old_bytes);
    free(item->new_bytes);
    free(item);
}

static void forget_changes(shadow *file) {
    while (file->latest) {
        change *older = file->latest->older;
        free_change(file->latest);
        file->latest = older;
    }
    file->unsynced = 0;
}

static int remember(faultfile *file, sqlite3_int64 offset, const void *bytes, int count, int is_truncation) {
    shadow *shadow = file->shadow;
    if (!shadow) return SQLITE_OK;
    change *item = calloc(1, sizeof *item);
    if (!item) return SQLITE_NOMEM;
    int code = file->real->pMethods->xFileSize(file->real, &item->old_size);
    if (code != SQLITE_OK) return free_change(item), code;
    sqlite3_int64 end = is_truncation ? item->old_size : offset + count;
    if (end > item->old_size) end = item->old_size;
    item->offset = offset;
    item->is_truncation = is_truncation;
    item->old_count = end > offset ? end - offset : 0;
    item->new_count = count;
    item->old_bytes = malloc((size_t)item->old_count + 1);
    item->new_bytes = malloc((size_t)count + 1);
    if (!item->old_bytes || !item->new_bytes) return free_change(item), SQLITE_NOMEM;
    if (item->old_count > 0) {
        code = file->real->pMethods->xRead(file->real, item->old_bytes, (int)item->old_count, offset);
        if (code != SQLITE_OK) return free_change(item), code;
    }
    if (count > 0) memcpy(item->new_bytes, bytes, (size_t)count);
    item->older = shadow->latest;
    shadow->latest = item;
    shadow->unsynced++;
    return SQLITE_OK;
}

/* Power */

static void write_fully(int descriptor, const unsigned char *bytes, sqlite3_int64 count, sqlite3_int64 offset) {
    while (count > 0) {
        ssize_t written = pwrite(descriptor, bytes, (size_t)count, offset);
        if (written <= 0) abort();
        bytes += written, offset += written, count -= written;
    }
}

static void redo(int descriptor, const change *item, uint64_t *state) {
    if (!item) return;
    redo(descriptor, item->older, state);
    uint64_t choice = next_random(state) % 4;
    if (item->is_truncation) {
        if (choice < 2 && ftruncate(descriptor, item->offset) != 0) abort();
        return;
    }
    /* Two in four whole, one the first half, one not at all. */
    if (choice < 2) write_fully(descriptor, item->new_bytes, item->new_count, item->offset);
    if (choice == 2) write_fully(descriptor, item->new_bytes, item->new_count / 2, item->offset);
}

static void lose_unsynced(shadow *file, uint64_t *state) {
    if (file->is_new && *state == 0) unlink(file->path);
    int descriptor = file->latest ? open(file->path, O_RDWR) : -1;
    if (descriptor >= 0) {
        for (change *item = file->latest; item; item = item->older) {
            write_fully(descriptor, item->old_bytes, item->old_count, item->offset);
            if (ftruncate(descriptor, item->old_size) != 0) abort();
        }
        if (*state != 0) redo(descriptor, file->latest, state);
        close(descriptor);
    }
    forget_changes(file);
}

static void cut_power(faultvfs *layer, uint64_t seed) {
    if (layer->is_off) return;
    layer->is_off = 1;
    for (shadow *file = layer->shadows; file; file = file->next) lose_unsynced(file, &seed);
}

/* Whether an operation fails, and how: SQLITE_OK to go on. Called with the lock held. */
static int verdict(faultfile *file, int operation, int *is_torn) {
    faultvfs *layer = file->layer;
    layer->counts[operation][file->kind]++;
    int is_change = operation != FAULTVFS_READ;
    if (is_change && layer->cut_remaining > 0 && --layer->cut_remaining == 0) cut_power(layer, layer->cut_seed);
    int fails = layer->is_off;
    int failure = FAULTVFS_IO_ERROR;
    if (!fails && layer->is_armed && layer->operation == operation && (layer->files & file->kind)) {
        if (layer->remaining > 0) layer->remaining--;
        if (layer->remaining == 0) {
            fails = 1;
            failure = layer->failure;
            layer->is_armed = layer->repeated;
        }
    }
    if (!fails) return SQLITE_OK;
    *is_torn = failure == FAULTVFS_TORN;
    layer->last_error = failure == FAULTVFS_NO_SPACE ? ENOSPC : failure == FAULTVFS_READ_ONLY ? EROFS : EIO;
    if (operation == FAULTVFS_SYNC) return SQLITE_IOERR_FSYNC;
    if (operation == FAULTVFS_TRUNCATE) return SQLITE_IOERR_TRUNCATE;
    if (operation == FAULTVFS_READ) return SQLITE_IOERR_READ;
    /* As the unix layer does. */
    return failure == FAULTVFS_NO_SPACE ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

/* Files */

static int file_close(sqlite3_file *base) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xClose(file->real);
}

static int file_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
    faultfile *file = (faultfile *)base;
    int is_torn = 0;
    pthread_mutex_lock(&file->layer->lock);
    int code = verdict(file, FAULTVFS_READ, &is_torn);
    pthread_mutex_unlock(&file->layer->lock);
    return code == SQLITE_OK ? file->real->pMethods->xRead(file->real, bytes, count, offset) : code;
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    faultfile *file = (faultfile *)base;
    int is_torn = 0;
    pthread_mutex_lock(&file->layer->lock);
    int code = verdict(file, FAULTVFS_WRITE, &is_torn);
    int written = code == SQLITE_OK ? count : is_torn ? count / 2 : 0;
    if (written > 0) {
        int result = remember(file, offset, bytes, written, 0);
        if (result == SQLITE_OK) result = file->real->pMethods->xWrite(file->real, bytes, written, offset);
        if (code == SQLITE_OK) code = result;
    }
    pthread_mutex_unlock(&file->layer->lock);
    return code;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    faultfile *file = (faultfile *)base;
    int is_torn = 0;
    pthread_mutex_lock(&file->layer->lock);
    int code = verdict(file, FAULTVFS_TRUNCATE, &is_torn);
    if (code == SQLITE_OK) code = remember(file, size, NULL, 0, 1);
    if (code == SQLITE_OK) code = file->real->pMethods->xTruncate(file->real, size);
    pthread_mutex_unlock(&file->layer->lock);
    return code;
}

static int file_sync(sqlite3_file *base, int flags) {
    faultfile *file = (faultfile *)base;
    (void)flags;
    int is_torn = 0;
    pthread_mutex_lock(&file->layer->lock);
    int code = verdict(file, FAULTVFS_SYNC, &is_torn);
    /* The real device is not asked: what it would keep is what `shadow` says. */
    if (code == SQLITE_OK && file->shadow && !file->layer->ignores_syncs) {
        forget_changes(file->shadow);
        file->shadow->is_new = 0;
    }
    pthread_mutex_unlock(&file->layer->lock);
    return code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xFileSize(file->real, size);
}

static int file_lock(sqlite3_file *base, int level) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xLock(file->real, level);
}

static int file_unlock(sqlite3_file *base, int level) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xUnlock(file->real, level);
}

static int file_check_reserved_lock(sqlite3_file *base, int *result) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xCheckReservedLock(file->real, result);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xFileControl(file->real, operation, argument);
}

static int file_sector_size(sqlite3_file *base) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xSectorSize(file->real);
}

static int file_characteristics(sqlite3_file *base) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xDeviceCharacteristics(file->real);
}

static int file_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **address) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xShmMap(file->real, page, size, extend, address);
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xShmLock(file->real, offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base) {
    faultfile *file = (faultfile *)base;
    file->real->pMethods->xShmBarrier(file->real);
}

static int file_shm_unmap(sqlite3_file *base, int deletes) {
    faultfile *file = (faultfile *)base;
    return file->real->pMethods->xShmUnmap(file->real, deletes);
}

/* Version 2: without memory-mapped reads, which would go past `file_read`. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* The layer */

static shadow *find_shadow(faultvfs *layer, const char *path, int kind, int existed) {
    for (shadow *file = layer->shadows; file; file = file->next) {
        if (strcmp(file->path, path) == 0) return file;
    }
    shadow *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->path = strdup(path);
    if (!file->path) return free(file), NULL;
    file->kind = kind;
    file->is_new = !existed;
    file->next = layer->shadows;
    layer->shadows = file;
    return file;
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *opened, int flags, int *out_flags) {
    faultvfs *layer = (faultvfs *)base;
    faultfile *file = (faultfile *)opened;
    memset(file, 0, sizeof *file);
    file->layer = layer;
    file->real = (sqlite3_file *)(file + 1);
    file->kind = flags & SQLITE_OPEN_MAIN_DB ? FAULTVFS_DATABASE : flags & SQLITE_OPEN_WAL ? FAULTVFS_LOG : OTHER_FILES;
    pthread_mutex_lock(&layer->lock);
    int code = layer->is_off ? SQLITE_IOERR : SQLITE_OK;
    if (code == SQLITE_OK) {
        int existed = name && access(name, F_OK) == 0;
        code = layer->real->xOpen(layer->real, name, file->real, flags, out_flags);
        if (code == SQLITE_OK && name) {
            file->shadow = find_shadow(layer, name, file->kind, existed);
            if (!file->shadow) {
                file->real->pMethods->xClose(file->real);
                code = SQLITE_NOMEM;
            }
        }
    }
    if (code == SQLITE_OK) file->base.pMethods = &methods;
    pthread_mutex_unlock(&layer->lock);
    return code;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int syncs_directory) {
    faultvfs *layer = (faultvfs *)base;
    pthread_mutex_lock(&layer->lock);
    int code = SQLITE_IOERR_DELETE;
    if (!layer->is_off) {
        code = layer->real->xDelete(layer->real, name, syncs_directory);
        shadow **place = &layer->shadows;
        while (*place && strcmp((*place)->path, name) != 0) place = &(*place)->next;
        if (*place) {
            /* A file that is made again under this name begins anew; nobody has the old one open. */
            forget_changes(*place);
            (*place)->is_new = 1;
        }
    }
    pthread_mutex_unlock(&layer->lock);
    return code;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *result) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xAccess(layer->real, name, flags, result);
}

static int vfs_full_pathname(sqlite3_vfs *base, const char *name, int count, char *full) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xFullPathname(layer->real, name, count, full);
}

static int vfs_randomness(sqlite3_vfs *base, int count, char *bytes) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xRandomness(layer->real, count, bytes);
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xSleep(layer->real, microseconds);
}

static int vfs_current_time(sqlite3_vfs *base, double *time) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xCurrentTime(layer->real, time);
}

static int vfs_current_time_64(sqlite3_vfs *base, sqlite3_int64 *time) {
    faultvfs *layer = (faultvfs *)base;
    return layer->real->xCurrentTimeInt64(layer->real, time);
}

static int vfs_last_error(sqlite3_vfs *base, int count, char *text) {
    faultvfs *layer = (faultvfs *)base;
    if (!layer->last_error) return layer->real->xGetLastError(layer->real, count, text);
    int error = layer->last_error;
    layer->last_error = 0;
    return error;
}

faultvfs *faultvfs_create(const char *name) {
    faultvfs *layer = calloc(1, sizeof *layer);
    char *copy = strdup(name);
    if (!layer || !copy) return free(layer), free(copy), NULL;
    layer->real = sqlite3_vfs_find(NULL);
    pthread_mutex_init(&layer->lock, NULL);
    layer->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(faultfile) + layer->real->szOsFile,
        .mxPathname = layer->real->mxPathname,
        .zName = copy,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_pathname,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_current_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_current_time_64,
    };
    sqlite3_vfs_register(&layer->vfs, 0);
    return layer;
}

void faultvfs_destroy(faultvfs *layer) {
    sqlite3_vfs_unregister(&layer->vfs);
    while (layer->shadows) {
        shadow *next = layer->shadows->next;
        forget_changes(layer->shadows);
        free(layer->shadows->path);
        free(layer->shadows);
        layer->shadows = next;
    }
    pthread_mutex_destroy(&layer->lock);
    free((char *)layer->vfs.zName);
    free(layer);
}

void faultvfs_fail(
    faultvfs *layer, enum faultvfs_operation operation, int files, int count, int repeated,
    enum faultvfs_failure failure) {
    pthread_mutex_lock(&layer->lock);
    layer->is_armed = 1;
    layer->operation = operation;
    layer->files = files;
    layer->remaining = count;
    layer->repeated = repeated;
    layer->failure = failure;
    pthread_mutex_unlock(&layer->lock);
}

void faultvfs_heal(faultvfs *layer) {
    pthread_mutex_lock(&layer->lock);
    layer->is_armed = 0;
    pthread_mutex_unlock(&layer->lock);
}

void faultvfs_ignore_syncs(faultvfs *layer, int ignore) {
    pthread_mutex_lock(&layer->lock);
    layer->ignores_syncs = ignore;
    pthread_mutex_unlock(&layer->lock);
}

void faultvfs_cut_power_at(faultvfs *layer, int count, uint64_t seed) {
    pthread_mutex_lock(&layer->lock);
    layer->cut_remaining = count;
    layer->cut_seed = seed;
    pthread_mutex_unlock(&layer->lock);
}

void faultvfs_cut_power(faultvfs *layer, uint64_t seed) {
    pthread_mutex_lock(&layer->lock);
    cut_power(layer, seed);
    pthread_mutex_unlock(&layer->lock);
}

int faultvfs_is_off(faultvfs *layer) {
    pthread_mutex_lock(&layer->lock);
    int is_off = layer->is_off;
    pthread_mutex_unlock(&layer->lock);
    return is_off;
}

int64_t faultvfs_count(faultvfs *layer, enum faultvfs_operation operation, int files) {
    int64_t sum = 0;
    pthread_mutex_lock(&layer->lock);
    for (int kind = 1; kind <= OTHER_FILES; kind <<= 1) {
        if (files & kind) sum += layer->counts[operation][kind];
    }
    pthread_mutex_unlock(&layer->lock);
    return sum;
}

int64_t faultvfs_unsynced(faultvfs *layer, int files) {
    int64_t sum = 0;
    pthread_mutex_lock(&layer->lock);
    for (shadow *file = layer->shadows; file; file = file->next) {
        if (files & file->kind) sum += file->unsynced;
    }
    pthread_mutex_unlock(&layer->lock);
    return sum;
}
