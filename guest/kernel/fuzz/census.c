#include "kernel/fuzz/census.h"

#include "kernel/fs/eventfd.h"
#include "kernel/fs/memfd.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/mapping.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/pid.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

/* ---- what comes into being at its first use ---- */

/* The entry after d in the tree below top, parents first; NULL at its end. */
static struct dentry *next_below(struct dentry *d, struct dentry *top)
{
	if (!list_empty(&d->children))
		return list_first(&d->children, struct dentry, sibling);
	while (d != top && d->sibling.next == &d->parent->children)
		d = d->parent;
	return d == top ? NULL : list_entry(d->sibling.next, struct dentry, sibling);
}

/* Directories have their entries made as they are looked up. */
static void complete_tree(void *ctx, struct mount *m)
{
	int *err = ctx;

	for (struct dentry *d = m->root; d && !*err; d = next_below(d, m->root))
		if (d->inode && S_ISDIR(d->inode->mode))
			*err = tmpfs_populate(d);
}

/* File systems that no directory shows. */
static int complete_nameless(void)
{
	struct file *f;
	int err = memfd_create("", false, &f);

	if (err)
		return err;
	file_put(f);
	err = eventfd_create(0, false, O_RDWR, &f);
	if (!err)
		file_put(f);
	return err;
}

/* The count of root's signals stays once there was one. */
static int complete_signals(void)
{
	struct sigqueue *q = sigqueue_create(task_current());

	if (!q)
		return -ENOMEM;
	sigqueue_destroy(q);
	return 0;
}

static int complete(void)
{
	int err = complete_nameless();

	if (!err)
		err = complete_signals();

	mount_for_each(complete_tree, &err);
	return err;
}

/* ---- counting ---- */

static void add_cache(void *ctx, const struct slab_cache *c)
{
	struct fuzz_census *out = ctx;
	const struct {
		const char *name;
		unsigned long long *count;
	} kinds[] = {
		{"process", &out->processes}, {"file", &out->files},   {"inode", &out->inodes},
		{"dentry", &out->dentries},   {"mount", &out->mounts}, {"vma", &out->mappings},
	};

	out->objects += c->objects;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(c->name, kinds[i].name))
			*kinds[i].count += c->objects;
}

/* ---- what exactly was lost ---- */

#define CACHES_MAX 96

/* What was in use of each cache at the last census. */
static struct {
	const struct slab_cache *cache;
	u64 objects;
} last[CACHES_MAX];

static void log_cache(void *ctx __unused, const struct slab_cache *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
		if (last[i].cache && last[i].cache != c)
			continue;
		/* A cache that is new here had nothing in it. */
		if (last[i].objects != c->objects)
			klog("census: %s %+lld\n", c->name, (long long)(c->objects - last[i].objects));
		last[i].cache = c;
		last[i].objects = c->objects;
		return;
	}
}

/* Which slabs objects lie in, and which tables their numbers, follows from those before them. */
static unsigned long long pages_in_use(void)
{
	struct page_counts c;

	page_counts(&c);
	return c.total - c.free - c.slab - pid_table_pages();
}

int census_take(struct fuzz_census *out)
{
	int err = complete();

	if (err)
		return err;
	while (mapping_reclaim(~0ull))
		;
	*out = (struct fuzz_census){.pages = pages_in_use(), .tasks = task_count()};
	slab_for_each(add_cache, out);
	slab_for_each(log_cache, NULL);
	return 0;
}
