/*
 * What a test program asks of the mote machine it runs in. For C (C99 and later) and C++ (C++11); nothing
 * to link: every function is a call or two of the kernel's.
 *
 * The same program runs on plain Linux: there is no /dev/mote there, so every function does nothing and
 * answers -1 with errno ENOENT (or ENXIO, EACCES: as open(2) of that device says). Unless another rule is
 * given, a function answers 0, or -1 with errno.
 *
 * The device is opened at the first call, close-on-exec, and stays open: a program that counts its
 * descriptors calls mote_present() first. It is opened anew when the program has closed it.
 */
#ifndef MOTE_TEST_H
#define MOTE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "testdev.h"

static int mote_fd_ = -1;

static inline int mote_open_(void)
{
#ifdef O_CLOEXEC
	mote_fd_ = open(MOTE_DEVICE, O_RDWR | O_CLOEXEC);
#else
	mote_fd_ = open(MOTE_DEVICE, O_RDWR);
	if (mote_fd_ >= 0)
		fcntl(mote_fd_, F_SETFD, FD_CLOEXEC);
#endif
	return mote_fd_;
}

/* C libraries do not agree on the type of ioctl(2)'s second parameter. */
#ifdef __GLIBC__
typedef unsigned long mote_command_;
#else
typedef int mote_command_;
#endif

static inline int mote_call_(unsigned int command, unsigned long argument)
{
	int answer, before = mote_fd_;

	if (mote_fd_ < 0 && mote_open_() < 0)
		return -1;
	answer = ioctl(mote_fd_, (mote_command_)command, argument);
	/* The program may have closed our descriptor, and another file may have that number by now: none
	 * knows these commands. */
	if (answer < 0 && (errno == EBADF || errno == ENOTTY) && before >= 0) {
		mote_fd_ = -1;
		answer = mote_call_(command, argument);
	}
	return answer;
}

/* Does the program run in a mote machine? 1 or 0. */
static inline int mote_present(void)
{
	unsigned long long size;

	return mote_call_(MOTE_INPUT_SIZE, (unsigned long)&size) == 0;
}

/*
 * The machine may be remembered here: what follows is what each run of the test repeats, in a machine that
 * is as it was now. Where nobody takes snapshots the program just goes on.
 */
static inline int mote_snapshot(void)
{
	return mote_call_(MOTE_SNAPSHOT, 0);
}

/*
 * End the machine at once with that exit status (0..255), whatever other processes do; output that was
 * written reaches the host, standard I/O buffers are the caller's to flush. Does not return but with an
 * error: EINVAL for another status. On plain Linux the caller goes on, usually to `return status`.
 */
static inline int mote_exit(int status)
{
	return mote_call_(MOTE_EXIT, (unsigned long)(unsigned int)status);
}

/* Mark an event for whoever runs the machine: a text, at most MOTE_EVENT_MAX bytes (EINVAL for more).
 * `mote run -v` prints it. */
static inline int mote_event(const char *text)
{
	struct mote_text t;

	t.address = (unsigned long long)(size_t)text;
	t.length = strlen(text);
	return mote_call_(MOTE_EVENT, (unsigned long)&t);
}

/* The size in bytes of the input that the test was given (`mote run --input FILE`, machine_set_input()), 0
 * when none; or -1. */
static inline long mote_input_size(void)
{
	unsigned long long size;

	return mote_call_(MOTE_INPUT_SIZE, (unsigned long)&size) < 0 ? -1 : (long)size;
}

/* Copy the input from byte `offset` on to buffer, at most `size` bytes: how many, 0 at its end and beyond;
 * or -1 (EFAULT, EINVAL). */
static inline long mote_input(void *buffer, size_t size, unsigned long offset)
{
	struct mote_input in;

	in.address = (unsigned long long)(size_t)buffer;
	in.length = size < 0x7ffff000 ? size : 0x7ffff000;
	in.offset = offset;
	return mote_call_(MOTE_INPUT, (unsigned long)&in);
}

/*
 * Have the n-th allocation of kernel memory from now on fail, once: pages and small objects, for whatever
 * task; 0: none. Memory that a program touches is such an allocation too, but the kernel tries again
 * there, so it goes unnoticed. Answers what came of the call before this one: 1 when its n-th allocation
 * came (and failed), 0 when there were not as many; or -1. So every failure of an operation is seen by
 *
 *	for (unsigned long n = 1; ; n++) {
 *		mote_fail_alloc(n);
 *		operation();			// fails cleanly, or does what it should
 *		if (mote_fail_alloc(0) != 1)
 *			break;
 *	}
 */
