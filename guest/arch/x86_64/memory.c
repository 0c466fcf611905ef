#include "cpu.h"

#include "kernel/lib/string.h"
#include "shared/abi/hypercall.h"

/* From here on a hypercall (about 15 emulated instructions) is cheaper than the emulated string instruction. */
#define HYPERCALL_MIN 192

/*
 * Kernel memory is contiguous in the direct map and in the image, so a kernel range is one physical range. Not inlined: the
 * short ways shall stay leaf functions.
 */
static __attribute__((noinline)) void *copy_by_host(void *dst, const void *src, size_t n)
{
	arch_hypercall(HC_COPY, virt_to_phys(dst), virt_to_phys(src), n, 0);
	return dst;
}

static __attribute__((noinline)) void *clear_by_host(void *dst, size_t n)
{
	arch_hypercall(HC_CLEAR, virt_to_phys(dst), n, 0, 0);
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *d = dst;
	size_t words = n / 8;

	if (unlikely(n >= HYPERCALL_MIN) && bulk_by_host())
		return copy_by_host(dst, src, n);
	__asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words) : : "memory");
	n &= 7;
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if ((u64)d - (u64)s >= n)
		return memcpy(dst, src, n);
	if (n >= HYPERCALL_MIN && bulk_by_host())
		return copy_by_host(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;
	size_t words = n / 8;
	u64 pattern = 0x0101010101010101ull * (u8)c;

	if (unlikely(n >= HYPERCALL_MIN) && bulk_by_host() && !c)
		return clear_by_host(dst, n);
	__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
	n &= 7;
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(pattern) : "memory");
	return dst;
}

void arch_clear_pages(void *dst, size_t pages)
{
	memset(dst, 0, pages * PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
