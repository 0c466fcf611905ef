/* The kernel log, assertions and the way down when the kernel finds itself broken. */
#ifndef KERNEL_LIB_LOG_H
#define KERNEL_LIB_LOG_H

#include "kernel/lib/types.h"

/*
 * printf into a buffer: %d %i %u %x %X %o %c %s %p %% with flags 0 - + # space, width, precision
 * (also '*'), and h hh l ll z t length. Always terminates when size > 0; returns the length
 * the whole text would have had, as snprintf(3).
 */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Append to the kernel log (a ring of LOG_SIZE bytes, kept for panic reports and syslog(2)); with
 * BOOT_VERBOSE it also goes to the VMM at once. Any context. */
void klog(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define LOG_SIZE 16384ul
/* Bytes logged since boot: the position after the last one. */
u64 klog_written(void);
/* Copy up to n bytes of the log from position `from` on (what was overwritten is skipped); answers how many. */
size_t klog_read(u64 from, char *buf, size_t n);
/* Where the ring lies, how large it is, and where its count of bytes lies: for the control page. */
void klog_place(unsigned long long *ring_pa, unsigned long long *size, unsigned long long *written_pa);

/*
 * Stop the machine with a report at the host (exit status 125). Any context.
 *
 * The text's beginning tells the kind, for whoever sorts such reports (vmm/fuzz/signature.c):
 *	guest/.../file.c:123: condition		an assertion: BUG_ON, DEBUG_ASSERT
 *	undefined behaviour: ...		UBSan
 *	poison: ...				freed memory was written to, an object's end overwritten, something freed twice
 *	refcount: ...				a reference taken to or dropped from what nobody holds
 *	lock order: ...				two mutexes taken in both orders
 *	exception N ..., page fault ...		the processor
 */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Asserted invariants: kept in every build. */
#define BUG_ON(cond)                                                                            \
	do {                                                                                    \
		if (unlikely(cond))                                                             \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond);                          \
	} while (0)

/* Costly checks: only in the debug kernel (make DEBUG=1). */
#ifdef KERNEL_DEBUG
#define DEBUG_ASSERT(cond) BUG_ON(!(cond))
#else
#define DEBUG_ASSERT(cond) ((void)sizeof(cond))
#endif

#endif
