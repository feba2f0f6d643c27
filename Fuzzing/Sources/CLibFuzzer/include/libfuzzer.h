#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer as its own `main` would (LLVM, "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
