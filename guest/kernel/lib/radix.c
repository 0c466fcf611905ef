#include "kernel/lib/radix.h"
#include "kernel/mm/slab.h"

#define FANOUT_BITS 6
#define FANOUT	    (1u << FANOUT_BITS)
#define MAX_HEIGHT  ((64 + FANOUT_BITS - 1) / FANOUT_BITS)

struct radix_node {
	void *slot[FANOUT]; /* nodes, or at level 1 values */
	u32 used;	    /* slots that are not NULL */
};

static SLAB_CACHE(node_cache, "radix_node", struct radix_node);

static unsigned int slot_of(u64 key, unsigned int level)
{
	return key >> (level - 1) * FANOUT_BITS & (FANOUT - 1);
}

/* Does a tree of this height have room for key? */
static bool covers(unsigned int height, u64 key)
{
	return height >= MAX_HEIGHT || key >> height * FANOUT_BITS == 0;
}

void *radix_get(const struct radix *r, u64 key)
{
	struct radix_node *n = r->root;

	if (!covers(r->height, key))
		return NULL;
	for (unsigned int level = r->height; n && level; level--)
		n = n->slot[slot_of(key, level)];
	return n;
}

void *const *radix_slots(const struct radix *r, u64 key, unsigned int *count)
{
	struct radix_node *n = r->root;

	if (!covers(r->height, key))
		return NULL;
	for (unsigned int level = r->height; n && level > 1; level--)
		n = n->slot[slot_of(key, level)];
	if (!n)
		return NULL;
	*count = FANOUT - slot_of(key, 1);
	return &n->slot[slot_of(key, 1)];
}

/* Add levels at the top until key fits. 0 or -ENOMEM. */
static int grow(struct radix *r, u64 key)
{
	while (!r->height || !covers(r->height, key)) {
		struct radix_node *n = slab_zalloc(&node_cache);

		if (!n)
			return -ENOMEM;
		if (r->root) {
			n->slot[0] = r->root;
			n->used = 1;
		}
		r->root = n;
		r->height++;
	}
	return 0;
}

/* Empty nodes on the way to key go, from the bottom up; the last one takes the tree to height 0. */
static void prune(struct radix *r, struct radix_node **path, u64 key)
{
	unsigned int level = 1;

	while (level <= r->height && !path[level]->used) {
		slab_free(&node_cache, path[level]);
		if (level == r->height) {
			r->root = NULL;
			r->height = 0;
			return;
		}
		level++;
		path[level]->slot[slot_of(key, level)] = NULL;
		path[level]->used--;
	}
}

static void radix_remove(struct radix *r, u64 key)
{
	struct radix_node *path[MAX_HEIGHT + 1], *n = r->root;

	if (!n || !covers(r->height, key))
		return;
	for (unsigned int level = r->height; level; level--) {
		path[level] = n;
		n = n->slot[slot_of(key, level)];
		if (!n)
			return;
	}
	path[1]->slot[slot_of(key, 1)] = NULL;
	path[1]->used--;
	prune(r, path, key);
}

int radix_set(struct radix *r, u64 key, void *value)
{
	struct radix_node *n;
	void **slot;

	if (!value) {
		radix_remove(r, key);
		return 0;
	}
	if (grow(r, key))
		return -ENOMEM;
	n = r->root;
	for (unsigned int level = r->height; level > 1; level--) {
		slot = &n->slot[slot_of(key, level)];
		if (!*slot) {
			/* On failure an empty branch may stay behind: harmless, and the next set or
			 * destroy uses it. */
			*slot = slab_zalloc(&node_cache);
			if (!*slot)
				return -ENOMEM;
			n->used++;
		}
		n = *slot;
	}
	slot = &n->slot[slot_of(key, 1)];
	n->used += !*slot;
	*slot = value;
	return 0;
}

static void *next_in(const struct radix_node *n, unsigned int level, u64 *key)
{
	u64 step = 1ull << (level - 1) * FANOUT_BITS;

	for (unsigned int i = slot_of(*key, level); i < FANOUT; i++) {
		void *found = n->slot[i];
		u64 base = *key & ~(step - 1);

		if (found && level > 1)
			found = next_in(found, level - 1, key);
		if (found)
			return found;
		*key = base + step;
	}
	return NULL;
}

void *radix_next(const struct radix *r, u64 *key)
{
	u64 from = *key;
	void *found;

	if (!r->root || !covers(r->height, from))
		return NULL;
	found = next_in(r->root, r->height, &from);
	if (found)
		*key = from;
	return found;
}

static void free_below(struct radix_node *n, unsigned int level)
{
	for (unsigned int i = 0; level > 1 && i < FANOUT; i++)
		if (n->slot[i])
			free_below(n->slot[i], level - 1);
	slab_free(&node_cache, n);
}

void radix_destroy(struct radix *r)
{
	if (r->root)
		free_below(r->root, r->height);
	r->root = NULL;
	r->height = 0;
}
