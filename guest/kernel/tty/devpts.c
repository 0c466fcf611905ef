/* The devpts file system: one instance, however often it is mounted. */
#include <linux/magic.h>
#include <linux/major.h>

#include "kernel/fs/tmpfs.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/tty/pty.h"

#define TTY_GROUP 5 /* Debian's group tty */

static struct super *devpts;

static struct fs_type devpts_type;

/* The instance comes into being with the first mount or the first pty. */
static int devpts_get(void)
{
	if (devpts)
		return 0;
	int err = tmpfs_super_create(&devpts_type, NULL, NULL, 0755, &devpts);
	if (err)
		return err;
	err = tmpfs_make(devpts->root, "ptmx", S_IFCHR, DEV(TTYAUX_MAJOR, 2), NULL);
	if (err)
		klog("devpts: no ptmx: error %d\n", -err);
	tmpfs_seal_dir(devpts->root->inode);
	return 0;
}

/* Mount option ptmxmode=, octal: who may open ptmx there. */
static void set_ptmx_mode(const char *data)
{
	static const char option[] = "ptmxmode=";
	struct dentry *d = dentry_lookup(devpts->root, "ptmx", 4);
	u32 mode = 0;

	for (const char *o = data; o && *o; o = strchr(o, ',') ? strchr(o, ',') + 1 : NULL) {
		if (strncmp(o, option, sizeof(option) - 1))
			continue;
		for (o += sizeof(option) - 1; *o >= '0' && *o <= '7'; o++)
			mode = mode << 3 | (u32)(*o - '0');
		if (d && d->inode)
			d->inode->mode = S_IFCHR | (mode & 07777);
	}
	if (d)
		dentry_put(d);
}

static int devpts_mount(const struct fs_type *t __unused, const char *source __unused,
			unsigned long flags __unused, const char *data, struct super **out)
{
	int err = devpts_get();

	if (err)
		return err;
	set_ptmx_mode(data);
	devpts->refcount++; /* one for being the only one */
	*out = devpts;
	return 0;
}

static struct fs_type devpts_type = {
	.name = "devpts", .no_dev = true, .magic = DEVPTS_SUPER_MAGIC, .mount = devpts_mount};

void devpts_register(void)
{
	fs_register(&devpts_type);
}

int devpts_add(unsigned int n)
{
	char name[12];
	struct dentry *d;

	int err = devpts_get();
	if (err)
		return err;
	ksnprintf(name, sizeof(name), "%u", n);
	err = tmpfs_make(devpts->root, name, S_IFCHR | 0620, DEV(UNIX98_PTY_SLAVE_MAJOR, n), NULL);
	if (err)
		return err;
	d = dentry_lookup(devpts->root, name, strlen(name));
	if (d) {
		d->inode->gid = TTY_GROUP;
		dentry_put(d);
	}
	return 0;
}

void devpts_remove(unsigned int n)
{
	char name[12];

	if (!devpts)
		return;
	ksnprintf(name, sizeof(name), "%u", n);
	tmpfs_remove(devpts->root, name);
}
