#include <linux/mount.h>
#include <linux/fs.h>
#include "kernel/fs/vfs.h"
#include "kernel/fs/mount.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

/* What remount may change of one mount. */
#define ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)
#define MOUNT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | ATIME_FLAGS)

static struct list mounts = LIST_INIT(mounts);
static const struct fs_type *types;
static int next_id = 1;
static SLAB_CACHE(mount_cache, "mount", struct mount);

void fs_register(struct fs_type *t)
{
	const struct fs_type **p = &types;
	while (*p)
		p = (const struct fs_type **)&(*p)->next;
	t->next = NULL;
	*p = t;
}

const struct fs_type *fs_type_find(const char *name)
{
	const struct fs_type *t = types;
	while (t && strcmp(t->name, name))
		t = t->next;
	return t;
}

const struct fs_type *fs_type_first(void)
{
	return types;
}

static void super_put(struct super *s)
{
	if (!refcount_put(&s->refcount))
		return;
	if (s->ops && s->ops->sync)
		s->ops->sync(s);
	if (s->ops && s->ops->unmount)
		s->ops->unmount(s);
	dentry_put(s->root);
	super_discard(s);
}

static struct mount *mount_alloc(struct super *s, struct dentry *root, const char *source, unsigned long flags)
{
	struct mount *m = slab_zalloc(&mount_cache);
	if (!m)
		return NULL;
	m->source = kstrndup(source, strlen(source));
	if (!m->source) {
		slab_free(&mount_cache, m);
		return NULL;
	}
	m->super = s;
	m->root = dentry_get(root);
	m->flags = flags & MOUNT_FLAGS;
	m->refcount = 1;
	m->id = next_id++;
	list_init(&m->link);
	return m;
}

void mount_release(struct mount *m)
{
	dentry_put(m->root);
	super_put(m->super);
	kfree(m->source);
	slab_free(&mount_cache, m);
}

void mount_for_each(void (*fn)(void *ctx, struct mount *m), void *ctx)
{
	boot_mounts_complete();
	struct mount *m;
	list_for_each(m, &mounts, link)
		fn(ctx, m);
}

void mounts_sync(void)
{
	struct mount *m;
	list_for_each(m, &mounts, link)
		if (m->super->ops && m->super->ops->sync)
			m->super->ops->sync(m->super);
}

struct mount *mount_find(const struct mount *parent, const struct dentry *point)
{
	struct mount *m, *found = NULL;
	list_for_each(m, &mounts, link)
		if (m->parent == parent && m->point == point)
			found = m;
	return found;
}

void path_cross_mounts(struct path *p)
{
	while (p->dentry->mountpoint) {
		struct mount *m = mount_find(p->mount, p->dentry);
		if (!m)
			return;
		struct path below = *p;
		p->mount = mount_get(m);
		p->dentry = dentry_get(m->root);
		path_put(&below);
	}
}

void mount_link(struct mount *m, const struct path *at)
{
	if (at) {
		m->parent = mount_get(at->mount);
		m->point = dentry_get(at->dentry);
		m->point->mountpoint = true;
	}
	list_push_back(&mounts, &m->link);
}

/* Take m off the tree; its reference is the caller's then. */
static void mount_unlink(struct mount *m)
{
	list_remove(&m->link);
	if (!m->parent)
		return;
	struct mount *other;
	bool still = false;
	list_for_each(other, &mounts, link)
		still |= other->point == m->point;
	m->point->mountpoint = still;
	struct path at = {m->parent, m->point};
	m->parent = NULL;
	m->point = NULL;
	path_put(&at);
}

int mount_make(const struct fs_type *t, const char *source, unsigned long flags, const char *data, struct mount **out)
{
	struct super *s;
	int err = t->mount(t, source, flags, data, &s);
	if (err)
		return err;
	*out = mount_alloc(s, s->root, source, flags);
	if (*out)
		return 0;
	super_put(s);
	return -ENOMEM;
}

int mount_attach(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
		 const struct path *at, struct mount **out)
{
	struct mount *m;
	int err = mount_make(t, source, flags, data, &m);
	if (err)
		return err;
	mount_link(m, at);
	if (out)
		*out = m;
	return 0;
}

/* The first mount on parent behind `after` in the list (NULL: of all), NULL: none. */
static struct mount *next_child(const struct mount *parent, struct mount *after)
{
	for (struct list *l = after ? after->link.next : mounts.next; l != &mounts; l = l->next) {
		struct mount *m = list_entry(l, struct mount, link);
		if (m->parent == parent)
			return m;
	}
	return NULL;
}

static struct mount *mount_copy(struct mount *m, struct mount *parent)
{
	struct mount *copy = mount_alloc(m->super, m->root, m->source, m->flags);
	struct path at = {parent, m->point};
	if (!copy)
		return NULL;
	refcount_get(&m->super->refcount);
	mount_link(copy, &at);
	return copy;
}

/* MS_REC: the mounts below from appear below its copy as well. What cannot be copied for lack of memory is left out, as a mount
 * that came too late would be. They may lie one on the other as deep as memory allows: an explicit walk. */
