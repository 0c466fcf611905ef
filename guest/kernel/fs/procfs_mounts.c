/* /proc/PID/mounts and mountinfo: proc_pid_mountinfo(5). */
#include <linux/mount.h>
#include "kernel/fs/mount.h"
#include "kernel/fs/procfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

static void show_options(const struct mount *m, struct proc_text *t)
{
	static const struct {
		unsigned long flag;
		const char *text;
	} options[] = {{MS_NOSUID, ",nosuid"},
		       {MS_NODEV, ",nodev"},
		       {MS_NOEXEC, ",noexec"},
		       {MS_NODIRATIME, ",nodiratime"}};
	proc_printf(t, m->flags & MS_RDONLY ? "ro" : "rw");
	for (size_t k = 0; k < ARRAY_SIZE(options); k++)
		if (m->flags & options[k].flag)
			proc_printf(t, "%s", options[k].text);
	if (m->flags & MS_NOATIME)
		proc_printf(t, ",noatime");
	else if (!(m->flags & MS_STRICTATIME))
		proc_printf(t, ",relatime");
}

static const char *source_of(const struct mount *m)
{
	return m->source && *m->source ? m->source : "none";
}

/* Where m is mounted. A mount outside the caller's root has no name there and is left out: false.
 */
static bool show_point(const struct mount *m, struct proc_text *t)
{
	struct path at = {(struct mount *)m, m->root};
	size_t before = t->len;
	proc_path(t, &at, true);
	return t->len != before;
}

static void show_mount(void *ctx, struct mount *m)
{
	struct proc_text *t = ctx;
	size_t start = t->len;
	proc_escaped(t, source_of(m));
	proc_printf(t, " ");
	if (!show_point(m, t)) {
		t->len = start;
		return;
	}
	proc_printf(t, " %s ", m->super->type->name);
	show_options(m, t);
	proc_printf(t, " 0 0\n");
}

int proc_show_mounts(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	boot_mounts_complete();
	mount_for_each(show_mount, t);
	return 0;
}

/* The directory of the file system that m shows: "/", or that of a bind mount. */
static void show_root(const struct mount *m, struct proc_text *t)
{
	const struct dentry *chain[64];
	size_t n = 0;
	for (const struct dentry *d = m->root; d->parent != d && n < ARRAY_SIZE(chain);
	     d = d->parent)
		chain[n++] = d;
	if (!n)
		proc_printf(t, "/");
	while (n--) {
		proc_printf(t, "/");
		proc_escaped(t, chain[n]->name);
	}
}

static void show_info(void *ctx, struct mount *m)
{
	struct proc_text *t = ctx;
	size_t start = t->len;
	u32 dev = m->super->dev;
	proc_printf(t, "%d %d %u:%u ", m->id, m->parent ? m->parent->id : m->id, DEV_MAJOR(dev),
		    DEV_MINOR(dev));
	show_root(m, t);
	proc_printf(t, " ");
	if (!show_point(m, t)) {
		t->len = start;
		return;
	}
	proc_printf(t, " ");
	show_options(m, t);
	proc_printf(t, " - %s ", m->super->type->name);
	proc_escaped(t, source_of(m));
	proc_printf(t, m->flags & MS_RDONLY ? " ro\n" : " rw\n");
}

int proc_show_mountinfo(const struct proc_node *n, struct proc_text *t)
{
	(void)n;
	boot_mounts_complete();
	mount_for_each(show_info, t);
	return 0;
}
