/* /proc/sys: proc_sys_kernel(5), proc_sys_fs(5), proc_sys_vm(5). Only what this kernel has. */
#include <linux/capability.h>
#include "kernel/fs/pipe.h"
#include "kernel/fs/procfs.h"
#include "kernel/lib/random.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/vma.h"
#include "kernel/task/pid.h"
#include "kernel/task/task.h"
#include "kernel/uts.h"

/* ---- names ---- */

static int show_line(struct proc_text *t, const char *s)
{
	proc_printf(t, "%s\n", s);
	return 0;
}

static int show_hostname(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	return show_line(t, uts_names()->nodename);
}

static int show_domainname(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	return show_line(t, uts_names()->domainname);
}

static int show_ostype(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	return show_line(t, uts_names()->sysname);
}

static int show_osrelease(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	return show_line(t, uts_names()->release);
}

static int show_version(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	return show_line(t, uts_names()->version);
}

/* The text up to the first newline; longer ones are cut, as Linux does. */
static size_t name_length(const char *text)
{
	const char *end = strchr(text, '\n');
	size_t n = end ? (size_t)(end - text) : strlen(text);
	return MIN(n, (size_t)__NEW_UTS_LEN);
}

static int store_hostname(const struct proc_node *n, char *text, size_t len)
{
	(void)n, (void)len;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return uts_set_nodename(text, name_length(text));
}

static int store_domainname(const struct proc_node *n, char *text, size_t len)
{
	(void)n, (void)len;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return uts_set_domainname(text, name_length(text));
}

/* ---- numbers ---- */

static int show_number(struct proc_text *t, u64 v)
{
	proc_printf(t, "%llu\n", (unsigned long long)v);
	return 0;
}

#define NUMBER(name, value)                                                                        \
	static int show_##name(const struct proc_node *n, struct proc_text *t)                     \
	{                                                                                          \
		(void)n;                                                                           \
		return show_number(t, value);                                                      \
	}

static u64 total_pages(void)
{
	struct page_counts c;
	page_counts(&c);
	return c.total;
}

NUMBER(pid_max, PID_MAX)
NUMBER(threads_max, PID_MAX - 1) /* ids are the only bound */
NUMBER(ngroups_max, CRED_GROUPS)
NUMBER(cap_last_cap, CAP_LAST_CAP)
NUMBER(overflow_id, 65534)
NUMBER(entropy_avail, 256)   /* random(4): the generator is always seeded fully */
NUMBER(overcommit_memory, 1) /* mappings are never refused for lack of memory */
NUMBER(overcommit_ratio, 50)
NUMBER(max_map_count, MAX_MAP_COUNT)
NUMBER(mmap_min_addr, MMAP_MIN_ADDR)
NUMBER(file_max, total_pages() * PAGE_SIZE / sizeof(struct file)) /* memory is the only bound */
NUMBER(nr_open, FD_TABLE_MAX)
NUMBER(pipe_max_size, PIPE_SIZE_MAX)

/* ---- random ---- */

/* RFC 4122, section 4.4: version 4. */
static int show_uuid_of(struct proc_text *t, const u8 *b)
{
	for (int k = 0; k < 16; k++) {
		u8 v = b[k];
		if (k == 6)
			v = (v & 0x0f) | 0x40;
		if (k == 8)
			v = (v & 0x3f) | 0x80;
		proc_printf(t, "%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", v);
	}
	proc_printf(t, "\n");
	return 0;
}

static int show_uuid(const struct proc_node *n, struct proc_text *t)
{
	u8 b[16];
	(void)n;
	random_bytes(b, sizeof(b));
	return show_uuid_of(t, b);
}

static int show_boot_id(const struct proc_node *n, struct proc_text *t)
{
	static u8 id[16];
	static bool made;
	(void)n;
	if (!made)
		random_bytes(id, sizeof(id));
	made = true;
	return show_uuid_of(t, id);
}

/* ---- the tables ---- */

#define FILE_ENTRY(n, s)                                                                           \
	{                                                                                          \
		.name = n, .mode = S_IFREG | 0444, .show = s                                       \
	}
#define DIR_ENTRY(n, c)                                                                            \
	{                                                                                          \
		.name = n, .mode = S_IFDIR | 0555, .children = c                                   \
	}

static const struct proc_entry random_children[] = {
	FILE_ENTRY("boot_id", show_boot_id),
	FILE_ENTRY("entropy_avail", show_entropy_avail),
	FILE_ENTRY("poolsize", show_entropy_avail),
	FILE_ENTRY("uuid", show_uuid),
	{.name = NULL},
};

static const struct proc_entry kernel_children[] = {
	FILE_ENTRY("cap_last_cap", show_cap_last_cap),
	{.name = "domainname",
	 .mode = S_IFREG | 0644,
	 .show = show_domainname,
	 .store = store_domainname},
	{.name = "hostname",
	 .mode = S_IFREG | 0644,
	 .show = show_hostname,
	 .store = store_hostname},
	FILE_ENTRY("ngroups_max", show_ngroups_max),
	FILE_ENTRY("osrelease", show_osrelease),
	FILE_ENTRY("ostype", show_ostype),
	FILE_ENTRY("overflowgid", show_overflow_id),
	FILE_ENTRY("overflowuid", show_overflow_id),
	FILE_ENTRY("pid_max", show_pid_max),
	DIR_ENTRY("random", random_children),
	FILE_ENTRY("threads-max", show_threads_max),
	FILE_ENTRY("version", show_version),
	{.name = NULL},
};

static const struct proc_entry fs_children[] = {
	FILE_ENTRY("file-max", show_file_max),
	FILE_ENTRY("nr_open", show_nr_open),
	FILE_ENTRY("pipe-max-size", show_pipe_max_size),
	{.name = NULL},
};

static const struct proc_entry vm_children[] = {
	FILE_ENTRY("max_map_count", show_max_map_count),
	FILE_ENTRY("mmap_min_addr", show_mmap_min_addr),
	FILE_ENTRY("overcommit_memory", show_overcommit_memory),
	FILE_ENTRY("overcommit_ratio", show_overcommit_ratio),
	{.name = NULL},
};

const struct proc_entry proc_sys_children[] = {
	DIR_ENTRY("fs", fs_children),
	DIR_ENTRY("kernel", kernel_children),
	DIR_ENTRY("vm", vm_children),
	{.name = NULL},
};
