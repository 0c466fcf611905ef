#include "kernel/lib/random.h"

#include <linux/random.h>

#include "kernel/fs/uio.h"
#include "syscall.h"

#define IO_MAX 0x7ffff000ul /* most a read(2) moves */

/* getrandom(2) */
long sys_getrandom(void __user *buf, size_t count, unsigned int flags)
{
	struct uio_segment s;
	struct uio u;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	uio_user(&u, &s, (vaddr)buf, MIN(count, IO_MAX));
	return random_to_uio(&u);
}
