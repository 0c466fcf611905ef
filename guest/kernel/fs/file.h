/* Open files and descriptor tables. */
#ifndef KERNEL_FS_FILE_H
#define KERNEL_FS_FILE_H

#include <linux/fcntl.h>
#include "kernel/fs/uio.h"
#include "kernel/lib/list.h"
#include "kernel/lib/refcount.h"
#include "kernel/lib/types.h"
#include "kernel/task/task.h"
#include "kernel/task/wait.h"

struct inode;
struct dentry;
struct mount;
struct file;
struct vma;
struct poll_table;
struct dir_emit;

struct path {
	struct mount *mount;
	struct dentry *dentry;
};

/*
 * What an open file can do. A NULL member answers as noted. All may sleep unless noted; offsets in bytes; results >= 0 or -errno.
 * f->flags & O_NONBLOCK is honoured by read and write (-EAGAIN).
 */
struct file_ops {
	/* Move data at *pos and advance *pos; pos is &f->pos for read(2), a local for pread(2), NULL for streams. NULL: -EINVAL. */
	isize (*read)(struct file *f, struct uio *to, file_off *pos);
	isize (*write)(struct file *f, struct uio *from, file_off *pos);
	/* Each segment of a writev(2) is a write of its own, and there are no RWF_* flags. */
	bool segments_apart;
	/* splice(2) and sendfile(2) take nothing from it (EINVAL), nor, with this or segments_apart, give it anything. */
	bool no_splice_read, no_splice_write;
	/* O_ASYNC means something. */
	bool sends_sigio;
	/* NULL: -ESPIPE. */
	file_off (*seek)(struct file *f, file_off off, int whence);
	/* Events ready now (EPOLL*); registers waiters with poll_wait. NULL: always readable and writable. Must not sleep. */
	u32 (*poll)(struct file *f, struct poll_table *pt);
	/* NULL: -ENOTTY. */
	long (*ioctl)(struct file *f, unsigned int cmd, unsigned long arg);
	/* Check and prepare a mapping (v filled in). NULL: -ENODEV. */
	int (*mmap)(struct file *f, struct vma *v);
	/* Fault of a page with no page cache behind it (devices). NULL: through inode->mapping. */
	int (*fsync)(struct file *f, bool data_only);
	/* Every entry from *pos on until emit says stop. NULL: -ENOTDIR. */
	int (*readdir)(struct file *f, struct dir_emit *emit);
	/* Last descriptor of this file in one table closed (close(2): its errors), and last reference gone. */
	int (*flush)(struct file *f);
	void (*release)(struct file *f);
	int (*fallocate)(struct file *f, int mode, file_off off, file_off len);
	/* /proc/PID/fdinfo lines; optional */
	void (*show_fdinfo)(struct file *f, char *buf, size_t size);
};

struct file {
	const struct file_ops *ops;
	struct path path;     /* referenced */
	struct inode *inode;  /* = path.dentry's inode */
	u32 flags;	      /* O_* status and access mode */
	u32 refcount;
	file_off pos;
	void *private;
	struct list epoll_items; /* epoll watches on this file: released with it */
	bool write_counted;	 /* counts in inode->write_count */
	struct { int type, pid, sig; u32 uid, euid; } owner; /* F_SETOWN; ids of who called it */
};

#define FILE_READABLE(f) (!((f)->flags & O_WRONLY)) /* access mode 3 is neither: open(2), NOTES */
#define FILE_WRITABLE(f) ((((f)->flags + 1) & O_RDWR) != 0)

static inline struct file *file_get(struct file *f)
{
	refcount_get(&f->refcount);
	return f;
}
void file_release(struct file *f);
/* epoll.c: the last reference to a watched file goes: forget its watches. */
void epoll_file_release(struct file *f);
/* Drop a reference; the last one releases. */
static inline void file_put(struct file *f)
{
	if (refcount_put(&f->refcount))
		file_release(f);
}
/* A file without path or inode yet, one reference; NULL when there is no memory. */
struct file *file_alloc(const struct file_ops *ops, u32 flags);
/* Move data as read(2) / write(2) do: access mode, op and result checked; pos as in file_ops. */
isize file_read(struct file *f, struct uio *to, file_off *pos);
isize file_write(struct file *f, struct uio *from, file_off *pos);
/* The same for pipes and memfd: inode (reference taken over) and a printable name. */
int file_create_inode(const char *name, struct inode *i, const struct file_ops *ops, u32 flags, struct file **out);
struct inode *anon_inode_create(u32 mode);
/* A file with no name in any directory ("anon_inode:[name]"): 0 or -ENOMEM / -ENFILE. *out has one reference. */
int file_create_anon(const char *name, const struct file_ops *ops, void *private, u32 flags, struct file **out);

