/* Pipes and fifos: pipe(7), fifo(7). */
#ifndef KERNEL_FS_PIPE_H
#define KERNEL_FS_PIPE_H

#include "kernel/fs/vfs.h"

#define PIPE_SIZE_MAX (1ul << 20) /* fs.pipe-max-size */

/* flags: O_NONBLOCK, O_DIRECT (packets). 0 with one reference on each end, or -ENOMEM. */
int pipe_create(u32 flags, struct file **read_end, struct file **write_end);
bool file_is_pipe(const struct file *f);
/* F_GETPIPE_SZ, F_SETPIPE_SZ of a pipe: bytes; -EINVAL, -EPERM (above the maximum), -EBUSY (data would not fit), -ENOMEM. */
long pipe_get_size(struct file *f);
long pipe_set_size(struct file *f, unsigned long size);

/* splice(2) with a pipe on at least one side: bytes moved, 0 at the end of in, -EAGAIN, -EPIPE, -ERESTARTSYS ... */
isize pipe_splice(struct file *in, file_off *in_pos, struct file *out, file_off *out_pos, size_t len);

#endif
