/* Moving data from file to file inside the kernel: sendfile(2), splice(2), copy_file_range(2). */
#ifndef KERNEL_FS_SPLICE_H
#define KERNEL_FS_SPLICE_H

#include "kernel/fs/vfs.h"

/* Does it take data this way? */
static inline bool file_takes_splice(const struct file *f)
{
	return !f->ops->no_splice_write && !f->ops->segments_apart;
}
/*
 * Up to n bytes from in at *in_pos to out at *out_pos (NULL: the file's own position, or a stream). Stops at the end of in, and
 * after the first piece that comes up short. Bytes moved, or -errno when none were.
 */
isize file_transfer(struct file *in, file_off *in_pos, struct file *out, file_off *out_pos, size_t n);

#endif
