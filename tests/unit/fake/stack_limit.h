/* A current task of which only RLIMIT_STACK matters. */
#ifndef FAKE_STACK_LIMIT_H
#define FAKE_STACK_LIMIT_H

#include "kernel/lib/types.h"

void fake_stack_limit(u64 bytes);

#endif
