#include "kernel/fs/vfs.h"
#include "kernel/fs/dcache.h"
#include "kernel/fs/mount.h"
#include "kernel/fs/name.h"
#include "kernel/fs/walk.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

/* ---- one component ---- */

static int lookup_uncached(struct dentry *dir, const char *name, size_t len, struct dentry **out)
{
	struct inode *i = dir->inode;
	if (!i->ops->lookup || dir->unlinked)
		return -ENOENT;
	if (i->ops->absent && i->ops->absent(i, name, len))
		return -ENOENT;
	struct dentry *d = dentry_create(dir, name, len);
	if (!d)
		return -ENOMEM;
	int err = i->ops->lookup(i, d);
	if (!err && d->inode) {
		*out = d;
		return 0;
	}
	dentry_put(d);
	/* The file system may have slept: somebody else may have found it. */
	if (!err || err == -EEXIST) {
		*out = dentry_lookup(dir, name, len);
		return *out ? 0 : -ENOENT;
	}
	return err;
}

static int lookup_hashed(struct dentry *dir, const char *name, size_t len, u32 hash, struct dentry **out)
{
	*out = dentry_lookup_hashed(dir, name, len, hash);
	return *out ? 0 : lookup_uncached(dir, name, len, out);
}

int dir_lookup(struct dentry *dir, const char *name, size_t len, struct dentry **out)
{
	if (len > NAME_LEN_MAX)
		return -ENAMETOOLONG;
	return lookup_hashed(dir, name, len, name_hash(name, len), out);
}

/* Replace the walk's position; takes over d's reference. */
static void walk_set_dentry(struct walk *w, struct dentry *d)
{
	dentry_put(w->path.dentry);
	w->path.dentry = d;
}

static void walk_set_path(struct walk *w, const struct path *p)
{
	path_get(p);
	path_put(&w->path);
	w->path = *p;
}

static const struct path *walk_root(const struct walk *w)
{
	return w->flags & (WALK_IN_ROOT | WALK_BENEATH) ? &w->start : &task_current()->fs->root;
}

static bool path_equal(const struct path *a, const struct path *b)
{
	return a->dentry == b->dentry && a->mount == b->mount;
}

static int walk_up(struct walk *w)
{
	if (path_equal(&w->path, walk_root(w)))
		return w->flags & WALK_BENEATH ? -EXDEV : 0;
	struct path up = w->path;
	while (up.dentry == up.mount->root && up.mount->parent)
		up = (struct path){up.mount->parent, up.mount->point};
	if (up.mount != w->path.mount && w->flags & WALK_NO_XDEV)
		return -EXDEV;
	up.dentry = up.dentry->parent;
	walk_set_path(w, &up);
	if (w->path.dentry->mountpoint)
		path_cross_mounts(&w->path);
	return 0;
}

/* ---- symbolic links ---- */

static void walk_pop(struct walk *w)
{
	struct walk_frame *f = &w->frame[--w->depth];
	w->name = f->rest;
	inode_put(f->inode);
	kfree(f->text);
}

/* path_resolution(7), step 1, for the text of a link: "/" starts again at the root. */
static int walk_restart(struct walk *w, const char *text)
{
	if (*text != '/')
		return 0;
	if (w->flags & WALK_BENEATH)
		return -EXDEV;
	const struct path *root = walk_root(w);
	if (w->flags & WALK_NO_XDEV && root->mount != w->path.mount)
		return -EXDEV;
	walk_set_path(w, root);
	return 0;
}

static int link_text(struct inode *i, struct walk_frame *f, const char **text)
{
	f->text = NULL;
	*text = i->link;
	if (i->link)
		return 0;
	f->text = kmalloc(PATH_LEN_MAX);
	if (!f->text)
		return -ENOMEM;
	isize n = i->ops->readlink(i, f->text, PATH_LEN_MAX - 1);
	if (n < 0) {
		kfree(f->text);
		return (int)n;
	}
	f->text[n] = '\0';
	*text = f->text;
	return 0;
}

static int walk_magic(struct walk *w, struct inode *i)
{
	struct path to;
	if (w->flags & (WALK_NO_MAGICLINKS | WALK_IN_ROOT | WALK_BENEATH))
		return w->flags & WALK_NO_MAGICLINKS ? -ELOOP : -EXDEV;
	int err = i->ops->follow(i, &to);
	if (err)
		return err;
	path_put(&w->path);
	w->path = to;
	return 0;
}

