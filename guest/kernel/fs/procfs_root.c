/* /proc itself: processes by number, and what concerns the whole system. */
#include "kernel/fs/procfs.h"

#include "kernel/fs/device.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/pid.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/uts.h"

typedef unsigned long long ull;

/* ---- processes ---- */

static int next_process(const struct proc_node *dir, int from)
{
	const struct process *p = process_next(MAX(from, 1));
	(void)dir;
	return p ? p->pid->nr : -1;
}

/* As on Linux a thread's directory can be opened by its number too, though it is not listed. */
static int find_process(const struct proc_node *dir, int nr, struct proc_node *child)
{
	const struct task *t = task_find(nr);
	(void)dir;
	if (!t)
		return -ENOENT;
	child->entry = &proc_process_dir;
	child->pid = pid_get(t->pid);
	return 0;
}

static const struct proc_numbers process_numbers = {
	.next = next_process, .find = find_process, .prefix = "", .type = S_IFDIR};

static isize link_text(char *buf, size_t size, const char *text)
{
	size_t n = MIN(strlen(text), size);
	memcpy(buf, text, n);
	return (isize)n;
}

static isize self_link(const struct proc_node *n, char *buf, size_t size)
{
	char text[16];
	(void)n;
	ksnprintf(text, sizeof(text), "%d", task_tgid(task_current()));
	return link_text(buf, size, text);
}

static isize thread_self_link(const struct proc_node *n, char *buf, size_t size)
{
	char text[40];
	(void)n;
	ksnprintf(text, sizeof(text), "%d/task/%d", task_tgid(task_current()),
		  task_tid(task_current()));
	return link_text(buf, size, text);
}

static isize mounts_link(const struct proc_node *n, char *buf, size_t size)
{
	(void)n;
	return link_text(buf, size, "self/mounts");
}

/* ---- memory ---- */

static int show_meminfo(const struct proc_node *n, struct proc_text *t)
{
	struct page_counts c;
	(void)n;
	page_counts(&c);
	const struct {
		const char *name;
		u64 pages;
	} lines[] = {{"MemTotal:", c.total}, {"MemFree:", c.free},   {"MemAvailable:", c.free},
		     {"Buffers:", 0},	     {"Cached:", c.cache},   {"SwapCached:", 0},
		     {"SwapTotal:", 0},	     {"SwapFree:", 0},	     {"Dirty:", 0},
		     {"Writeback:", 0},	     {"Shmem:", c.cache},    {"Slab:", c.slab},
		     {"SReclaimable:", 0},   {"SUnreclaim:", c.slab}};
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
		proc_printf(t, "%-15s %8llu kB\n", lines[k].name,
			    (ull)lines[k].pages << (PAGE_SHIFT - 10));
	return 0;
}

static void show_slab(void *ctx, const struct slab_cache *c)
{
	u32 per_slab = (u32)(PAGE_SIZE / MAX(c->size, 1ul));
	proc_printf(
		ctx,
		"%-17s %6llu %6llu %6lu %4u %4d : tunables    0    0    0 : slabdata %6d %6d %6d\n",
		c->name, (ull)c->objects, (ull)c->objects, c->size, MAX(per_slab, 1u), 1, 0, 0, 0);
}

static int show_slabinfo(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
		       "<objsize> <objperslab> "
		       "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		       "<active_slabs> "
		       "<num_slabs> <sharedavail>\n");
	slab_for_each(show_slab, t);
	return 0;
}

static int show_swaps(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

/* ---- time and load ---- */

static void count_states(void *ctx, struct task *t)
{
	if (t->state == TASK_UNINTERRUPTIBLE)
		++*(u32 *)ctx;
}

static void show_cpu_line(struct proc_text *t, u64 user, u64 kernel, u64 idle)
{
	proc_printf(t, " %llu 0 %llu %llu 0 0 0 0 0 0\n", (ull)proc_ticks(user),
		    (ull)proc_ticks(kernel), (ull)proc_ticks(idle));
}

static int show_stat(const struct proc_node *n, struct proc_text *t)
{
	u64 user = 0, kernel = 0, idle = 0, switches = 0, interrupts = 0;
	u32 blocked = 0;
	(void)n;
	for (unsigned int k = 0; k < cpu_count; k++) {
		user += cpu_table[k].user_ns;
		kernel += cpu_table[k].kernel_ns;
		idle += cpu_table[k].idle_ns;
		switches += cpu_table[k].switches;
		interrupts += cpu_table[k].interrupts;
	}
	proc_printf(t, "cpu ");
	show_cpu_line(t, user, kernel, idle);
	for (unsigned int k = 0; k < cpu_count; k++) {
		proc_printf(t, "cpu%u", k);
		show_cpu_line(t, cpu_table[k].user_ns, cpu_table[k].kernel_ns,
			      cpu_table[k].idle_ns);
	}
	task_for_each(count_states, &blocked);
	u64 boot_ns = clock_realtime_ns() - clock_monotonic_ns();
	proc_printf(t,
		    "intr %llu\nctxt %llu\nbtime %llu\nprocesses %d\nprocs_running "
		    "%u\nprocs_blocked %u\n",
		    (ull)interrupts, (ull)switches, (ull)(boot_ns / NSEC_PER_SEC), pid_last_used(),
		    sched_runnable(), blocked);
	return 0;
}

static void show_seconds(struct proc_text *t, u64 ns)
{
	proc_printf(t, "%llu.%02llu", (ull)(ns / NSEC_PER_SEC),
		    (ull)(ns % NSEC_PER_SEC / 10000000));
}

static int show_uptime(const struct proc_node *n, struct proc_text *t)
{
	u64 idle = 0;
	(void)n;
	for (unsigned int k = 0; k < cpu_count; k++)
		idle += cpu_table[k].idle_ns;
	show_seconds(t, clock_monotonic_ns());
	proc_printf(t, " ");
	show_seconds(t, idle);
	proc_printf(t, "\n");
	return 0;
}

static int show_loadavg(const struct proc_node *n, struct proc_text *t)
{
	u64 load[3];
	(void)n;
	sched_load(load);
	for (int k = 0; k < 3; k++)
		proc_printf(t, "%llu.%02llu ", (ull)load[k] >> 16,
			    (ull)((load[k] & 0xffff) * 100 >> 16));
	proc_printf(t, "%u/%u %d\n", sched_runnable(), task_count(), pid_last_used());
	return 0;
}

/* ---- the machine ---- */

static int show_version(const struct proc_node *n, struct proc_text *t)
{
	const struct new_utsname *u = uts_names();
	(void)n;
	proc_printf(t, "%s version %s (mote) (gcc %d.%d.%d) %s\n", u->sysname, u->release, __GNUC__,
		    __GNUC_MINOR__, __GNUC_PATCHLEVEL__, u->version);
	return 0;
}

static int show_cpuinfo(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	for (unsigned int k = 0; k < cpu_count; k++) {
		char *to = proc_room(t, PAGE_SIZE);
		if (!to)
			break;
		t->len += (size_t)arch_cpu_describe(k, to, PAGE_SIZE);
	}
	return 0;
}

static int show_cmdline(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "\n"); /* the VMM passes no command line */
	return 0;
}

