/*
 * Inodes, dentries, mounts and path walk.
 *
 * dentry: one name; referenced ones stay in memory. A file system that lives in memory (tmpfs) pins its dentries; procfs makes them at lookup.
 */
#ifndef KERNEL_FS_VFS_H
#define KERNEL_FS_VFS_H

#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include "kernel/fs/file.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/refcount.h"
#include "kernel/lib/types.h"
#include "kernel/mm/mapping.h"

struct super;
struct inode;
struct dentry;

#define NAME_LEN_MAX 255
#define PATH_LEN_MAX 4096 /* with NUL */
#define SYMLINK_DEPTH_MAX 40

/* Operations on a directory (dir) or inode. All may sleep; the kernel lock is held; 0 or -errno. NULL: -EPERM unless noted. Permission checks are the
 * caller's (namei.c), already done. */
struct inode_ops {
	/* A directory where programs make no names: what is not there is -ENOENT to those who would make it, too. */
	bool closed;
	/* Find d->name in dir and dentry_attach an inode to it, or leave it negative (-ENOENT not needed). NULL: all names are in the dcache. */
	int (*lookup)(struct inode *dir, struct dentry *d);
	/* True: dir certainly has no such entry, lookup need not be asked (search paths make many such questions). NULL: false. */
	bool (*absent)(struct inode *dir, const char *name, size_t len);
	int (*create)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *d, u32 mode, u32 rdev);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct inode *inode, struct inode *dir, struct dentry *d);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	/* flags: RENAME_NOREPLACE | RENAME_EXCHANGE, checked. The dcache is moved by the caller. */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new, unsigned int flags);
	/* The target's text into buf (size bytes, no NUL): its length or -errno. NULL: not a symlink. */
	isize (*readlink)(struct inode *inode, char *buf, size_t size);
	/* A "magic" link: jump straight to *out (referenced). NULL: follow readlink's text. */
	int (*follow)(struct inode *inode, struct path *out);
	/* Change the size; pages are the op's affair. NULL: -EINVAL. */
	int (*truncate)(struct inode *inode, file_off size);
	/* May the current task do what the mode forbids (want: MAY_* bits)? NULL: no. */
	bool (*permit)(struct inode *inode, u32 want);
	/* May nobody change the mode? NULL: that is as everywhere. */
	bool (*mode_fixed)(struct inode *inode);
	/* Called after attributes in the inode were changed (to write them back). NULL: fine. */
	int (*setattr)(struct inode *inode);
	/* Called when the file is opened, may set f->ops / private. NULL: fine. */
	int (*open)(struct inode *inode, struct file *f);
	/* Bring dynamic attributes up to date before stat (procfs sizes). NULL: fine. */
	int (*getattr)(struct inode *inode);
	/* Give d (which is in no directory) a fresh regular file with nlink 0: O_TMPFILE. NULL: -EOPNOTSUPP. */
	int (*tmpfile)(struct inode *dir, struct dentry *d, u32 mode);
};

struct inode {
	u64 ino;
	u32 mode;
	u32 nlink;
	u32 uid, gid;
	u32 rdev; /* Linux dev_t, 12:20 */
	u32 refcount;
	u64 size;
	u64 blocks; /* of 512 bytes */
	u64 atime_ns, mtime_ns, ctime_ns, btime_ns; /* real time */
	struct super *super;
	const struct inode_ops *ops;
	const struct file_ops *file_ops;
	struct mapping mapping;
	s32 write_count; /* open for writing; < 0: executing (ETXTBSY) */
	struct list locks; /* POSIX and flock locks */
	struct waitq lock_wait;
	void *pipe; /* fifo */
	void *private;
	const char *link; /* symlink: its text when it lies in memory (lives as long as the inode) */
	u64 next_cookie;  /* directory: readdir position of the next new entry */
	u32 seals;	  /* F_SEAL_* */
	bool sealable;	  /* a file in memory: F_ADD_SEALS is known */
	bool linkable;	  /* nlink is 0 because O_TMPFILE made it: linkat may name it */
};

struct dentry {
	struct dentry *parent; /* itself at a root */
	struct inode *inode;   /* NULL: negative */
	u32 refcount;
	bool unlinked;
	bool mountpoint;
	struct list children; /* dentry.sibling, in creation order */
	struct list sibling;
	struct dentry *hash_next;
	u32 hash;
	u64 cookie; /* readdir position within the parent */
	u8 name_len;
	char *name; /* NUL-terminated */
	char inline_name[32];
};

struct fs_ops {
	/* Free what hangs on an inode whose last reference went (nlink 0 or not). NULL: fine. */
	void (*inode_release)(struct inode *inode);
	/* Fill f_* of struct statfs (asm/statfs.h). */
	void (*statfs)(struct super *s, void *statfs);
	int (*sync)(struct super *s);
	void (*unmount)(struct super *s);
};

