#include "kernel/fs/vfs.h"
#include "kernel/fs/dcache.h"
#include "kernel/fs/name.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

struct dentry *dcache[DCACHE_BUCKETS];
static SLAB_CACHE(dentry_cache, "dentry", struct dentry);

static void dcache_insert(struct dentry *d)
{
	struct dentry **b = dcache_bucket(d->parent, d->hash);
	d->hash_next = *b;
	*b = d;
}

static void dcache_remove(struct dentry *d)
{
	struct dentry **p = dcache_bucket(d->parent, d->hash);
	while (*p && *p != d)
		p = &(*p)->hash_next;
	if (*p)
		*p = d->hash_next;
	d->hash_next = NULL;
}

/* The name's storage: inline when short; rounded up to whole words for name_equal. */
static char *name_store(struct dentry *d, const char *name, size_t len)
{
	char *to = d->inline_name;
	if (len >= sizeof(d->inline_name)) {
		to = kmalloc(ALIGN_UP(len + 1, 8));
		if (!to)
			return NULL;
	}
	memcpy(to, name, len);
	to[len] = '\0';
	return to;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = slab_alloc(&dentry_cache);
	if (!d)
		return NULL;
	d->name = name_store(d, name, len);
	if (!d->name) {
		slab_free(&dentry_cache, d);
		return NULL;
	}
	d->parent = parent ? dentry_get(parent) : d;
	d->inode = NULL;
	d->refcount = 1;
	d->unlinked = false;
	d->mountpoint = false;
	list_init(&d->children);
	list_init(&d->sibling);
	d->hash_next = NULL;
	d->hash = name_hash(name, len);
	d->cookie = 0;
	d->name_len = (u8)len;
	return d;
}

static void dentry_enter(struct dentry *d)
{
	struct inode *dir = d->parent->inode;
	d->cookie = dir ? dir->next_cookie++ : 0;
	list_push_back(&d->parent->children, &d->sibling);
	dcache_insert(d);
}

void dentry_attach(struct dentry *d, struct inode *i)
{
	d->inode = i;
	if (d->parent != d)
		dentry_enter(d);
}

void dentry_drop(struct dentry *d)
{
	if (d->unlinked)
		return;
	d->unlinked = true;
	if (d->parent != d)
		dcache_remove(d);
	list_remove(&d->sibling);
}

/* Frees d and answers its parent, whose reference the caller now has to drop; NULL at a root. */
static struct dentry *dentry_free(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;
	dentry_drop(d);
	if (d->inode)
		inode_put(d->inode);
	if (d->name != d->inline_name)
		kfree(d->name);
	slab_free(&dentry_cache, d);
	return parent;
}

void dentry_release(struct dentry *d)
{
	do
		d = dentry_free(d);
	while (d && refcount_put(&d->refcount));
}

struct dentry *dentry_lookup_hashed(struct dentry *parent, const char *name, size_t len, u32 hash)
{
	struct dentry *d = dcache_find(parent, name, len, hash);
	return d ? dentry_get(d) : NULL;
}

struct dentry *dentry_lookup(struct dentry *parent, const char *name, size_t len)
{
	return dentry_lookup_hashed(parent, name, len, name_hash(name, len));
}

static void dentry_leave(struct dentry *d)
{
	dcache_remove(d);
	list_remove(&d->sibling);
}

/* d gets the name of t, whose storage it may take; t is left with some name of its own. */
static void name_take(struct dentry *d, struct dentry *t)
{
	char *old = d->name == d->inline_name ? NULL : d->name;
	if (t->name == t->inline_name) {
		memcpy(d->inline_name, t->inline_name, sizeof(d->inline_name));
		d->name = d->inline_name;
		kfree(old);
	} else {
		d->name = t->name;
		t->name = old;
		if (!old) {
			memcpy(t->inline_name, "(renamed)", 10);
			t->name = t->inline_name;
		}
	}
	d->name_len = t->name_len;
	d->hash = t->hash;
	t->name_len = (u8)strlen(t->name);
}

void dentry_move(struct dentry *d, struct dentry *target)
{
	if (target->inode)
		dentry_drop(target);
	dentry_leave(d);
	name_take(d, target);
	struct dentry *old_parent = d->parent;
	d->parent = dentry_get(target->parent);
	dentry_enter(d);
	dentry_put(old_parent);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
	dentry_leave(a);
	dentry_leave(b);
	struct dentry *pa = a->parent;
	a->parent = b->parent;
	b->parent = pa;

	char text[sizeof(a->inline_name)];
	char *na = a->name, *nb = b->name;
	bool a_inline = na == a->inline_name, b_inline = nb == b->inline_name;
	memcpy(text, a->inline_name, sizeof(text));
	memcpy(a->inline_name, b->inline_name, sizeof(text));
	memcpy(b->inline_name, text, sizeof(text));
	a->name = b_inline ? a->inline_name : nb;
	b->name = a_inline ? b->inline_name : na;
	u8 len = a->name_len;
	a->name_len = b->name_len;
	b->name_len = len;
	u32 hash = a->hash;
	a->hash = b->hash;
	b->hash = hash;
	dentry_enter(a);
	dentry_enter(b);
}

bool dentry_is_below(const struct dentry *d, const struct dentry *ancestor)
{
	for (;; d = d->parent) {
		if (d == ancestor)
			return true;
		if (d->parent == d)
			return false;
	}
}
