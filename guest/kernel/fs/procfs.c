/* The machinery of procfs: inodes for table entries, lookup, listing, reading of made-up texts. */
#include "kernel/fs/procfs.h"

#include <linux/magic.h>
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

static const struct inode_ops dir_ops, file_inode_ops, link_ops, magic_link_ops;
static const struct file_ops dir_file_ops, text_file_ops, task_text_ops, task_text_store_ops;
static SLAB_CACHE(node_cache, "proc_node", struct proc_node);

static struct proc_node *node_of(const struct inode *i)
{
	return i->private;
}

/* ---- inodes ---- */

static const struct file_ops *text_ops(const struct proc_node *n)
{
	if (!n->pid)
		return &text_file_ops;
	return n->entry->store ? &task_text_store_ops : &task_text_ops;
}

static void bind_ops(struct inode *i, const struct proc_node *n)
{
	const struct proc_entry *e = n->entry;
	switch (e->mode & S_IFMT) {
	case S_IFDIR:
		i->nlink = 2;
		i->ops = &dir_ops;
		i->file_ops = &dir_file_ops;
		break;
	case S_IFLNK:
		i->ops = e->follow ? &magic_link_ops : &link_ops;
		break;
	default:
		i->ops = &file_inode_ops;
		i->file_ops = e->file_ops ? e->file_ops : text_ops(n);
	}
}

/* proc(5), /proc/pid: owned by the process's effective ids; what is not open to all to read belongs
 * to root when the process is not "dumpable". */
static void set_owner(struct inode *i, const struct proc_node *n)
{
	const struct task *t = n->pid ? n->pid->task : NULL;
	bool own = t && (t->process->dumpable || n->entry->mode == (S_IFDIR | 0555));
	i->uid = own ? t->cred->euid : 0;
	i->gid = own ? t->cred->egid : 0;
}

/* Takes over n's reference on its pid, also on failure. */
static int node_init_inode(struct inode *i, const struct proc_node *n)
{
	struct proc_node *own = slab_alloc(&node_cache);
	if (!own) {
		if (n->pid)
			pid_put(n->pid);
		return -ENOMEM;
	}
	*own = *n;
	i->private = own;
	set_owner(i, n);
	bind_ops(i, n);
	return 0;
}

static void proc_inode_release(struct inode *i)
{
	struct proc_node *n = node_of(i);
	if (!n)
		return;
	if (n->pid)
		pid_put(n->pid);
	slab_free(&node_cache, n);
}

static int attach_node(struct inode *dir, struct dentry *d, const struct proc_node *n)
{
	struct inode *i = inode_create(dir->super, n->entry->mode);
	if (!i) {
		if (n->pid)
			pid_put(n->pid);
		return -ENOMEM;
	}
	int err = node_init_inode(i, n);
	if (err) {
		inode_put(i);
		return err;
	}
	dentry_attach(d, i);
	return 0;
}

/* ---- lookup ---- */

static const struct proc_entry *find_child(const struct proc_entry *e, const char *name)
{
	const struct proc_entry *c = e->children;
	while (c && c->name && strcmp(c->name, name))
		c++;
	return c && c->name ? c : NULL;
}

/* A number as a member's name has it: no sign, no leading zero. -1: it is none. */
static int parse_member(const struct proc_numbers *nums, const char *name)
{
	size_t skip = strlen(nums->prefix);
	u32 nr = 0;
	if (strncmp(name, nums->prefix, skip))
		return -1;
	name += skip;
	if (!*name || (*name == '0' && name[1]))
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || nr > 0x7fffffff / 10 - 1)
			return -1;
		nr = nr * 10 + (u32)(*name - '0');
	}
	return (int)nr;
}

static int proc_lookup(struct inode *dir, struct dentry *d)
{
	const struct proc_node *n = node_of(dir);
	const struct proc_entry *e = find_child(n->entry, d->name);
	struct proc_node child = *n;
	if (n->pid && !n->pid->task)
		return -ENOENT;
	if (e) {
		child.entry = e;
		if (child.pid)
			pid_get(child.pid);
		return attach_node(dir, d, &child);
	}
	int nr = n->entry->numbers ? parse_member(n->entry->numbers, d->name) : -1;
	if (nr < 0)
		return -ENOENT;
	child = (struct proc_node){.thread = n->thread, .number = nr};
	int err = n->entry->numbers->find(n, nr, &child);
	return err ? err : attach_node(dir, d, &child);
}

/* ---- listing: "." 0, ".." 1, the table from 2 on, numbers from FIRST_NUMBER on ---- */

#define FIRST_NUMBER 1024

/* Emit one name at position `at`; false: no room. */
static bool emit_at(struct file *f, struct dir_emit *e, const char *name, u64 ino, u32 mode,
		    file_off at)
{
	if (!e->emit(e, name, strlen(name), ino, (mode & S_IFMT) >> 12, at + 1))
		return false;
	f->pos = at + 1;
	return true;
}

