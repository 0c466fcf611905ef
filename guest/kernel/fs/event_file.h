/* What the files that stand for events (eventfd, timerfd, signalfd, epoll) share. */
#ifndef KERNEL_FS_EVENT_FILE_H
#define KERNEL_FS_EVENT_FILE_H

#include "kernel/fs/file.h"

/* lseek(2) succeeds without effect, as on Linux. */
static inline file_off event_file_seek(struct file *f, file_off off __unused, int whence __unused)
{
	return f->pos;
}

#endif
