/* What the file-system tests control. */
#ifndef FAKE_FS_H
#define FAKE_FS_H

#include "kernel/lib/types.h"

/* A current task: root, no limits but 1024 descriptors, an empty table. */
void fake_fs_init(void);
void fake_limit(int which, u64 value);
/* Root with all capabilities, or uid and gid 1000 with none. */
void fake_be_root(bool root);
/* Called where the task would sleep; true: it was woken. NULL or false: a signal came. */
extern bool (*fake_sleep_hook)(void);
extern int fake_last_signal;

#endif
