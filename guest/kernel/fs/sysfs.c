/* A small sysfs (sysfs(5)): the processors, where the C libraries count them. */
#include <linux/magic.h>
#include "kernel/fs/procfs.h"
#include "kernel/task/sched.h"

/* "0" or "0-3" */
static int show_cpus(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, cpu_count > 1 ? "0-%u\n" : "0\n", cpu_count - 1);
	return 0;
}

static int show_kernel_max(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	proc_printf(t, "%d\n", MAX_CPUS - 1);
	return 0;
}

static int next_cpu(const struct proc_node *dir, int from)
{
	(void)dir;
	return (unsigned int)from < cpu_count ? from : -1;
}

static const struct proc_entry cpu_entry = {.name = "", .mode = S_IFDIR | 0755};

static int find_cpu(const struct proc_node *dir, int nr, struct proc_node *child)
{
	if (next_cpu(dir, nr) < 0)
		return -ENOENT;
	child->entry = &cpu_entry;
	return 0;
}

static const struct proc_numbers cpu_numbers = {
	.next = next_cpu, .find = find_cpu, .prefix = "cpu", .type = S_IFDIR};

#define DIR_ENTRY(n, c)                                                                            \
	{                                                                                          \
		.name = n, .mode = S_IFDIR | 0755, .children = c                                   \
	}
#define FILE_ENTRY(n, s)                                                                           \
	{                                                                                          \
		.name = n, .mode = S_IFREG | 0444, .show = s                                       \
	}

static const struct proc_entry cpu_children[] = {
	FILE_ENTRY("kernel_max", show_kernel_max),
	FILE_ENTRY("online", show_cpus),
	FILE_ENTRY("possible", show_cpus),
	FILE_ENTRY("present", show_cpus),
	{.name = NULL},
};
static const struct proc_entry system_children[] = {
	{.name = "cpu", .mode = S_IFDIR | 0755, .children = cpu_children, .numbers = &cpu_numbers},
	{.name = NULL},
};
static const struct proc_entry devices_children[] = {DIR_ENTRY("system", system_children),
						     {.name = NULL}};
static const struct proc_entry sys_children[] = {DIR_ENTRY("devices", devices_children),
						 {.name = NULL}};
static const struct proc_entry sys_root = {
	.name = "", .mode = S_IFDIR | 0555, .children = sys_children};

static int sysfs_mount(const struct fs_type *t, const char *source, unsigned long flags,
		       const char *data, struct super **out)
{
	(void)source, (void)flags, (void)data;
	return proc_mount_tree(t, &sys_root, out);
}

struct fs_type sysfs_type = {
	.name = "sysfs", .no_dev = true, .magic = SYSFS_MAGIC, .mount = sysfs_mount};