/* Read/write into kernel memory at pos: bytes or -errno. */
isize file_read_at(struct file *f, void *buf, size_t n, file_off pos);
isize file_write_at(struct file *f, const void *buf, size_t n, file_off pos);

/* ---- descriptor tables ---- */
#define FD_INLINE 64
/* fs.nr_open: no table grows beyond, whatever RLIMIT_NOFILE says. */
#define FD_TABLE_MAX (1u << 20)
struct fd_table {
	u32 refcount;
	u32 capacity;	     /* slots, a multiple of 64 */
	u32 first_free;	     /* no free slot below */
	struct file **files; /* NULL: free, or reserved when its bit in open is set */
	u64 *open, *cloexec;
	struct file *inline_files[FD_INLINE];
	u64 inline_open, inline_cloexec;
};
struct fd_table *fd_table_create(void);
struct fd_table *fd_table_copy(struct fd_table *t); /* NULL: no memory */
struct fd_table *fd_table_get(struct fd_table *t);
/* Drop; the last one closes all. */
void fd_table_put(struct fd_table *t);
void fd_table_close_on_exec(struct fd_table *t);
/* The file at fd of the current task with a reference, or NULL (EBADF). O_PATH files only from fd_get_path. */
static inline struct file *fd_get_path(int fd)
{
	struct fd_table *t = task_current()->files;
	if ((u32)fd >= t->capacity || !t->files[fd])
		return NULL;
	return file_get(t->files[fd]);
}
static inline struct file *fd_get(int fd)
{
	struct fd_table *t = task_current()->files;
	if ((u32)fd >= t->capacity)
		return NULL;
	struct file *f = t->files[fd];
	if (!f || f->flags & O_PATH)
		return NULL;
	return file_get(f);
}
/* Lowest free descriptor >= from for the current task, reserved; -EMFILE, -ENOMEM, -EINVAL. */
int fd_reserve(int from, bool cloexec);
void fd_unreserve(int fd);
/* Put f (takes over the caller's reference) into a reserved slot. */
void fd_install(int fd, struct file *f);
/* reserve + install: the descriptor or -errno (then f's reference is still the caller's). */
int fd_add(struct file *f, bool cloexec);
/* close(2) */
int fd_close(int fd);
/* dup3(2) without its decoding: f (a reference is taken) at exactly fd, what was there is closed. -EBADF, -EBUSY, -ENOMEM. */
int fd_replace(struct file *f, int fd, bool cloexec);
/* FD_CLOEXEC of an open descriptor of the current task: -EBADF when it is not open. */
int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool on);
/* close_range(2) */
int fd_close_range(unsigned int first, unsigned int last, unsigned int flags);

/* ---- locks (lock.c): fcntl_locking(2), flock(2) ---- */
struct flock;
/* cmd: F_GETLK, F_SETLK, F_SETLKW or their F_OFD_ forms. */
int file_posix_lock(struct file *f, int cmd, struct flock *l);
int file_flock(struct file *f, int operation);
/* A table closed a descriptor of f: its POSIX locks on the inode go. */
void locks_close(struct file *f, struct fd_table *t);
/* The last reference to f goes: flock and OFD locks. */
void locks_release(struct file *f);
/* For each open fd of a table: fn(ctx, fd, file, cloexec); stops when it answers non-zero and answers that. */
int fd_for_each(struct fd_table *t, int (*fn)(void *ctx, int fd, struct file *f, bool cloexec), void *ctx);
/* fd of another task's table (procfs): with a reference or NULL. */
struct file *fd_table_lookup(struct fd_table *t, int fd);

/* ---- poll ---- */
struct poll_table {
	/* NULL: only the state is asked. */
	void (*queue)(struct poll_table *pt, struct waitq *q);
};
/* Called by file_ops.poll for each queue whose wakeups may change the answer. */
static inline void poll_wait(struct poll_table *pt, struct waitq *q)
{
	if (pt && pt->queue)
		pt->queue(pt, q);
}
/* The file's ready events. */
u32 file_poll(struct file *f, struct poll_table *pt);

/* ---- directories ---- */
struct dir_emit {
	/* One entry; off is the position after it (readdir cookie). False: buffer full, stop (and come again with the same entry). */
	bool (*emit)(struct dir_emit *e, const char *name, size_t len, u64 ino, unsigned int d_type, file_off off);
};

#endif
