/*
 * Counts of references. The debug kernel stops where one is taken to, or dropped from, what nobody holds any more: a count of 0, or the poison
 * of freed memory.
 */
#ifndef KERNEL_LIB_REFCOUNT_H
#define KERNEL_LIB_REFCOUNT_H

#include "kernel/lib/log.h"
#include "kernel/lib/types.h"

#define REFCOUNT_MAX (1u << 30) /* beyond lie poison (0x6b6b6b6b) and what was counted below 0 */

static inline void refcount_check(const u32 *n __unused)
{
#ifdef KERNEL_DEBUG
	if (unlikely(!*n || *n >= REFCOUNT_MAX))
		panic("refcount: reference count at %p is %#x", (const void *)n, *n);
#endif
}

static inline void refcount_get(u32 *n)
{
	refcount_check(n);
	++*n;
}

/* Drop one: was it the last? */
static inline bool refcount_put(u32 *n)
{
	refcount_check(n);
	return --*n == 0;
}

#endif
