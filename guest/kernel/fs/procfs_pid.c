/* /proc/PID and /proc/PID/task/TID: everything but stat, status, maps and descriptors. */
#include "kernel/fs/procfs.h"

#include <linux/capability.h>
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"

struct task *proc_task(const struct proc_node *n)
{
	return n->pid->task;
}

int proc_may_inspect(const struct task *t)
{
	const struct cred *me = current_cred(), *c = t->cred;
	if (t->process == task_current()->process)
		return 0;
	bool same = me->fsuid == c->uid && me->fsuid == c->euid && me->fsuid == c->suid &&
		    me->fsgid == c->gid && me->fsgid == c->egid && me->fsgid == c->sgid;
	return (same && t->process->dumpable) || capable(CAP_SYS_PTRACE) ? 0 : -EACCES;
}

struct mm *proc_mm(const struct proc_node *n)
{
	struct task *t = proc_task(n);
	return t && t->mm ? mm_get(t->mm) : NULL;
}

/* ---- memory of the process as a text ---- */

/* [start, end) of mm, short where it cannot be read. */
static void show_memory(struct mm *mm, vaddr start, vaddr end, struct proc_text *t)
{
	while (start < end) {
		size_t n = MIN(end - start, PAGE_SIZE);
		void *to = proc_room(t, n);
		size_t got = to ? mm_read(mm, start, to, n) : 0;
		t->len += got;
		start += got;
		if (got < n)
			return;
	}
}

static int show_cmdline(const struct proc_node *n, struct proc_text *t)
{
	struct mm *mm = proc_mm(n);
	if (!mm)
		return 0;
	show_memory(mm, mm->arg_start, mm->arg_end, t);
	mm_put(mm);
	return 0;
}

static int show_environ(const struct proc_node *n, struct proc_text *t)
{
	struct mm *mm = proc_mm(n);
	if (!mm)
		return 0;
	show_memory(mm, mm->env_start, mm->env_end, t);
	mm_put(mm);
	return 0;
}

static int show_auxv(const struct proc_node *n, struct proc_text *t)
{
	const struct mm *mm = proc_task(n)->mm;
	size_t k = 0;
	if (!mm)
		return 0;
	while (k + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[k])
		k += 2;
	proc_bytes(t, mm->auxv, (k + 2) * sizeof(mm->auxv[0]));
	return 0;
}

static int show_statm(const struct proc_node *n, struct proc_text *t)
{
	const struct mm *mm = proc_task(n)->mm;
	if (!mm) {
		proc_printf(t, "0 0 0 0 0 0 0\n");
		return 0;
	}
	u64 shared = 0,
	    text = (ALIGN_UP(mm->code_end, PAGE_SIZE) - ALIGN_DOWN(mm->code_start, PAGE_SIZE)) >>
		   PAGE_SHIFT;
	u64 data = 0;
	for (struct vma *v = vma_find_next((struct mm *)mm, 0); v; v = vma_next(v)) {
		u64 pages = (v->end - v->start) >> PAGE_SHIFT;
		if (v->file && v->flags & VMA_SHARED)
			shared += pages;
		if (!(v->flags & VMA_SHARED) && v->prot & 2)
			data += pages;
	}
	proc_printf(t, "%llu %llu %llu %llu 0 %llu 0\n", (unsigned long long)mm->total_pages,
		    (unsigned long long)mm->rss_pages,
		    (unsigned long long)MIN(shared, mm->rss_pages), (unsigned long long)text,
		    (unsigned long long)data);
	return 0;
}

/* ---- small texts ---- */

static int show_comm(const struct proc_node *n, struct proc_text *t)
{
	proc_printf(t, "%s\n", proc_task(n)->comm);
	return 0;
}

/* proc(5): threads of the same process only. */
static int store_comm(const struct proc_node *n, char *text, size_t len __unused)
{
	struct task *t = proc_task(n);
	if (t->process != task_current()->process)
		return -EINVAL;
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, text, strlen(text));
	return 0;
}

static int show_wchan(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "0"); /* as Linux says without symbols or permission */
	return 0;
}

