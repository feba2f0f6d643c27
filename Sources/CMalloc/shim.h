// The part of glibc's allocator that Swift's module of glibc leaves out.
#include <stddef.h>
#if defined(__GLIBC__) || __has_include(<gnu/libc-version.h>)
#include <malloc.h>
#endif