static bool list_table(struct file *f, struct dir_emit *e, const struct proc_entry *children)
{
	file_off k = 2;
	for (const struct proc_entry *c = children; c && c->name; c++, k++) {
		if (k >= f->pos && !emit_at(f, e, c->name, (u64)k, c->mode, k))
			return false;
	}
	return true;
}

static bool list_numbers(struct file *f, struct dir_emit *e, const struct proc_node *n)
{
	const struct proc_numbers *nums = n->entry->numbers;
	char name[32];
	if (f->pos < FIRST_NUMBER)
		f->pos = FIRST_NUMBER;
	for (;;) {
		int nr = f->pos - FIRST_NUMBER > 0x7fffffff
				 ? -1
				 : nums->next(n, (int)(f->pos - FIRST_NUMBER));
		if (nr < 0)
			return true;
		ksnprintf(name, sizeof(name), "%s%d", nums->prefix, nr);
		if (!emit_at(f, e, name, FIRST_NUMBER + (u64)nr, nums->type,
			     FIRST_NUMBER + (file_off)nr))
			return false;
	}
}

static int proc_readdir(struct file *f, struct dir_emit *e)
{
	struct dentry *dir = f->path.dentry;
	const struct proc_node *n = node_of(dir->inode);
	if (n->pid && !n->pid->task)
		return -ENOENT;
	if (f->pos == 0 && !emit_at(f, e, ".", dir->inode->ino, S_IFDIR, 0))
		return 0;
	if (f->pos == 1 && !emit_at(f, e, "..", dir->parent->inode->ino, S_IFDIR, 1))
		return 0;
	if (list_table(f, e, n->entry->children) && n->entry->numbers)
		list_numbers(f, e, n);
	return 0;
}

