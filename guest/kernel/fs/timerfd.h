/* timerfd_create(2). */
#ifndef KERNEL_FS_TIMERFD_H
#define KERNEL_FS_TIMERFD_H

#include "kernel/lib/types.h"

struct file;

struct timerfd_setting {
	u64 value, interval; /* ns */
};

/* clockid: readable and not a CPU clock. 0, -ENOMEM, -ENFILE. */
int timerfd_create_file(int clockid, u32 flags, struct file **out);
bool file_is_timerfd(const struct file *f);
/* cancel_on_set: a later clock_settime(2) ends the wait with -ECANCELED. *was: the state before. */
void timerfd_set(struct file *f, bool absolute, bool cancel_on_set,
		 const struct timerfd_setting *new, struct timerfd_setting *was);
void timerfd_get(struct file *f, struct timerfd_setting *out);

#endif
