#include "kernel/lib/log.h"
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/string.h"
#include "shared/abi/hypercall.h"

static char ring[LOG_SIZE];
static u64 written; /* bytes ever; the byte at position p lies in ring[p % LOG_SIZE] */

static void ring_append(const char *text, size_t n)
{
	while (n) {
		size_t at = written % LOG_SIZE;
		size_t part = MIN(n, LOG_SIZE - at);

		memcpy(ring + at, text, part);
		written += part;
		text += part;
		n -= part;
	}
}

void klog(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	n = MIN(n, (int)sizeof(line) - 1);
	ring_append(line, (size_t)n);
	if (boot_info && boot_info->flags & BOOT_VERBOSE)
		arch_hypercall(HC_CONSOLE, virt_to_phys(line), (u64)n, 0, 0);
}

void klog_place(unsigned long long *ring_pa, unsigned long long *size, unsigned long long *written_pa)
{
	*ring_pa = virt_to_phys(ring);
	*size = LOG_SIZE;
	*written_pa = virt_to_phys(&written);
}

u64 klog_written(void)
{
	return written;
}

size_t klog_read(u64 from, char *buf, size_t n)
{
	size_t done = 0;

	if (written > LOG_SIZE && from < written - LOG_SIZE)
		from = written - LOG_SIZE;
	while (done < n && from + done < written) {
		buf[done] = ring[(from + done) % LOG_SIZE];
		done++;
	}
	return done;
}