static isize dir_read(struct file *f, struct uio *to, file_off *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

/* ---- links ---- */

static isize proc_readlink(struct inode *i, char *buf, size_t size)
{
	const struct proc_node *n = node_of(i);
	return n->entry->readlink(n, buf, size);
}

static int proc_follow(struct inode *i, struct path *out)
{
	const struct proc_node *n = node_of(i);
	return n->entry->follow(n, out);
}

/* The name of where a magic link leads: readlink(2). */
static isize magic_readlink(struct inode *i, char *buf, size_t size)
{
	struct path p;
	int err = proc_follow(i, &p);
	if (err)
		return err;
	char *page = kmalloc(PATH_LEN_MAX);
	isize n = -ENOMEM;
	if (page) {
		const char *name = path_name(&p, page, PATH_LEN_MAX);
		n = name ? (isize)MIN(strlen(name), size) : -ENAMETOOLONG;
		if (name)
			memcpy(buf, name, (size_t)n);
	}
	kfree(page);
	path_put(&p);
	return n;
}

/* ---- texts ---- */

/* The text is made at the first read and again by each read from the start. */
static int make_text(struct file *f)
{
	const struct proc_node *n = node_of(f->inode);
	struct proc_text t = {0};
	if (n->pid && !n->pid->task)
		return -ESRCH;
	int err = n->entry->show ? n->entry->show(n, &t) : -EINVAL;
	if (!err && t.failed)
		err = -ENOMEM;
	struct proc_text *own = err ? NULL : kmalloc(sizeof(*own));
	if (!own) {
		kfree(t.buf);
		return err ? err : -ENOMEM;
	}
	struct proc_text *old = f->private;
	*own = t;
	f->private = own;
	if (old) {
		kfree(old->buf);
		kfree(old);
	}
	return 0;
}

static int text_open(struct inode *i, struct file *f)
{
	const struct proc_node *n = node_of(i);
	(void)f;
	if (!n->pid)
		return 0;
	if (!n->pid->task)
		return -ESRCH;
	return n->entry->guarded ? proc_may_inspect(n->pid->task) : 0;
}

static isize text_read(struct file *f, struct uio *to, file_off *pos)
{
	if (*pos < 0)
		return -EINVAL;
	if (!f->private || *pos == 0) {
		int err = make_text(f);
		if (err)
			return err;
	}
	const struct proc_text *t = f->private;
	if ((u64)*pos >= t->len)
		return 0;
	size_t n = MIN(t->len - (size_t)*pos, to->left);
	size_t done = uio_write(to, t->buf + *pos, n);
	*pos += (file_off)done;
	return done || !n ? (isize)done : -EFAULT;
}

/* One text for n->entry->store. */
static isize store_text(const struct proc_node *n, struct uio *from, size_t len)
{
	char *text = kmalloc(len + 1);
	if (!text)
		return -ENOMEM;
	isize result = -EFAULT;
	if (uio_read(from, text, len) == len) {
		text[len] = '\0';
		result = n->pid && !n->pid->task ? -ESRCH : n->entry->store(n, text, len);
	}
	kfree(text);
	return result;
}

static isize text_write(struct file *f, struct uio *from, file_off *pos)
{
	const struct proc_node *n = node_of(f->inode);
	size_t len = from->left;
	if (!n->entry->store)
		return -EIO;
	if (len >= PAGE_SIZE)
		return -EINVAL;
	isize result = store_text(n, from, len);
	if (result)
		return result;
	*pos += (file_off)len;
	return (isize)len;
}

/* What is about a process has no position to write at. */
static isize task_text_write(struct file *f, struct uio *from, file_off *pos __unused)
{
	const struct proc_node *n = node_of(f->inode);
	size_t len = from->left, taken = MIN(len, (size_t)n->entry->store_max);
	isize result = store_text(n, from, taken);
	if (result)
		return result;
	return (isize)(n->entry->store_rest ? len : taken);
}

static file_off text_seek(struct file *f, file_off off, int whence)
{
	if (whence == 1 && __builtin_add_overflow(off, f->pos, &off))
		return -EOVERFLOW;
	if (whence > 1 || whence < 0 || off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

static file_off dir_seek(struct file *f, file_off off, int whence)
{
	return text_seek(f, off, whence);
}

static void text_release(struct file *f)
{
	struct proc_text *t = f->private;
	if (!t)
		return;
	kfree(t->buf);
	kfree(t);
}

#define PROC_SIZE_MAX 0x7fffffff /* Linux's limit of this file system */

/* O_TRUNC, as shells open for ">": nothing to cut. */
static int text_truncate(struct inode *i, file_off size)
{
	(void)i;
	return size > PROC_SIZE_MAX ? -EFBIG : 0;
}

/* No name can be made here: Linux finds none and says so, rather than EPERM. */
static int no_create(struct inode *dir, struct dentry *d, u32 mode)
{
	(void)dir, (void)d, (void)mode;
	return -ENOENT;
}

static int no_mknod(struct inode *dir, struct dentry *d, u32 mode, u32 rdev)
{
	(void)rdev;
	return no_create(dir, d, mode);
}

static int no_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	(void)target;
	return no_create(dir, d, 0);
}

/* proc_pid_fd(5): a process sees its own descriptors whatever its ids have become. */
static bool proc_permit(struct inode *i, u32 want)
{
	const struct proc_node *n = node_of(i);
	const struct task *t = n->pid ? n->pid->task : NULL;
	const struct proc_numbers *nums = n->entry->numbers;
	(void)want;
	return t && t->process == task_current()->process && (nums == &proc_fd_numbers || nums == &proc_fdinfo_numbers);
}

/* What is about a process stays as it is. */
static bool proc_mode_fixed(struct inode *i)
{
	return node_of(i)->pid;
}

static const struct inode_ops dir_ops = {.closed = true,
					 .lookup = proc_lookup,
					 .permit = proc_permit,
					 .mode_fixed = proc_mode_fixed,
					 .create = no_create,
					 .mkdir = no_create,
					 .mknod = no_mknod,
					 .symlink = no_symlink};
static const struct inode_ops file_inode_ops = {
	.open = text_open, .truncate = text_truncate, .mode_fixed = proc_mode_fixed};
static const struct inode_ops link_ops = {.readlink = proc_readlink};
static const struct inode_ops magic_link_ops = {.readlink = magic_readlink, .follow = proc_follow};
static const struct file_ops dir_file_ops = {
	.read = dir_read, .readdir = proc_readdir, .seek = dir_seek};
static const struct file_ops text_file_ops = {
	.read = text_read, .write = text_write, .segments_apart = true, .seek = text_seek, .release = text_release};
static const struct file_ops task_text_ops = {.read = text_read, .seek = text_seek, .release = text_release};
static const struct file_ops task_text_store_ops = {.read = text_read,
						    .write = task_text_write,
						    .segments_apart = true,
						    .seek = text_seek,
						    .release = text_release};

/* ---- the super block ---- */

static const struct fs_ops proc_fs_ops = {.inode_release = proc_inode_release};

int proc_mount_tree(const struct fs_type *t, const struct proc_entry *root, struct super **out)
{
	struct super *s = super_create(t, &proc_fs_ops);
	struct proc_node n = {.entry = root};
	if (!s)
		return -ENOMEM;
	struct inode *i = super_make_root(s, root->mode);
	int err = i ? node_init_inode(i, &n) : -ENOMEM;
	if (err) {
		if (i)
			dentry_put(s->root);
		super_discard(s);
		return err;
	}
	i->uid = i->gid = 0;
	*out = s;
	return 0;
}

static int proc_mount(const struct fs_type *t, const char *source, unsigned long flags,
		      const char *data, struct super **out)
{
	(void)source, (void)flags, (void)data;
	return proc_mount_tree(t, &proc_root, out);
}

struct fs_type proc_type = {
	.name = "proc", .no_dev = true, .magic = PROC_SUPER_MAGIC, .mount = proc_mount};