/* Continue at the text of link; the walk stands in the directory that holds it. */
static int walk_follow(struct walk *w, struct inode *link)
{
	if (w->flags & WALK_NO_SYMLINKS || ++w->links > SYMLINK_DEPTH_MAX)
		return -ELOOP;
	if (link->ops->follow)
		return walk_magic(w, link);
	struct walk_frame *f = &w->frame[w->depth];
	const char *text;
	int err = link_text(link, f, &text);
	if (err)
		return err;
	f->rest = w->name;
	f->inode = inode_get(link);
	w->depth++;
	w->name = text;
	if (!*text)
		return -ENOENT;
	return walk_restart(w, text);
}

/* ---- the walk ---- */

/* Nothing but slashes follows, in this text and in those that led here. */
static bool walk_at_end(struct walk *w)
{
	const char *p = w->name;
	unsigned int depth = w->depth;
	bool slash = *p == '/';
	for (;;) {
		while (*p == '/')
			p++;
		if (*p)
			return false;
		if (!depth) {
			w->trailing |= slash;
			return true;
		}
		p = w->frame[--depth].rest;
		slash |= *p == '/';
	}
}

/* A child was found: step onto it, or into the text of a link. Takes over d. */
static int walk_onto(struct walk *w, struct dentry *d, bool last)
{
	struct inode *i = d->inode;
	if (unlikely(S_ISLNK(i->mode)) && (!last || !(w->flags & WALK_NOFOLLOW) || w->trailing)) {
		int err = walk_follow(w, i);
		dentry_put(d);
		return err;
	}
	walk_set_dentry(w, d);
	if (unlikely(d->mountpoint)) {
		struct mount *m = w->path.mount;
		path_cross_mounts(&w->path);
		w->path.mount->expire_mark &= !!(w->flags & WALK_EXPIRY);
		if (w->flags & WALK_NO_XDEV && w->path.mount != m)
			return -EXDEV;
	}
	return 0;
}

static int walk_step(struct walk *w, const char *name, size_t len, u32 hash, bool last)
{
	if (unlikely(name[0] == '.')) {
		if (len == 1)
			return 0;
		if (len == 2 && name[1] == '.')
			return walk_up(w);
	}
	struct dentry *d;
	int err = lookup_hashed(w->path.dentry, name, len, hash, &d);
	return err ? err : walk_onto(w, d, last);
}

/*
 * As far as names are in the dcache and nothing special comes: no "." or "..", link, doubled or final slash, directory that not everybody may search.
 * Nothing is freed meanwhile, so only where it ends is referenced. walk_run goes on from there.
 */
static void walk_cached(struct walk *w, bool to_parent)
{
	struct dentry *at = w->path.dentry;
	struct mount *mount = w->path.mount;
	const char *name = w->name;
	for (;;) {
		const struct inode *dir = at->inode;
		size_t len;
		if (*name == '/')
			name++;
		u32 hash = name_scan(name, &len);
		const char *next = name + len;
		if (!S_ISDIR(dir->mode) || (dir->mode & 0111) != 0111 || !len || *name == '.')
			break;
		if (!*next ? to_parent || w->depth : !next[1] || next[1] == '/')
			break;
		struct dentry *d = dcache_find(at, name, len, hash);
		if (!d || S_ISLNK(d->inode->mode))
			break;
		if (unlikely(d->mountpoint)) {
			struct mount *m = mount_find(mount, d);
			if (w->flags & WALK_NO_XDEV || (m && m->root->mountpoint))
				break;
			if (m) {
				m->expire_mark &= !!(w->flags & WALK_EXPIRY);
				mount = m;
				d = m->root;
			}
		}
		at = d;
		w->name = name = next;
		if (!*next)
			break;
	}
	struct path to = {mount, at};
	path_get(&to);
	path_put(&w->path);
	w->path = to;
}

