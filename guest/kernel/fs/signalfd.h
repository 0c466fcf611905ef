/* signalfd(2). */
#ifndef KERNEL_FS_SIGNALFD_H
#define KERNEL_FS_SIGNALFD_H

#include "kernel/lib/types.h"

struct file;

int signalfd_create(u64 mask, u32 flags, struct file **out);
bool file_is_signalfd(const struct file *f);
void signalfd_set_mask(struct file *f, u64 mask);

#endif
