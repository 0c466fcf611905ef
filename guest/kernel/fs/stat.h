/* What stat(2) and statfs(2) answer. */
#ifndef KERNEL_FS_STAT_H
#define KERNEL_FS_STAT_H

#include <asm/stat.h> /* before types.h, whose __unused it uses as a name */
#include "kernel/fs/vfs.h"

struct statfs;
/* The attributes of p as <asm/stat.h> has them: 0 or getattr's error. */
int path_stat(const struct path *p, struct stat *out);
int path_statfs(const struct path *p, struct statfs *out);

#endif
