/* Device nodes of terminals: tty(4), console(4). */
#include <linux/fcntl.h>
#include <linux/major.h>

#include "kernel/fs/vfs.h"
#include "kernel/task/task.h"
#include "kernel/tty/pty.h"
#include "kernel/tty/tty.h"

#define HVC_MAJOR 229

/* /dev/tty: the caller's controlling terminal. */
static int open_current(struct inode *i __unused, struct file *f)
{
	struct tty *t = task_current()->process->tty;

	return t ? tty_open_file(t, f, true) : -ENXIO;
}

/* /dev/console never becomes a controlling terminal by being opened. */
static int open_console(struct inode *i __unused, struct file *f)
{
	return tty_open_file(console_tty(), f, true);
}

static int open_hvc(struct inode *i __unused, struct file *f)
{
	return tty_open_file(console_tty(), f, f->flags & O_NOCTTY);
}

static void add(u32 dev, const char *name, u32 mode, int (*open)(struct inode *i, struct file *f))
{
	if (!chrdev_register(dev, name, &tty_file_ops, open))
		devtmpfs_add(name, mode, dev);
}

void tty_register_devices(void)
{
	add(DEV(TTYAUX_MAJOR, 0), "tty", 0666, open_current);
	add(DEV(TTYAUX_MAJOR, 1), "console", 0600, open_console);
	add(DEV(HVC_MAJOR, 0), "hvc0", 0600, open_hvc);
	pty_register_devices();
}

bool file_is_tty(const struct file *f)
{
	return f->ops == &tty_file_ops || pty_is_master(f);
}