static int show_cgroup(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "0::/\n"); /* everybody is in the root of the one hierarchy */
	return 0;
}

static int show_oom_score_adj(const struct proc_node *n, struct proc_text *t)
{
	proc_printf(t, "%d\n", proc_task(n)->process->oom_score_adj);
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A number as C writes it, with white space around it: 0, -EINVAL, -ERANGE. */
static int parse_int(const char *s, int *out)
{
	while (is_space(*s))
		s++;
	bool minus = *s == '-';
	s += minus || *s == '+';
	int base = *s != '0' ? 10 : (s[1] | 0x20) == 'x' && digit(s[2]) < 16 ? 16 : 8;
	s64 value = 0;
	if (base == 16)
		s += 2;
	if (digit(*s) >= base)
		return -EINVAL;
	for (; digit(*s) < base; s++)
		value = MIN(value * base + digit(*s), 1ll << 40);
	while (is_space(*s))
		s++;
	if (*s)
		return -EINVAL;
	value = minus ? -value : value;
	*out = (int)value;
	return value == *out ? 0 : -ERANGE;
}

/* proc(5), /proc/pid/oom_score_adj */
static int store_oom_score_adj(const struct proc_node *n, char *text, size_t len __unused)
{
	struct process *p = proc_task(n)->process;
	int value, err = parse_int(text, &value);
	if (err)
		return err;
	if (value < -1000 || value > 1000)
		return -EINVAL;
	if (value < p->oom_score_adj && !capable(CAP_SYS_RESOURCE))
		return -EACCES;
	p->oom_score_adj = value;
	return 0;
}

/* ---- limits ---- */

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = {"Max cpu time", "seconds"},
	[RLIMIT_FSIZE] = {"Max file size", "bytes"},
	[RLIMIT_DATA] = {"Max data size", "bytes"},
	[RLIMIT_STACK] = {"Max stack size", "bytes"},
	[RLIMIT_CORE] = {"Max core file size", "bytes"},
	[RLIMIT_RSS] = {"Max resident set", "bytes"},
	[RLIMIT_NPROC] = {"Max processes", "processes"},
	[RLIMIT_NOFILE] = {"Max open files", "files"},
	[RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
	[RLIMIT_AS] = {"Max address space", "bytes"},
	[RLIMIT_LOCKS] = {"Max file locks", "locks"},
	[RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
	[RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
	[RLIMIT_NICE] = {"Max nice priority", ""},
	[RLIMIT_RTPRIO] = {"Max realtime priority", ""},
	[RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

static void show_limit(struct proc_text *t, u64 value)
{
	if (value == ~0ull)
		proc_printf(t, "%-20s ", "unlimited");
	else
		proc_printf(t, "%-20llu ", (unsigned long long)value);
}

static int show_limits(const struct proc_node *n, struct proc_text *t)
{
	const struct rlimit64 *r = proc_task(n)->process->rlimit;
	proc_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (size_t k = 0; k < RLIM_NLIMITS; k++) {
		proc_printf(t, "%-25s ", limit_names[k].name);
		show_limit(t, r[k].rlim_cur);
		show_limit(t, r[k].rlim_max);
		proc_printf(t, *limit_names[k].unit ? "%-10s\n" : "\n", limit_names[k].unit);
	}
	return 0;
}

/* ---- links ---- */

static int follow_path(const struct path *from, struct path *out)
{
	*out = *from;
	path_get(out);
	return 0;
}

static int follow_exe(const struct proc_node *n, struct path *out)
{
	const struct task *t = proc_task(n);
	if (!t || !t->mm || !t->mm->exe)
		return -ENOENT;
	int err = proc_may_inspect(t);
	return err ? err : follow_path(&t->mm->exe->path, out);
}

static int follow_cwd(const struct proc_node *n, struct path *out)
{
	const struct task *t = proc_task(n);
	if (!t || !t->fs)
		return -ENOENT;
	int err = proc_may_inspect(t);
	return err ? err : follow_path(&t->fs->cwd, out);
}

static int follow_root(const struct proc_node *n, struct path *out)
{
	const struct task *t = proc_task(n);
	if (!t || !t->fs)
		return -ENOENT;
	int err = proc_may_inspect(t);
	return err ? err : follow_path(&t->fs->root, out);
}

/* ---- task/ ---- */

static int next_thread(const struct proc_node *dir, int from)
{
	const struct task *t = proc_task(dir);
	int best = -1;
	struct task *it;
	if (!t)
		return -1;
	list_for_each (it, &t->process->threads, thread_link) {
		int tid = task_tid(it);
		if (tid >= from && (best < 0 || tid < best))
			best = tid;
	}
	return best;
}

static int find_thread(const struct proc_node *dir, int nr, struct proc_node *child)
{
	const struct task *leader = proc_task(dir), *t = task_find(nr);
	if (!leader || !t || t->process != leader->process)
		return -ENOENT;
	child->entry = &proc_thread_dir;
	child->thread = true;
	child->pid = pid_get(t->pid);
	return 0;
}

static const struct proc_numbers thread_numbers = {
	.next = next_thread, .find = find_thread, .prefix = "", .type = S_IFDIR};

/* ---- the tables ---- */

#define FILE_ENTRY(n, m, s)                                                                        \
	{                                                                                          \
		.name = n, .mode = S_IFREG | (m), .show = s                                        \
	}
#define GUARDED_ENTRY(n, m, s)                                                                     \
	{                                                                                          \
		.name = n, .mode = S_IFREG | (m), .show = s, .guarded = true                       \
	}
#define LINK_ENTRY(n, f)                                                                           \
	{                                                                                          \
		.name = n, .mode = S_IFLNK | 0777, .follow = f                                     \
	}
/* What a process and each of its threads have alike. */
#define COMMON_ENTRIES                                                                             \
	{.name = "fd", .mode = S_IFDIR | 0500, .numbers = &proc_fd_numbers},                       \
		{.name = "fdinfo", .mode = S_IFDIR | 0555, .numbers = &proc_fdinfo_numbers},       \
		GUARDED_ENTRY("environ", 0400, show_environ),                                      \
		GUARDED_ENTRY("auxv", 0400, show_auxv),                                            \
		FILE_ENTRY("status", 0444, proc_show_status),                                      \
		FILE_ENTRY("limits", 0444, show_limits),                                           \
		{.name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .store = store_comm, \
		 .store_max = sizeof(((struct task *)0)->comm) - 1, .store_rest = true},           \
		FILE_ENTRY("cmdline", 0444, show_cmdline),                                         \
		FILE_ENTRY("stat", 0444, proc_show_stat), FILE_ENTRY("statm", 0444, show_statm),   \
		GUARDED_ENTRY("maps", 0444, proc_show_maps),                                       \
		{.name = "mem", .mode = S_IFREG | 0600, .guarded = true, .file_ops = &proc_mem_ops}, \
		GUARDED_ENTRY("smaps", 0444, proc_show_smaps), LINK_ENTRY("cwd", follow_cwd),      \
		LINK_ENTRY("root", follow_root), LINK_ENTRY("exe", follow_exe),                    \
		FILE_ENTRY("mounts", 0444, proc_show_mounts),                                      \
		FILE_ENTRY("mountinfo", 0444, proc_show_mountinfo),                                \
		FILE_ENTRY("wchan", 0444, show_wchan), FILE_ENTRY("cgroup", 0444, show_cgroup),    \
	{                                                                                          \
		.name = "oom_score_adj", .mode = S_IFREG | 0644, .show = show_oom_score_adj,       \
		.store = store_oom_score_adj, .store_max = 12                                      \
	}

static const struct proc_entry process_children[] = {
	{.name = "task", .mode = S_IFDIR | 0555, .numbers = &thread_numbers},
	COMMON_ENTRIES,
	{.name = NULL}};
static const struct proc_entry thread_children[] = {COMMON_ENTRIES, {.name = NULL}};

const struct proc_entry proc_process_dir = {
	.name = "", .mode = S_IFDIR | 0555, .children = process_children};
const struct proc_entry proc_thread_dir = {
	.name = "", .mode = S_IFDIR | 0555, .children = thread_children};
