#include "kernel/task/pidfd.h"

#include <linux/eventpoll.h>
#include <asm/fcntl.h>
#include "kernel/fs/file.h"
#include "kernel/lib/log.h"
#include "kernel/task/task.h"

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pid *pid = f->private;
	poll_wait(pt, &pid->exit_wait);
	bool running = pid->task && !pid->task->process->zombie;
	if (running)
		return 0;
	return EPOLLIN | EPOLLRDNORM | (pid->task ? 0u : EPOLLHUP); /* waited for: nothing will ever come again */
}

static void pidfd_release(struct file *f)
{
	pid_put(f->private);
}

static void pidfd_show(struct file *f, char *buf, size_t size)
{
	struct pid *pid = f->private;
	ksnprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid->task ? pid->nr : -1,
		  pid->task ? pid->nr : -1);
}

static const struct file_ops pidfd_ops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.show_fdinfo = pidfd_show,
};

int pidfd_create(struct pid *pid, u32 flags, struct file **out)
{
	int err = file_create_anon("[pidfd]", &pidfd_ops, pid_get(pid), O_RDWR | flags, out);
	if (err)
		pid_put(pid);
	return err;
}

struct pid *pidfd_get_pid(int fd)
{
	struct file *f = fd_get(fd);
	if (!f)
		return NULL;
	struct pid *pid = f->ops == &pidfd_ops ? pid_get(f->private) : NULL;
	file_put(f);
	return pid;
}

bool pidfd_nonblocking(int fd)
{
	struct file *f = fd_get(fd);
	bool answer = f && (f->flags & O_NONBLOCK);
	if (f)
		file_put(f);
	return answer;
}