int walk_run(struct walk *w, bool to_parent)
{
	w->last_len = 0;
	walk_cached(w, to_parent);
	for (;;) {
		while (*w->name == '/')
			w->name++;
		if (!*w->name) {
			if (!w->depth)
				return 0;
			walk_pop(w);
			continue;
		}
		struct inode *dir = w->path.dentry->inode;
		if (!S_ISDIR(dir->mode))
			return -ENOTDIR;
		int err = inode_permission(dir, MAY_EXEC);
		if (err)
			return err;
		size_t len;
		const char *name = w->name;
		u32 hash = name_scan(name, &len);
		if (len > NAME_LEN_MAX)
			return -ENAMETOOLONG;
		w->name += len;
		bool last = walk_at_end(w);
		if (last && to_parent) {
			w->last = name;
			w->last_len = len;
			return 0;
		}
		err = walk_step(w, name, len, hash, last);
		if (err)
			return err;
	}
}

int walk_last(struct walk *w, struct dentry **out)
{
	struct dentry *d = dentry_lookup(w->path.dentry, w->last, w->last_len);
	if (d) {
		*out = d;
		return 0;
	}
	return lookup_uncached(w->path.dentry, w->last, w->last_len, out);
}

int walk_last_follow(struct walk *w, struct dentry *d)
{
	return walk_onto(w, d, false);
}

static int walk_begin_at(struct walk *w, int dirfd)
{
	if (dirfd == AT_FDCWD) {
		w->path = task_current()->fs->cwd;
		path_get(&w->path);
		return 0;
	}
	struct file *f = fd_get_path(dirfd);
	if (!f)
		return -EBADF;
	int err = 0;
	if (*w->name && !S_ISDIR(f->inode->mode))
		err = -ENOTDIR;
	else
		w->path = f->path, path_get(&w->path);
	file_put(f);
	return err;
}

int walk_begin(struct walk *w, int dirfd, const char *name, unsigned int flags)
{
	w->flags = flags;
	w->links = 0;
	w->depth = 0;
	w->trailing = false;
	w->name = name;
	if (!*name && !(flags & WALK_EMPTY))
		return -ENOENT;
	bool confined = flags & (WALK_IN_ROOT | WALK_BENEATH);
	if (*name == '/' && !confined) {
		w->path = task_current()->fs->root;
		path_get(&w->path);
		return 0;
	}
	int err = walk_begin_at(w, dirfd);
	if (err)
		return err;
	if (confined) {
		w->start = w->path;
		path_get(&w->start);
	}
	if (*name == '/' && flags & WALK_BENEATH) {
		walk_end(w);
		return -EXDEV;
	}
	return 0;
}

void walk_end(struct walk *w)
{
	while (w->depth)
		walk_pop(w);
	path_put(&w->path);
	if (w->flags & (WALK_IN_ROOT | WALK_BENEATH))
		path_put(&w->start);
}

static int walk_check_result(const struct walk *w)
{
	bool must_be_dir = w->trailing || w->flags & WALK_DIRECTORY;
	return must_be_dir && !S_ISDIR(w->path.dentry->inode->mode) ? -ENOTDIR : 0;
}

int path_walk(int dirfd, const char *name, unsigned int flags, struct path *out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, name, flags);
	if (err)
		return err;
	err = walk_run(&w, false);
	if (!err)
		err = walk_check_result(&w);
	if (likely(!err && !w.depth && !(flags & (WALK_IN_ROOT | WALK_BENEATH)))) {
		*out = w.path; /* with its references */
		return 0;
	}
	if (!err) {
		*out = w.path;
		path_get(out);
	}
	walk_end(&w);
	return err;
}

int path_walk_parent(int dirfd, const char *name, struct path *dir, char *last, bool *trailing)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, name, 0);
	if (err)
		return err;
	err = walk_run(&w, true);
	if (!err) {
		memcpy(last, w.last, w.last_len);
		last[w.last_len] = '\0';
		*trailing = w.trailing;
		*dir = w.path;
		path_get(dir);
	}
	walk_end(&w);
	return err;
}

/* ---- user strings ---- */

int path_from_user(const char __user *p, char **out)
{
	char *buf = kmalloc(PATH_LEN_MAX);
	if (!buf)
		return -ENOMEM;
	isize n = strncpy_from_user(buf, p, PATH_LEN_MAX);
	if (n < 0) {
		kfree(buf);
		return (int)n;
	}
	*out = buf;
	return 0;
}

int path_walk_user(int dirfd, const char __user *name, unsigned int flags, struct path *out)
{
	struct user_path up;
	int err = user_path_get(&up, name);
	if (err)
		return err;
	err = path_walk(dirfd, up.name, flags, out);
	user_path_put(&up);
	return err;
}