struct super {
	const struct fs_type *type;
	const struct fs_ops *ops;
	u32 dev;      /* st_dev */
	u32 refcount; /* mounts */
	struct dentry *root;
	u64 next_ino;
	u64 inode_count; /* living */
	u32 writers;	 /* open for writing */
	void *private;
};

/* A kind of file system, registered by name for mount(2). */
struct fs_type {
	const char *name;
	bool no_dev; /* "nodev" in /proc/filesystems */
	unsigned long magic;
	/* source and data as mount(2) gave them (data may be NULL). */
	int (*mount)(const struct fs_type *t, const char *source, unsigned long flags, const char *data, struct super **out);
	const struct fs_type *next;
};
void fs_register(struct fs_type *t);
const struct fs_type *fs_type_find(const char *name);
const struct fs_type *fs_type_first(void);

struct mount {
	struct super *super;
	struct dentry *root;
	struct mount *parent;
	struct dentry *point; /* in parent */
	unsigned long flags;  /* MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC ... */
	bool expire_mark;     /* umount2 MNT_EXPIRE was here; cleared by use */
	u32 refcount;
	struct list link; /* all mounts, in order */
	int id;
	char *source;
};
/* Where pipes and other nameless files live: in no directory tree, never released. */
extern struct super anon_super;
extern struct mount anon_mount;
void mount_for_each(void (*fn)(void *ctx, struct mount *m), void *ctx);
/* umount2(2)'s flags; <linux/fs.h> does not export them. */
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW 8
/* mount(2) of a new file system, MS_BIND, MS_MOVE, MS_REMOUNT; umount2(2). */
int mount_new(const char *source, const struct path *at, const char *type, unsigned long flags, const char *data);
int mount_umount(const struct path *at, int flags);
/* sync(2): every file system that is mounted by now. */
void mounts_sync(void);
static inline struct mount *mount_get(struct mount *m)
{
	refcount_get(&m->refcount);
	return m;
}
void mount_release(struct mount *m);
static inline void mount_put(struct mount *m)
{
	if (refcount_put(&m->refcount))
		mount_release(m);
}
/* What is mounted on point of parent (the uppermost), borrowed, or NULL. */
struct mount *mount_find(const struct mount *parent, const struct dentry *point);

/*
 * ---- life ----
 * A dentry is born with one reference (the caller's) and one on its parent, and is in no directory until
 * dentry_attach. At zero references it leaves its directory and is freed: a file system that lives in memory keeps a
 * reference of its own on each, dropped by its unlink / rmdir.
 */
struct inode *inode_create(struct super *s, u32 mode); /* refcount 1, times now, owner the current fs ids; NULL */
static inline struct inode *inode_get(struct inode *i)
{
	refcount_get(&i->refcount);
	return i;
}
void inode_release(struct inode *i);
static inline void inode_put(struct inode *i)
{
	if (refcount_put(&i->refcount))
		inode_release(i);
}
u64 inode_now(void);
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len); /* NULL */
static inline struct dentry *dentry_get(struct dentry *d)
{
	refcount_get(&d->refcount);
	return d;
}
void dentry_release(struct dentry *d);
static inline void dentry_put(struct dentry *d)
{
	if (refcount_put(&d->refcount))
		dentry_release(d);
}
/* Give d its inode (takes over the reference) and enter it in its parent: found by dentry_lookup from now on. */
void dentry_attach(struct dentry *d, struct inode *i);
struct dentry *dentry_lookup(struct dentry *parent, const char *name, size_t len); /* cached, referenced, or NULL */
/* The same with the hash of kernel/fs/name.h at hand. */
struct dentry *dentry_lookup_hashed(struct dentry *parent, const char *name, size_t len, u32 hash);
void dentry_drop(struct dentry *d); /* unhash: gone from its parent */
/* rename: d takes the place of target (a negative dentry, or the entry it replaces, which is dropped). */
void dentry_move(struct dentry *d, struct dentry *target);
/* Exchange the places of two dentries. */
void dentry_exchange(struct dentry *a, struct dentry *b);
/* Is d the same as or below ancestor? */
bool dentry_is_below(const struct dentry *d, const struct dentry *ancestor);
/* A super block with one reference and no root: -ENOMEM. */
struct super *super_create(const struct fs_type *type, const struct fs_ops *ops);
/* Free one that never got a root. NULL is fine. */
void super_discard(struct super *s);
/* A super's root directory (mode with S_IFDIR) as inode and dentry; the caller sets ops. NULL: no memory. */
struct inode *super_make_root(struct super *s, u32 mode);
static inline void path_get(const struct path *p)
{
	mount_get(p->mount);
	dentry_get(p->dentry);
}
static inline void path_put(const struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mount);
}

