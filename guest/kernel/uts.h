/* The names of this system: uname(2), sethostname(2), /proc/version, /proc/sys/kernel. */
#ifndef KERNEL_UTS_H
#define KERNEL_UTS_H

#include <linux/utsname.h>
#include "kernel/lib/types.h"

/* All fields NUL-terminated and, beyond their text, zero. nodename and domainname change. */
struct new_utsname *uts_names(void);
/* Set nodename / domainname: len <= 64, else -EINVAL. */
int uts_set_nodename(const char *name, size_t len);
int uts_set_domainname(const char *name, size_t len);

#endif
