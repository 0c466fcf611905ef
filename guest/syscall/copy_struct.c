#include "syscall/copy_struct.h"

#include "kernel/mm/uaccess.h"

static int check_zero(const char __user *p, size_t n)
{
	u8 piece[64];
	while (n) {
		size_t now = MIN(n, sizeof(piece));
		if (copy_from_user(piece, p, now))
			return -EFAULT;
		for (size_t i = 0; i < now; i++) {
			if (piece[i])
				return -E2BIG;
		}
		p += now;
		n -= now;
	}
	return 0;
}

int copy_struct_from_user(void *dst, size_t size, const void __user *src, size_t user_size,
			  size_t min)
{
	if (user_size > PAGE_SIZE)
		return -E2BIG;
	if (user_size < min)
		return -EINVAL;
	if (user_size > size) {
		int err = check_zero((const char __user *)src + size, user_size - size);
		if (err)
			return err;
	}
	return copy_from_user(dst, src, MIN(size, user_size));
}