/* ---- the task's view: root and working directory, umask (CLONE_FS) ---- */
struct fs_context {
	struct path root, cwd;
	u32 umask;
	u32 refcount;
};
struct fs_context *fs_context_create(const struct path *root); /* NULL: no memory */
struct fs_context *fs_context_copy(const struct fs_context *f);
struct fs_context *fs_context_get(struct fs_context *f);
void fs_context_put(struct fs_context *f);

/* ---- path walk (path_resolution(7)) ---- */
enum walk_flag {
	WALK_NOFOLLOW = 1 << 0,	 /* do not follow a final symlink */
	WALK_DIRECTORY = 1 << 1, /* -ENOTDIR unless it is one */
	WALK_EMPTY = 1 << 2,	 /* AT_EMPTY_PATH: "" is dirfd itself */
	WALK_NO_AUTOMOUNT = 1 << 3,
	WALK_NO_SYMLINKS = 1 << 4, /* openat2 RESOLVE_* */
	WALK_BENEATH = 1 << 5,
	WALK_IN_ROOT = 1 << 6,
	WALK_NO_XDEV = 1 << 7,
	WALK_NO_MAGICLINKS = 1 << 8,
	WALK_REAL_IDS = 1 << 9, /* access(2): real uid and gid */
	WALK_EXPIRY = 1 << 10,	/* umount2 MNT_EXPIRE: a mount on the way is not used by this */
};
/* name: kernel string. *out referenced. -ENOENT -ENOTDIR -EACCES -ELOOP -ENAMETOOLONG -EBADF -ENOMEM. */
int path_walk(int dirfd, const char *name, unsigned int flags, struct path *out);
/* Up to the last component: its directory in *dir (referenced) and its name in last[NAME_LEN_MAX + 1]; *trailing: the name ended in '/'.
 * -EEXIST / -EINVAL / -EBUSY for ".", ".." and "/" are the caller's: last then holds "." or "..", or "" for the root. */
int path_walk_parent(int dirfd, const char *name, struct path *dir, char *last, bool *trailing);
/* A user path into a fresh kmalloc'd buffer: 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. Free with kfree. Empty is allowed. */
int path_from_user(const char __user *p, char **out);
/* Absolute name of p as the current root sees it, into buf: start of the text within buf, or NULL (-ENAMETOOLONG). " (deleted)" is appended when unlinked. */
char *path_name(const struct path *p, char *buf, size_t size);

/* Does p lie below the current root? */
bool path_reachable(const struct path *p);
/* path_walk of a user string. As path_walk, or -EFAULT. */
int path_walk_user(int dirfd, const char __user *name, unsigned int flags, struct path *out);
/* The entry `name` of a directory, positive and referenced, lookups of the file system included; -ENOENT, -ENAMETOOLONG ... No permission check. */
int dir_lookup(struct dentry *dir, const char *name, size_t len, struct dentry **out);
/* Step over mounts that lie on p (replaces the references). */
void path_cross_mounts(struct path *p);

/* ---- changes to directories (dirops.c): the manual page of the call that bears the name rules ---- */
int vfs_mknod(int dirfd, const char *name, u32 mode, u32 rdev); /* mode with S_IFMT; umask applied inside */
int vfs_mkdir(int dirfd, const char *name, u32 mode);
int vfs_symlink(const char *target, int dirfd, const char *name);
int vfs_link(const struct path *old, int dirfd, const char *name);
int vfs_unlink(int dirfd, const char *name);
int vfs_rmdir(int dirfd, const char *name);
int vfs_rename(int old_dirfd, const char *old, int new_dirfd, const char *new, unsigned int flags);
/* Create d (negative, in dir) as a regular file: permissions, setgid rules and umask included. */
int vfs_create(const struct path *dir, struct dentry *d, u32 mode);

/* ---- attributes (attr.c) ---- */
int vfs_chmod(const struct path *p, u32 mode);
int vfs_chown(const struct path *p, u32 uid, u32 gid); /* ~0: leave */
int vfs_truncate(const struct path *p, file_off size);
struct timestamp_request {
	enum { TIME_SET, TIME_NOW, TIME_OMIT } how;
	u64 ns;
};
/* utimensat(2): t[0] the access, t[1] the modification time. */
int vfs_utimes(const struct path *p, const struct timestamp_request t[2]);
/* The size alone, after all checks: RLIMIT_FSIZE, seals, setuid bits. */
int inode_truncate(struct inode *i, file_off size);
/* Clear setuid/setgid as a write or truncate by an unprivileged task must (inode(7)). */
void inode_drop_suid(struct inode *i);
/* relatime: note a read of p's inode. */
void inode_accessed(struct mount *m, struct inode *i, u32 file_flags);
/* -EROFS when the mount p lies on is read-only. */
int path_writable(const struct path *p);
/* Open for writing while a program runs (-ETXTBSY) and back. */
int inode_get_write(struct inode *i);
void inode_put_write(struct inode *i);