static int show_filesystems(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	for (const struct fs_type *f = fs_type_first(); f; f = f->next)
		proc_printf(t, "%s\t%s\n", f->no_dev ? "nodev" : "", f->name);
	return 0;
}

/* Devices of one kind; a major number is named once. */
struct device_list {
	struct proc_text *text;
	bool block;
	u64 seen[64]; /* bit map of majors */
};

static void show_device(void *ctx, bool block, u32 major, const char *name)
{
	struct device_list *l = ctx;
	if (block != l->block || major >= 4096 || l->seen[major / 64] >> (major % 64) & 1)
		return;
	l->seen[major / 64] |= 1ull << (major % 64);
	proc_printf(l->text, "%3u %s\n", major, name);
}

static int show_devices(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	devices_make_ready();
	for (int block = 0; block < 2; block++) {
		struct device_list l = {.text = t, .block = block};
		proc_printf(t, block ? "\nBlock devices:\n" : "Character devices:\n");
		device_for_each(show_device, &l);
	}
	return 0;
}

/* The head comes with the first disk: without one the file is empty, as Linux's. */
static void show_partition(void *ctx, u32 dev, const char *name, u64 bytes)
{
	struct proc_text *t = ctx;

	if (!t->len)
		proc_printf(t, "major minor  #blocks  name\n\n");
	proc_printf(t, "%4u  %7u %10llu %s\n", DEV_MAJOR(dev), DEV_MINOR(dev), (ull)bytes >> 10,
		    name);
}

static int show_partitions(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	devices_make_ready();
	blkdev_for_each(show_partition, t);
	return 0;
}

/* Linux's Documentation/admin-guide/sysrq.rst: c crashes the kernel; a key that is not known lists those that are. */
static int store_sysrq(const struct proc_node *n, char *text, size_t len)
{
	(void)n;
	if (len && *text == 'c')
		panic("sysrq triggered crash");
	klog("sysrq: HELP : crash(c)\n");
	return 0;
}

#define FILE_ENTRY(n, m, s)                                                                        \
	{                                                                                          \
		.name = n, .mode = S_IFREG | (m), .show = s                                        \
	}

static const struct proc_entry root_children[] = {
	{.name = "self", .mode = S_IFLNK | 0777, .readlink = self_link},
	{.name = "thread-self", .mode = S_IFLNK | 0777, .readlink = thread_self_link},
	FILE_ENTRY("cmdline", 0444, show_cmdline),
	FILE_ENTRY("cpuinfo", 0444, show_cpuinfo),
	FILE_ENTRY("devices", 0444, show_devices),
	FILE_ENTRY("filesystems", 0444, show_filesystems),
	FILE_ENTRY("loadavg", 0444, show_loadavg),
	FILE_ENTRY("meminfo", 0444, show_meminfo),
	{.name = "mounts", .mode = S_IFLNK | 0777, .readlink = mounts_link},
	FILE_ENTRY("partitions", 0444, show_partitions),
	FILE_ENTRY("slabinfo", 0400, show_slabinfo),
	FILE_ENTRY("stat", 0444, show_stat),
	FILE_ENTRY("swaps", 0444, show_swaps),
	{.name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_children},
	{.name = "sysrq-trigger", .mode = S_IFREG | 0200, .store = store_sysrq},
	FILE_ENTRY("uptime", 0444, show_uptime),
	FILE_ENTRY("version", 0444, show_version),
	{.name = NULL},
};

const struct proc_entry proc_root = {
	.name = "", .mode = S_IFDIR | 0555, .children = root_children, .numbers = &process_numbers};
