#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "fake.h"
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

unsigned char *fake_memory;
struct thread_info fake_thread_info;
jmp_buf fake_panic_jump;
bool fake_panic_expected;
static phys_addr bootfs_start;
static struct boot_info info;
const struct boot_info *boot_info = &info;

void fake_boot(u64 ram_pages, u64 bootfs_pages)
{
	size_t size = (ram_pages + bootfs_pages) * PAGE_SIZE;
	/* Slabs of several pages want their alignment, which physical addresses have. */
	unsigned char *at = mmap(NULL, size + (4 << 20), PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		abort();
	fake_memory = (unsigned char *)ALIGN_UP((uintptr_t)at, 4ul << 20);
	info.free_start = FAKE_KERNEL_PAGES * PAGE_SIZE;
	info.ram_end = ram_pages * PAGE_SIZE;
	info.bootfs_start = bootfs_start = info.ram_end;
	info.map_end = size;
	page_init(&info);
}

phys_addr fake_bootfs(void)
{
	return bootfs_start;
}

void arch_clear_pages(void *dst, size_t pages)
{
	memset(dst, 0, pages * PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

void panic(const char *fmt, ...)
{
	va_list ap;

	if (fake_panic_expected)
		longjmp(fake_panic_jump, 1);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Weak: a test may link the kernel's own. */
__attribute__((weak)) int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

__attribute__((weak)) long arch_hypercall(unsigned int nr __unused, u64 a __unused, u64 b __unused,
					  u64 c __unused, u64 d __unused)
{
	return 0;
}

void klog(const char *fmt __unused, ...)
{
}
