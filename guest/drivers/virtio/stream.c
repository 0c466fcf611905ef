/* Standard input, output and error as byte streams of the host: like the ends of a pipe. */
#include "drivers/virtio/console.h"

#include <asm/ioctls.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>

#include "drivers/virtio/port.h"
#include "kernel/boot.h"
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"

static struct port *stream_port(struct file *f)
{
	return port_get((unsigned int)(unsigned long)f->private);
}

static isize stream_write(struct file *f, struct uio *from, file_off *pos __unused)
{
	struct port *p = stream_port(f);

	if (!p)
		return -EIO;
	isize r = port_write(p, from, f->flags & O_NONBLOCK);
	if (r == -EPIPE)
		signal_send_task(task_current(), SIGPIPE, NULL);
	return r;
}

static isize take_input(struct port *p, struct uio *to)
{
	if (p->rx_eof) {
		p->rx_eof = false;
		return 0;
	}
	u32 n = MIN((size_t)(p->rx_len - p->rx_off), to->left);
	u32 moved = uio_write(to, p->rx_buf + p->rx_off, n);
	p->rx_off += moved;
	return moved ? (isize)moved : -EFAULT;
}

/* Behind the byte that poll(2) has fetched, whatever else is there at once. */
static isize take_more(struct port *p, struct uio *to, isize done)
{
	if (done <= 0 || !to->left || port_post(p, MIN(to->left, (size_t)PORT_LARGE)))
		return done;
	if (!port_readable(p) || p->rx_eof)
		return done;
	isize r = take_input(p, to);
	return r > 0 ? done + r : done;
}

/* The host's input is read only as far as somebody here asks, so that what is left stays for the
 * next program there. */
static isize stream_read(struct file *f, struct uio *to, file_off *pos __unused)
{
	struct port *p = stream_port(f);

	if (!p)
		return -EIO;
	if (to->left == 0)
		return 0;
	for (;;) {
		bool fetched = p->rx_off < p->rx_len;
		int err = port_post(p, MIN(to->left, (size_t)PORT_LARGE));
		if (err)
			return err;
		if (port_readable(p)) {
			isize r = take_input(p, to);
			return fetched ? take_more(p, to, r) : r;
		}
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_sleep(&p->wait, TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
}

static u32 stream_poll(struct file *f, struct poll_table *pt)
{
	struct port *p = stream_port(f);
	u32 events = 0;

	if (!p)
		return EPOLLERR;
	poll_wait(pt, &p->wait);
	if (FILE_WRITABLE(f)) {
		if (port_writable(p))
			events |= EPOLLOUT | EPOLLWRNORM;
		if (p->closed)
			events |= EPOLLERR;
	} else if (port_post(p, 1) == 0 && port_readable(p)) {
		if (p->rx_off < p->rx_len)
			events |= EPOLLIN | EPOLLRDNORM;
		if (p->rx_eof)
			events |= EPOLLHUP;
	}
	return events;
}

static long stream_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (cmd != FIONREAD)
		return -ENOTTY;
	struct port *p = stream_port(f);
	return p ? put_user((int)(p->rx_len - p->rx_off), (int __user *)arg) : -EIO;
}

static const struct file_ops stream_ops = {
	.read = stream_read, .write = stream_write, .poll = stream_poll, .ioctl = stream_ioctl};

/* /dev/stdout and the like: another file of the same stream. */
static int stream_reopen(struct inode *i, struct file *f)
{
	f->ops = &stream_ops;
	f->private = i->private;
	return 0;
}

static const struct inode_ops stream_inode_ops = {.open = stream_reopen};

/* The three streams are there from the beginning and for ever: each object has a reference that is
 * never dropped. */
struct stream {
	struct inode inode;
	struct dentry dentry;
	struct file file;
};
static struct stream stream_table[3];
#define STREAM(n, text, open_flags)                                                                \
	[n] = {                                                                                    \
		.inode = {.ino = (n) + 1,                                                          \
			  .mode = S_IFIFO | 0600,                                                  \
			  .nlink = 1,                                                              \
			  .refcount = 2,                                                           \
			  .super = &anon_super,                                                    \
			  .ops = &stream_inode_ops,                                                \
			  .mapping = {.inode = &stream_table[n].inode,                             \
				      .vmas = LIST_INIT(stream_table[n].inode.mapping.vmas),       \
				      .all = LIST_INIT(stream_table[n].inode.mapping.all)},        \
			  .locks = LIST_INIT(stream_table[n].inode.locks),                         \
			  .lock_wait = WAITQ_INIT(stream_table[n].inode.lock_wait),                \
			  .private = (void *)(PORT_STDIN + (n##ul))},                              \
		.dentry = {.parent = &stream_table[n].dentry,                                      \
			   .inode = &stream_table[n].inode,                                        \
			   .refcount = 2,                                                          \
			   .children = LIST_INIT(stream_table[n].dentry.children),                 \
			   .sibling = LIST_INIT(stream_table[n].dentry.sibling),                   \
			   .name_len = sizeof(text) - 1,                                           \
			   .name = stream_table[n].dentry.inline_name,                             \
			   .inline_name = text},                                                   \
		.file = {.ops = &stream_ops,                                                       \
			 .path = {&anon_mount, &stream_table[n].dentry},                           \
			 .inode = &stream_table[n].inode,                                          \
			 .flags = open_flags,                                                      \
			 .refcount = 1,                                                            \
			 .private = (void *)(PORT_STDIN + (n##ul)),                                \
			 .epoll_items = LIST_INIT(stream_table[n].file.epoll_items)},              \
	}
static struct stream stream_table[3] = {STREAM(0, "pipe:[1]", O_RDONLY),
					STREAM(1, "pipe:[2]", O_WRONLY),
					STREAM(2, "pipe:[3]", O_WRONLY)};

/* The console terminal, as an earlier descriptor has it already, or by its name. */
static int open_console(int which, struct file **out)
{
	for (int fd = 0; fd < which; fd++) {
		struct file *f = fd_get(fd);
		if (f && file_is_tty(f)) {
			*out = f;
			return 0;
		}
		if (f)
			file_put(f);
	}
	return file_open(AT_FDCWD, "/dev/console", O_RDWR, 0, out);
}

int console_open_stdio(int which, struct file **out)
{
	struct inode *i = &stream_table[which].inode;

	if (boot_info->flags & (BOOT_STDIN_TTY << which))
		return open_console(which, out);
	i->atime_ns = i->mtime_ns = i->ctime_ns = i->btime_ns = inode_now();
	*out = file_get(&stream_table[which].file);
	return 0;
}

void console_prepare(void)
{
	for (unsigned int fd = 1; fd <= 2; fd++) {
		if (!(boot_info->flags & (BOOT_STDIN_TTY << fd)))
			port_prepare(PORT_STDIN + fd);
	}
}
