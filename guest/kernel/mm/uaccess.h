/*
 * The only way to user memory. All check that [p, p+n) lies in user space, fault pages in as a
 * program's own access would, and answer 0 or -EFAULT (nothing is promised about the partial copy).
 * May sleep when a page comes from a disk.
 */
#ifndef KERNEL_MM_UACCESS_H
#define KERNEL_MM_UACCESS_H

#include "kernel/lib/types.h"
#include "arch/arch.h"

static inline bool user_range_ok(const void __user *p, size_t n)
{
	vaddr a = (__force vaddr)p;
	return n <= USER_TOP && a <= USER_TOP - n;
}

int copy_from_user(void *dst, const void __user *src, size_t n);
int copy_to_user(void __user *dst, const void *src, size_t n);
int clear_user(void __user *dst, size_t n);
/* As above but answer how many bytes were copied before the fault (read(2) and write(2) report
 * partial progress). */
size_t copy_from_user_partial(void *dst, const void __user *src, size_t n);
size_t copy_to_user_partial(void __user *dst, const void *src, size_t n);
size_t clear_user_partial(void __user *dst, size_t n);

/* A NUL-terminated string of at most size-1 bytes into dst: its length, -EFAULT, or -ENAMETOOLONG
 * when no NUL came in time. */
isize strncpy_from_user(char *dst, const char __user *src, size_t size);
/* Length of a user string without NUL, at most max (then answers max + 1); -EFAULT. */
isize strnlen_user(const char __user *s, size_t max);

/* Simple variables: 0 or -EFAULT. */
#define get_user(var, p) copy_from_user(&(var), (p), sizeof(var))
#define put_user(var, p)                                                                           \
	({                                                                                         \
		__typeof__(*(p)) put_value_ = (var);                                               \
		copy_to_user((p), &put_value_, sizeof(put_value_));                                \
	})

/* Another address space's memory (process_vm_readv, /proc/PID/cmdline): bytes copied, short at the
 * first hole. */
struct mm;
size_t mm_read(struct mm *mm, vaddr addr, void *dst, size_t n);
size_t mm_write(struct mm *mm, vaddr addr, const void *src, size_t n);

#endif
