/* What the files that stand for events (eventfd, timerfd, signalfd, epoll) share. */
#ifndef KERNEL_FS_EVENT_FILE_H
#define KERNEL_FS_EVENT_FILE_H

#include "kernel/fs/file.h"

/* lseek(2) succeeds without effect, as on Linux. (file.c) */
file_off event_file_seek(struct file *f, file_off off, int whence);

/* Can data be had at an offset (pread(2))? */
static inline bool file_has_offsets(const struct file *f)
{
	return f->ops->seek && f->ops->seek != event_file_seek;
}

#endif
