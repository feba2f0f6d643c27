#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

/// How many blocks the process has allocated so far: malloc, calloc, realloc and aligned ones.
long allocation_count(void);

#endif
