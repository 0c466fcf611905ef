/*
 * A guest test: a static program that runs on Linux first, then in a guest; both outputs must be equal and both must exit 0.
 * So print only what is the same everywhere: no pids, times, addresses. Calls go through syscall(2) where the libc's wrapper would
 * hide the kernel's answer.
 */
#ifndef TESTS_GUEST_TEST_H
#define TESTS_GUEST_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int test_failures __attribute__((unused));

/* An address that is never mapped. */
#define BAD_ADDRESS ((void *)8)

/* One line, written at once, so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 2), unused)) static void say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(1, line, n) != n)
		_exit(99);
}

/* cond must hold. */
#define CHECK(cond)                                                                             \
	do {                                                                                    \
		if (cond) {                                                                     \
			say("ok   %s", #cond);                                                  \
		} else {                                                                        \
			say("FAIL %s:%d: %s (errno %d)", __FILE__, __LINE__, #cond, errno);     \
			test_failures++;                                                        \
		}                                                                               \
	} while (0)

/* The call must answer exactly `value`. */
#define CHECK_EQ(call, value)                                                                   \
	do {                                                                                    \
		errno = 0;                                                                      \
		long got_ = (long)(call), want_ = (long)(value);                                \
		if (got_ == want_) {                                                            \
			say("ok   %s == %s", #call, #value);                                    \
		} else {                                                                        \
			say("FAIL %s:%d: %s is %ld, not %s = %ld (errno %d)", __FILE__,         \
			    __LINE__, #call, got_, #value, want_, errno);                       \
			test_failures++;                                                        \
		}                                                                               \
	} while (0)

/* The call must answer -1 with errno `err`. */
#define CHECK_ERR(call, err)                                                                    \
	do {                                                                                    \
		errno = 0;                                                                      \
		long got_ = (long)(call);                                                       \
		int e_ = errno;                                                                 \
		if (got_ == -1 && e_ == (err)) {                                                \
			say("ok   %s: %s", #call, #err);                                        \
		} else {                                                                        \
			say("FAIL %s:%d: %s is %ld errno %d, not -1 %s (%d)", __FILE__,         \
			    __LINE__, #call, got_, e_, #err, err);                              \
			test_failures++;                                                        \
		}                                                                               \
	} while (0)

/* Print a number that must be the same on both sides. */
#define SHOW(expr) say("     %s = %ld", #expr, (long)(expr))

/* Last line of main. */
#define DONE() return test_failures ? 1 : 0

#endif
