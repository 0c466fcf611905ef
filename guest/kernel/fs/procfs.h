/*
 * procfs (proc(5)): directories are tables of entries, texts are made when they are read. Only
 * fs/procfs*.c and fs/sysfs.c need more than proc_type.
 */
#ifndef KERNEL_FS_PROCFS_H
#define KERNEL_FS_PROCFS_H

#include "kernel/fs/vfs.h"
#include "kernel/lib/types.h"

struct pid;
struct task;
struct mm;

/* "proc" and "sysfs", for fs_register. */
extern struct fs_type proc_type, sysfs_type;

/* ---- texts ---- */
/* A growing buffer. Once memory is out, everything added is dropped and `failed` is set. */
struct proc_text {
	char *buf;
	size_t len, size;
	bool failed;
};
void proc_printf(struct proc_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void proc_bytes(struct proc_text *t, const void *bytes, size_t n);
/* Room for n bytes at the end, to be claimed by t->len += used; NULL when memory is out. */
void *proc_room(struct proc_text *t, size_t n);
/* Blanks up to column `column` of the line that began at `start`, one at least. */
void proc_pad(struct proc_text *t, size_t start, size_t column);
/* A path with white space and backslashes as \ooo (proc_pid_mounts(5)). */
void proc_escaped(struct proc_text *t, const char *s);
/* The name of p as the caller's root sees it. */
void proc_path(struct proc_text *t, const struct path *p, bool escaped);

/* ---- the tree ---- */
struct proc_entry;

/* What an inode stands for. pid is a counted reference, NULL for what belongs to the system. */
struct proc_node {
	const struct proc_entry *entry;
	struct pid *pid;
	bool thread; /* below task/: one thread, not its process */
	int number;  /* descriptor, CPU */
};

/* A directory whose members are decimal numbers. */
struct proc_numbers {
	/* The least member >= from, -1 when there is none. */
	int (*next)(const struct proc_node *dir, int from);
	/* Fill child (entry; pid with a reference of its own) for member nr: 0 or -ENOENT, -EACCES.
	 */
	int (*find)(const struct proc_node *dir, int nr, struct proc_node *child);
	const char *prefix; /* of the name, "" */
	u32 type;	    /* S_IFDIR, S_IFREG or S_IFLNK */
};

struct proc_entry {
	const char *name; /* NULL ends a table */
	u32 mode;	  /* with S_IFMT */
	/* Files. Only who may look inside the process may open it. */
	bool guarded;
	/* 0 or -errno; may sleep. */
	int (*show)(const struct proc_node *n, struct proc_text *t);
	/* One write(2), NUL-terminated, at most a page: 0 or -errno. Of a process: at most store_max bytes; the rest is not written, or
	 * (store_rest) counts as written. */
	int (*store)(const struct proc_node *n, char *text, size_t len);
	unsigned int store_max;
	bool store_rest;
	/* Files that are no texts: in place of show and store; inode->private is the proc_node. */
	const struct file_ops *file_ops;
	/* Directories */
	const struct proc_entry *children;
	const struct proc_numbers *numbers;
	/* Links: the text, or (follow) where to jump. */
	isize (*readlink)(const struct proc_node *n, char *buf, size_t size);
	int (*follow)(const struct proc_node *n, struct path *out);
};

extern const struct proc_entry proc_root;	    /* procfs_root.c */
extern const struct proc_entry proc_process_dir;    /* procfs_pid.c: /proc/PID */
extern const struct proc_entry proc_thread_dir;	    /* and /proc/PID/task/TID */
extern const struct proc_entry proc_sys_children[]; /* procfs_sys.c */

/* A new file system instance with this root. */
int proc_mount_tree(const struct fs_type *t, const struct proc_entry *root, struct super **out);

/* ---- for the entries of a process ---- */
/* The task n is about, or NULL when it is gone (-ESRCH). Valid until something sleeps. */
struct task *proc_task(const struct proc_node *n);
/* May the current task look inside t (ptrace(2), "Ptrace access mode checking")? 0 or -EACCES. */
int proc_may_inspect(const struct task *t);
/* Its address space with a reference, NULL when it has none. */
struct mm *proc_mm(const struct proc_node *n);

int proc_show_stat(const struct proc_node *n, struct proc_text *t);
int proc_show_status(const struct proc_node *n, struct proc_text *t);
int proc_show_maps(const struct proc_node *n, struct proc_text *t);
int proc_show_smaps(const struct proc_node *n, struct proc_text *t);
int proc_show_mounts(const struct proc_node *n, struct proc_text *t);
int proc_show_mountinfo(const struct proc_node *n, struct proc_text *t);
extern const struct proc_numbers proc_fd_numbers, proc_fdinfo_numbers;
extern const struct file_ops proc_mem_ops; /* procfs_mem.c */

/* CPU time in USER_HZ ticks. */
static inline u64 proc_ticks(u64 ns)
{
	return ns / 10000000;
}
/* CPU time of t's whole process, or of t alone. */
void proc_cpu_time(const struct task *t, bool thread, u64 *user_ns, u64 *kernel_ns);

#endif