/* ---- page-cache I/O for file systems and block devices (rw.c) ---- */
/* Move data between to/from and the page cache of m; size = where the data end. *pos advances. Bytes, -EFAULT, -ENOMEM, -EIO. */
isize mapping_read(struct mapping *m, u64 size, struct uio *to, file_off *pos);
isize mapping_write(struct mapping *m, struct uio *from, file_off *pos);
/* Zero [from, to) where pages are present. */
void mapping_zero(struct mapping *m, u64 from, u64 to);
/* read, write, seek of a regular file whose data are in inode->mapping. */
isize cached_file_read(struct file *f, struct uio *to, file_off *pos);
isize cached_file_write(struct file *f, struct uio *from, file_off *pos);
file_off cached_file_seek(struct file *f, file_off off, int whence);
/* RLIMIT_FSIZE for a write of *n bytes at pos: shortens *n; -EFBIG (and SIGXFSZ) when nothing may be written. */
int file_size_limit(file_off pos, size_t *n);

/* ---- boot ---- */
struct boot_info;
/* Mount the root from the boot image and set up /dev, /proc, /sys, /tmp (each mounted when first looked at); the current task gets a root and
 * working directory. 0 or -errno. Before it: nothing of fs/ may be used, except fs_register, chrdev_register, blkdev_register, devtmpfs_add. */
int fs_init(const struct boot_info *info);

/* open(2): a new file, one reference. mode counts only with O_CREAT / O_TMPFILE. */
int file_open(int dirfd, const char *name, u32 flags, u32 mode, struct file **out);
/* A program that runs may not be written (execve(2), ETXTBSY): write_count below zero counts address spaces and execs in progress. */
static inline int inode_deny_write(struct inode *i)
{
	if (i->write_count > 0)
		return -ETXTBSY;
	i->write_count--;
	return 0;
}
static inline void inode_allow_write(struct inode *i)
{
	i->write_count++;
}
/* A flag of the kernel's own, never from a program: execve(2) needs permission to execute, not to read. */
#define OPEN_EXEC 0x20u
/* The same with WALK_* restrictions of openat2(2). */
int file_open_walk(int dirfd, const char *name, u32 flags, u32 mode, unsigned int walk, struct file **out);
/* The same for a path already walked to. */
int file_open_path(const struct path *p, u32 flags, struct file **out);
/* The same whatever permissions say, and flags that ask for a directory. */
int file_open_unchecked(const struct path *p, u32 flags, struct file **out);
/* open(2), O_DIRECT: for what has its data in the page cache, and disks. */
bool file_may_bypass(const struct file *f);

/* MAY_READ 4, MAY_WRITE 2, MAY_EXEC 1 for the current task's fs ids: 0 or -EACCES / -EROFS. */
#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4
int inode_permission(struct inode *i, int mask);
/* A new inode in dir: the group and setgid rules of inode(7). */
void inode_inherit(struct inode *i, const struct inode *dir);
void inode_touch(struct inode *i, bool mtime); /* ctime, and mtime if so */

/* Fill struct statx from a path; the older stat layouts come from it. */
struct statx;
int path_statx(const struct path *p, struct statx *out);

/* ---- device numbers ---- */
#define DEV(major, minor) (((u32)(major) << 20) | (u32)(minor))
#define DEV_MAJOR(d) ((u32)(d) >> 20)
#define DEV_MINOR(d) ((u32)(d) & 0xfffff)
#define DEV_ANY_MINOR 0xfffffu /* chrdev_register: every minor of the major that has no device of its own */
/* The encoding stat(2) and mknod(2) use: 8 low minor bits, 12 major, 12 high minor bits. */
u64 dev_encode(u32 dev);
u32 dev_decode(u64 dev);
/* Character devices by number; open may set f->ops and private. */
int chrdev_register(u32 dev, const char *name, const struct file_ops *ops, int (*open)(struct inode *i, struct file *f));
int blkdev_register(u32 dev, const char *name, const struct file_ops *ops, int (*open)(struct inode *i, struct file *f), u64 bytes);
/* devtmpfs shows every registered device under its name with mode. */
void devtmpfs_add(const char *name, u32 mode, u32 dev);

#endif