static inline int mote_fail_alloc(unsigned long n)
{
	struct mote_alloc_failure f;

	memset(&f, 0, sizeof(f));
	f.n = n;
	return mote_call_(MOTE_FAIL_ALLOC, (unsigned long)&f) < 0 ? -1 : (int)f.failed;
}

/* Count allocations from here on without failing any; answers how many there were since the last call, or
 * since mote_fail_alloc(n), there at most n; or -1. */
static inline long mote_count_allocs(void)
{
	struct mote_alloc_failure f;

	memset(&f, 0, sizeof(f));
	f.n = ~(unsigned long long)0;
	return mote_call_(MOTE_FAIL_ALLOC, (unsigned long)&f) < 0 ? -1 : (long)f.counted;
}

static inline int mote_fault_io_(const char *device, unsigned long n, int error, unsigned long length)
{
	struct mote_io_failure f;

	memset(&f, 0, sizeof(f));
	if (strlen(device) >= sizeof(f.device)) {
		errno = ENODEV;
		return -1;
	}
	memcpy(f.device, device, strlen(device));
	f.n = n;
	f.error = (unsigned int)error;
	f.length = length;
	return mote_call_(MOTE_FAIL_IO, (unsigned long)&f);
}

/*
 * Have the n-th request to a device from now on (1: the next; 0: none, a pending failure is called off)
 * fail with `error`, an errno; nothing is transferred. At most one failure or shortening is pending for a
 * device, the last one asked for. Requests are counted as the device sees them: a write(2) is one for each
 * 64 KiB; a disk is read before sectors are written in part.
 *
 *	"vda" ... "vdh"
 *		EIO, EOPNOTSUPP
 *	"stdout", "stderr", "console"
 *		EIO, ENOSPC, EPIPE (with its signal); "console" counts the requests of both outputs. Output written
 *		before is finished first: the call waits for a slow host.
 *
 * ENODEV: there is no such device; EINVAL: the device has no such error; EOPNOTSUPP: the device ("stdin",
 * "rng") cannot fail.
 */
static inline int mote_fail_io(const char *device, unsigned long n, int error)
{
	if (n && error <= 0) {
		errno = EINVAL;
		return -1;
	}
	return mote_fault_io_(device, n, error, 0);
}

/*
 * Have the n-th request transfer at most `length` bytes (>= 1; EINVAL).
 *
 *	"stdin"
 *		the read(2) answers as few
 *	"stdout", "stderr", "console"
 *		the write(2) answers as few, and the rest has not been written; when the host is so slow that the
 *		write is over before, the next one fails with EIO
 *	"vda" ... "vdh"
 *		whole sectors (of 512 bytes) of what fits are transferred, then the disk breaks off with EIO: a
 *		read(2) answers what came before, or EIO when nothing did; of a write(2) a part is on the disk,
 *		and the answer is EIO
 *	"rng"
 *		the kernel gets as few, and asks again
 */
static inline int mote_shorten_io(const char *device, unsigned long n, unsigned long length)
{
	if (n && !length) {
		errno = EINVAL;
		return -1;
	}
	return mote_fault_io_(device, n, 0, length);
}

/*
 * Let the guest's clocks jump ns nanoseconds ahead, CLOCK_MONOTONIC and CLOCK_REALTIME together; CPU time
 * stands still meanwhile. Timers that are due by then have expired and their sleepers are awake when this
 * returns. EINVAL: more than 30 years after boot.
 */
static inline int mote_advance_clock(unsigned long long ns)
{
	unsigned long long value = ns;

	return mote_call_(MOTE_ADVANCE_CLOCK, (unsigned long)&value);
}

/* Begin (1, from nothing) or end (0) recording which code of the kernel runs; whoever runs the machine gets it by
 * machine_coverage(). EOPNOTSUPP: this kernel was built without; `make FUZZ=1` makes one with. */
static inline int mote_coverage(int on)
{
	return mote_call_(MOTE_COVERAGE, on ? 1 : 0);
}

/* What the kernel has in use (testdev.h): counts that are equal before and after show that nothing was
 * lost in between. */
static inline int mote_get_counts(struct mote_counts *counts)
{
	return mote_call_(MOTE_COUNTS, (unsigned long)counts);
}

#endif
