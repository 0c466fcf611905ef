/* A map from u64 keys to pointers: radix tree of 64-way nodes, height grown on demand. */
#ifndef KERNEL_LIB_RADIX_H
#define KERNEL_LIB_RADIX_H

#include "kernel/lib/types.h"

struct radix_node;
struct radix {
	struct radix_node *root;
	unsigned int height;
};

/* The value at key, NULL when absent. */
void *radix_get(const struct radix *r, u64 key);
/* The slot of key and those of the keys after it that lie beside it in memory: *count of them (1 to
 * 64), each a value or NULL. Valid until the next radix_set. NULL: key and its neighbours are
 * absent. */
void *const *radix_slots(const struct radix *r, u64 key, unsigned int *count);
/* Set key to value (NULL removes). 0 or -ENOMEM; removal never fails. */
int radix_set(struct radix *r, u64 key, void *value);
/* The first present key >= *key: its value, *key updated; NULL when there is none. */
void *radix_next(const struct radix *r, u64 *key);
/* Free all nodes (not the values). */
void radix_destroy(struct radix *r);

#endif
