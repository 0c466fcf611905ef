/* /proc/PID/fd and fdinfo: proc_pid_fd(5), proc_pid_fdinfo(5). */
#include <linux/capability.h>
#include "kernel/fs/procfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

struct fd_search {
	int from, found;
	bool cloexec;
};

static int at_least(void *ctx, int fd, struct file *f, bool cloexec)
{
	struct fd_search *s = ctx;
	(void)f;
	if (fd < s->from)
		return 0;
	s->found = fd;
	s->cloexec = cloexec;
	return 1;
}

static int next_fd(const struct proc_node *dir, int from)
{
	const struct task *t = proc_task(dir);
	struct fd_search s = {.from = from, .found = -1};
	if (!t || !t->files || proc_may_inspect(t))
		return -1;
	fd_for_each(t->files, at_least, &s);
	return s.found;
}

/* The open file of n: 0 with a reference, -ENOENT when it is closed by now. */
static int fd_file(const struct proc_node *n, struct file **out)
{
	const struct task *t = proc_task(n);
	if (!t || !t->files)
		return -ENOENT;
	int err = proc_may_inspect(t);
	if (err)
		return err;
	*out = fd_table_lookup(t->files, n->number);
	return *out ? 0 : -ENOENT;
}

static int follow_fd(const struct proc_node *n, struct path *out)
{
	struct file *f;
	int err = fd_file(n, &f);
	if (err)
		return err;
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

static int show_fdinfo(const struct proc_node *n, struct proc_text *t)
{
	struct file *f;
	struct fd_search s = {.from = n->number, .found = -1};
	int err = fd_file(n, &f);
	if (err)
		return err;
	fd_for_each(proc_task(n)->files, at_least, &s);
	proc_printf(t, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%llu\n", (long long)f->pos,
		    f->flags | (s.cloexec ? O_CLOEXEC : 0), f->path.mount ? f->path.mount->id : 0,
		    (unsigned long long)f->inode->ino);
	char *more = f->ops->show_fdinfo ? kzalloc(PAGE_SIZE) : NULL;
	if (more) {
		f->ops->show_fdinfo(f, more, PAGE_SIZE);
		proc_bytes(t, more, strnlen(more, PAGE_SIZE));
		kfree(more);
	}
	file_put(f);
	return 0;
}

/* The link's permissions say how the descriptor may be used. */
static const struct proc_entry fd_links[] = {
	{.name = "", .mode = S_IFLNK | 0500, .follow = follow_fd},
	{.name = "", .mode = S_IFLNK | 0300, .follow = follow_fd},
	{.name = "", .mode = S_IFLNK | 0700, .follow = follow_fd},
};
static const struct proc_entry fdinfo_entry = {
	.name = "", .mode = S_IFREG | 0444, .show = show_fdinfo};

static int find_member(const struct proc_node *dir, int nr, struct proc_node *child, bool info)
{
	struct file *f;
	struct proc_node probe = {.pid = dir->pid, .number = nr};
	int err = fd_file(&probe, &f);
	if (err)
		return err;
	unsigned int way = f->flags & O_PATH ? 0 : MIN(f->flags & O_ACCMODE, 2u);
	file_put(f);
	child->entry = info ? &fdinfo_entry : &fd_links[way];
	child->pid = pid_get(dir->pid);
	return 0;
}

static int find_fd(const struct proc_node *dir, int nr, struct proc_node *child)
{
	return find_member(dir, nr, child, false);
}

static int find_fdinfo(const struct proc_node *dir, int nr, struct proc_node *child)
{
	return find_member(dir, nr, child, true);
}

const struct proc_numbers proc_fd_numbers = {
	.next = next_fd, .find = find_fd, .prefix = "", .type = S_IFLNK};
const struct proc_numbers proc_fdinfo_numbers = {
	.next = next_fd, .find = find_fdinfo, .prefix = "", .type = S_IFREG};