static void bind_below(struct mount *from, struct dentry *top, struct mount *copy)
{
	struct mount *m = from, *child = NULL, *below;
	for (;;) {
		child = next_child(m, child);
		if (!child) {
			if (m == from)
				return;
			child = m;
			m = m->parent;
			copy = copy->parent;
		} else if ((m != from || dentry_is_below(child->point, top)) && (below = mount_copy(child, copy))) {
			m = child;
			copy = below;
			child = NULL;
		}
	}
}

/* Not the home of pipes and the like, and not detached. */
static bool mount_in_tree(const struct mount *m)
{
	return !list_empty(&m->link);
}

static int mount_bind(const char *source, const struct path *at, unsigned long flags)
{
	struct path from;
	int err = path_walk(AT_FDCWD, source, 0, &from);
	if (err)
		return err;
	err = mount_in_tree(from.mount) ? -ENOTDIR : -EINVAL;
	if (err != -EINVAL && S_ISDIR(from.dentry->inode->mode) == S_ISDIR(at->dentry->inode->mode)) {
		struct mount *m = mount_alloc(from.mount->super, from.dentry, from.mount->source,
					      from.mount->flags | flags);
		err = -ENOMEM;
		if (m) {
			refcount_get(&m->super->refcount);
			if (flags & MS_REC)
				bind_below(from.mount, from.dentry, m);
			mount_link(m, at);
			err = 0;
		}
	}
	path_put(&from);
	return err;
}

static bool path_is_below_mount(const struct path *p, const struct mount *m)
{
	for (const struct mount *up = p->mount; up; up = up->parent)
		if (up == m)
			return true;
	return false;
}

static int mount_move(const char *source, const struct path *at)
{
	struct path from;
	int err = path_walk(AT_FDCWD, source, 0, &from);
	if (err)
		return err;
	struct mount *m = from.mount;
	if (from.dentry != m->root || !m->parent)
		err = -EINVAL;
	else if (S_ISDIR(from.dentry->inode->mode) != S_ISDIR(at->dentry->inode->mode))
		err = -EINVAL;
	else if (path_is_below_mount(at, m))
		err = -ELOOP;
	else {
		mount_unlink(m);
		mount_link(m, at);
	}
	path_put(&from);
	return err;
}

int mount_new(const char *source, const struct path *at, const char *type, unsigned long flags, const char *data)
{
	if (!mount_in_tree(at->mount) || at->dentry->unlinked)
		return mount_in_tree(at->mount) ? -ENOENT : -EINVAL;
	if (flags & MS_REMOUNT) {
		if (at->dentry != at->mount->root)
			return -EINVAL;
		/* mount(2), EBUSY: files are open for writing. */
		if (flags & MS_RDONLY && !(at->mount->flags & MS_RDONLY) && at->mount->super->writers)
			return -EBUSY;
		/* Without a word on access times they stay as they are. */
		if (!(flags & ATIME_FLAGS))
			flags |= at->mount->flags & ATIME_FLAGS;
		at->mount->flags = flags & MOUNT_FLAGS;
		return 0;
	}
	if (flags & MS_BIND)
		return mount_bind(source, at, flags);
	if (flags & (MS_SHARED | MS_SLAVE | MS_UNBINDABLE))
		return -EINVAL;
	/* There is one mount namespace and nothing propagates in it: private is what every mount is. */
	if (flags & MS_PRIVATE)
		return at->dentry == at->mount->root && !(flags & ~(MS_PRIVATE | MS_REC | MS_SILENT)) ? 0 : -EINVAL;
	if (flags & MS_MOVE)
		return mount_move(source, at);
	if (!type)
		return -EINVAL;
	const struct fs_type *t = fs_type_find(type);
	if (!t)
		return -ENODEV;
	if (!S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	return mount_attach(t, source, flags, data, at, NULL);
}

/* Leaves first, without recursion: see bind_below(). */
static void mount_detach_below(struct mount *top)
{
	struct mount *m = top, *child;
	for (;;) {
		while ((child = next_child(m, NULL)))
			m = child;
		if (m == top)
			return;
		child = m;
		m = m->parent;
		mount_unlink(child);
		mount_put(child);
	}
}

int mount_umount(const struct path *at, int flags)
{
	struct mount *m = at->mount;
	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (flags & MNT_EXPIRE && flags & (MNT_FORCE | MNT_DETACH))
		return -EINVAL;
	if (at->dentry != m->root || !m->parent)
		return -EINVAL;
	if (flags & MNT_EXPIRE && m == task_current()->fs->root.mount)
		return -EINVAL;
	/* The tree's reference and the caller's path. */
	bool busy = m->refcount > 2;
	if (busy && !(flags & MNT_DETACH))
		return -EBUSY;
	if (flags & MNT_EXPIRE && !m->expire_mark) {
		m->expire_mark = true;
		return -EAGAIN;
	}
	mount_detach_below(m);
	mount_unlink(m);
	mount_put(m);
	return 0;
}

int path_writable(const struct path *p)
{
	return p->mount->flags & MS_RDONLY ? -EROFS : 0;
}
